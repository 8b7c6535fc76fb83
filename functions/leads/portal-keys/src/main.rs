fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::leads::refuse, lead_portal_keys::handle)
}
