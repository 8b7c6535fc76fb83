//! `cargo bench -p bench`: what Latchkey costs, beside what it cannot do without.
//!
//! One report, which nothing asserts: ratios of work first, then whether the time of an answer tells what an address
//! is, then cold starts of the deployed binaries. The last part builds them with the release profile, which takes minutes the first time; `-- --quick` leaves
//! it out.
//!
//! ```text
//! this process                                    its child
//! handler ─► AWS SDK ─► relay.rs (counts) ─────►  backend.rs (DynamoDB engine, KMS)
//! ```
//!
//! So the thread that is measured does a function's work and nothing else.

#![expect(unreachable_pub, reason = "a program has nobody to export to")]

mod backend;
mod bare;
mod clocks;
mod cold_start;
mod enumeration;
mod flows;
mod function;
mod machine;
mod relay;
mod row;
mod runtime_api;
mod tokens;

use std::io::Write;

use backend::Backend;
use cold_start::Binaries;
use function::Function;
use relay::Relay;

/// Any failure ends the report: half of one would be read as a whole.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let asked = |name: &str| std::env::args().any(|argument| argument == name);
    if asked(backend::ARGUMENT) {
        return backend::serve();
    }
    if !asked("--bench") {
        // `cargo test --all-targets` starts it as well, but measures nothing.
        return Ok(());
    }
    let binaries = if asked("--quick") { None } else { Some(Binaries::build()?) };

    let backend = Backend::start()?;
    let relay = Relay::start(&backend.dynamodb)?;
    let function = Function::connect(&relay.endpoint, &backend.kms)?;
    function.open_account()?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "Latchkey, on {}\n", machine::describe())?;
    writeln!(out, "Work: CPU time of the function's thread, medians of interleaved rounds")?;
    for row in [tokens::rows()?.as_slice(), &flows::rows(&function, &relay)?].concat() {
        writeln!(out, "  {row}")?;
    }
    writeln!(out, "  {}", flows::forged(&function, &relay)?)?;
    write!(out, "\n{}", enumeration::report(&function, &relay.endpoint)?)?;
    if let Some(binaries) = binaries {
        write!(out, "\n{}", cold_start::report(&binaries, &backend, &function)?)?;
    }
    Ok(())
}
