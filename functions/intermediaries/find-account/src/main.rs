fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::intermediaries::refuse, |app, request| {
        Box::pin(intermediary_find_account::handle(app, request))
    })
}
