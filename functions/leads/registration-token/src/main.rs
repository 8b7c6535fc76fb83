fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::leads::refuse, lead_registration_token::handle)
}
