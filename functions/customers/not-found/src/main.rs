fn main() -> Result<(), shared::http::Failure> {
    shared::http::run_without_keys(shared::wire::customers::refuse, customer_not_found::handle)
}
