fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::leads::refuse, lead_send_sign_in_code::handle)
}
