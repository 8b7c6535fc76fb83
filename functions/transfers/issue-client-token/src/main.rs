fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::transfers::refuse, transfer_issue_client_token::handle)
}
