//! `cargo bench -p bench`: what Latchkey costs, beside what it cannot do without.
//!
//! One report, which nothing asserts, in the Markdown of the README: work beside its bare parts, whether the time of an
//! answer tells what an address is, the same calls on few and on many accounts, what each costs in dollars, and cold starts
//! of the deployed binaries. These are built with the release profile, which takes minutes the first time.
//!
//! ```text
//! this process                                                            its child
//! handler ─► AWS SDK ─► relay.rs (counts) or meter.rs (adds up units) ─►  backend.rs (DynamoDB engine, KMS)
//! ```
//!
//! So the thread that is measured does a function's work and nothing else.

#![expect(unreachable_pub, reason = "a program has nobody to export to")]

mod backend;
mod bare;
mod binaries;
mod calls;
mod clocks;
mod cold_start;
mod cost;
mod crowd;
mod enumeration;
mod environment;
mod flows;
mod function;
mod growth;
mod machine;
mod meter;
mod prices;
mod relay;
mod row;
mod runtime_api;
mod share;
mod tokens;

use std::io::Write;

use backend::Backend;
use clap::Parser;
use cold_start::Binaries;
use function::Function;
use relay::Relay;

/// Any failure ends the report: half of one would be read as a whole.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// What Latchkey costs, beside what it cannot do without.
#[derive(Parser)]
#[command(name = "cargo bench -p bench --", after_help = "cargo bench -p bench -- --growth 1000,100000,1000000")]
struct Options {
    /// Few rounds, a small table and no cold starts: whether the report works, not what things cost.
    #[arg(long)]
    quick: bool,
    /// Sizes of the table that the same calls are made at, in accounts; 1000,100000 unless set.
    #[arg(long, value_name = "ACCOUNTS", value_delimiter = ',')]
    growth: Option<Vec<u32>>,
    /// These parts alone.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Set by `cargo bench`; without it nothing is measured.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    Work,
    Enumeration,
    ColdStarts,
    /// And what each call costs in dollars.
    Growth,
}

fn main() -> Outcome<()> {
    if std::env::args().any(|argument| argument == backend::ARGUMENT) {
        return backend::serve();
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` starts it as well, but measures nothing.
        return Ok(());
    }
    let options = Options::parse();
    let wanted = |part: Part| options.parts.is_empty() || options.parts.contains(&part);
    let cold_starts = wanted(Part::ColdStarts) && !(options.quick && options.parts.is_empty());
    let binaries = cold_starts.then(Binaries::build).transpose()?;
    let (rounds, starts) = if options.quick { (10, 3) } else { (200, 20) };

    let backend = Backend::start()?;
    let relay = Relay::start(&backend.dynamodb)?;
    let function = Function::connect(&relay.endpoint, &backend.kms)?;
    function.open_account()?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "On {}.", machine::describe())?;
    if wanted(Part::Work) {
        writeln!(out, "\n### Work\n\n{}", row::HEAD)?;
        for row in [tokens::rows(rounds)?.as_slice(), &flows::rows(&function, &relay, rounds)?].concat() {
            writeln!(out, "{row}")?;
        }
        writeln!(out, "\nCPU time of the function's thread, medians of {rounds} in turn.")?;
        writeln!(out, "{}", flows::forged(&function, &relay, rounds)?)?;
    }
    if wanted(Part::Enumeration) {
        write!(out, "\n### What the time of an answer tells\n\n")?;
        write!(out, "{}", enumeration::report(&function, &relay.endpoint, rounds)?)?;
    }
    if wanted(Part::Growth) {
        let usual = if options.quick { vec![1_000] } else { vec![1_000, 100_000] };
        let sizes = options.growth.unwrap_or(usual);
        let (measured, report) = growth::measure(&sizes, rounds)?;
        write!(out, "\n### Growth\n\n{report}")?;
        let hash = flows::argon2(rounds)?;
        write!(out, "\n### In dollars\n\n{}", cost::report(&measured, hash)?)?;
    }
    if let Some(binaries) = binaries {
        write!(out, "\n### Cold starts\n\n{}", cold_start::report(&binaries, &backend, starts)?)?;
    }
    Ok(())
}
