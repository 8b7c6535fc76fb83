fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::pages::refuse, transfer_authorize::handle)
}
