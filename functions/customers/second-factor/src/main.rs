fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::customers::refuse, customer_second_factor::handle)
}
