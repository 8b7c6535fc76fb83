fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::customers::refuse, customer_request_password_change::handle)
}
