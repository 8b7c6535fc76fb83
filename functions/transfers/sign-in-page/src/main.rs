fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::pages::refuse, transfer_sign_in_page::handle)
}
