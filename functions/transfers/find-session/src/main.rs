fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::transfers::refuse, transfer_find_session::handle)
}
