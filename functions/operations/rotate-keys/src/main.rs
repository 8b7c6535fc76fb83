fn main() -> Result<(), shared::http::Failure> {
    shared::operation::run(operation_rotate_keys::handle)
}
