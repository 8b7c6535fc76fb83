fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::customers::refuse, customer_mfa_recovery::handle)
}
