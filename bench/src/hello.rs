//! The least that a Rust function on Lambda is: `lambda_http`, one thread, no work.

use std::convert::Infallible;

use lambda_http::{Error, service_fn};

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let hello = service_fn(|_| async { Ok::<_, Infallible>("hello") });
    runtime.block_on(lambda_http::run(hello))
}
