fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::standards::refuse, |app, request| Box::pin(standard_keys::handle(app, request)))
}
