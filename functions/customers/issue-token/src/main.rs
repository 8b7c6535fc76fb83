fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::customers::refuse, customer_issue_token::handle)
}
