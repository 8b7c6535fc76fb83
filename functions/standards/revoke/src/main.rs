fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::standards::refuse, standard_revoke::handle)
}
