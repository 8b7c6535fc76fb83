fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::intermediaries::refuse, |app, request| {
        Box::pin(intermediary_check_session::handle(app, request))
    })
}
