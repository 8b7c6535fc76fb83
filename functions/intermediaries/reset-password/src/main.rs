fn main() -> Result<(), shared::http::Failure> {
    shared::http::run(shared::wire::intermediaries::refuse, intermediary_reset_password::handle)
}
