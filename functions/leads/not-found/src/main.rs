fn main() -> Result<(), shared::http::Failure> {
    shared::http::run_without_keys(shared::wire::leads::refuse, lead_not_found::handle)
}
