fn main() -> Result<(), shared::http::Failure> {
    shared::operation::run_with(operation_deliver_message::Senders::connect, operation_deliver_message::handle)
}
