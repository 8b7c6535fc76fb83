fn main() -> Result<(), shared::http::Failure> {
    shared::http::run_without_keys(shared::wire::standards::refuse, standard_metadata::handle)
}
