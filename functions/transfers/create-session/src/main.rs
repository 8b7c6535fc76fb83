fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::transfers::refuse, transfer_create_session::handle)
}
