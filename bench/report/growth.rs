//! The same calls with few and with many accounts in the table: what they ask of DynamoDB, and how long they take.
//!
//! Each size has a backend of its own and all of them take turns, so that whatever the machine does meanwhile meets
//! every size alike.

use std::fmt::Write;
use std::time::Duration;

use crate::Outcome;
use crate::backend::Backend;
use crate::calls::{CALLS, Call, open_accounts};
use crate::clocks::{median, now, shown};
use crate::crowd::{Person, TEMPLATE};
use crate::environment::peak_mebibytes;
use crate::function::Function;
use crate::machine::grouped;
use crate::meter::{Meter, Usage};
use crate::row::verdict;

/// Of three kinds: brokers, leads and customers.
const KINDS: u32 = 3;
/// Metered calls: some read again what is kept for a minute, most do not.
const METERED: usize = 5;
/// How much longer a call may take at the largest size than at the smallest.
const FLAT: f64 = 1.2;

/// One call at every size, the smallest first.
pub struct Measured {
    pub call: &'static Call,
    pub sizes: Vec<AtSize>,
}

pub struct AtSize {
    pub usage: Usage,
    /// Of the function's thread.
    pub cpu: Duration,
    pub latency: Duration,
}

/// A table of one size and who calls it: with a meter in between and without.
struct Table {
    accounts: u32,
    backend: Backend,
    meter: Meter,
    metered: Function,
    direct: Function,
}

impl Table {
    fn fill(accounts: u32) -> Outcome<Self> {
        let mut backend = Backend::start()?;
        let meter = Meter::start(&backend.dynamodb)?;
        let metered = Function::connect(&meter.endpoint, &backend.kms)?;
        let direct = Function::connect(&backend.dynamodb, &backend.kms)?;
        open_accounts(&direct, TEMPLATE)?;
        let (begun, people) = (now(), accounts.div_ceil(KINDS));
        eprintln!("writing {} accounts", grouped(accounts));
        let rows = backend.grow(people)?;
        let (seconds, peak) = (begun.elapsed().as_secs(), peak_mebibytes(backend.process_id()));
        eprintln!("wrote {rows} rows in {seconds} s; the engine takes {peak:.0} MiB");
        Ok(Self { accounts, backend, meter, metered, direct })
    }

    /// Somebody, each time another one.
    fn person(&self, turn: usize) -> Person {
        let people = u64::from(self.accounts.div_ceil(KINDS));
        let number = (turn as u64 * 7_919 + 13) % people;
        Person(u32::try_from(number).unwrap_or_default())
    }
}

/// `rounds` of every call at every size.
pub fn measure(sizes: &[u32], rounds: usize) -> Outcome<(Vec<Measured>, String)> {
    let tables = sizes.iter().map(|accounts| Table::fill(*accounts)).collect::<Outcome<Vec<_>>>()?;
    let measured = CALLS.iter().map(|call| {
        eprintln!("measuring: {}", call.what);
        let usages = tables.iter().map(|table| usage(call, table)).collect::<Outcome<Vec<_>>>()?;
        let mut samples: Vec<_> = tables.iter().map(|_| (Vec::new(), Vec::new())).collect();
        for round in 0..rounds {
            for (table, (cpu, latency)) in tables.iter().zip(&mut samples) {
                let taken = call.make(&table.direct, table.person(METERED + round))?;
                cpu.push(taken.cpu);
                latency.push(taken.wall);
            }
        }
        let sizes = usages.into_iter().zip(samples);
        let sizes = sizes.map(|(usage, (cpu, latency))| AtSize { usage, cpu: median(cpu), latency: median(latency) });
        Ok(Measured { call, sizes: sizes.collect() })
    });
    let measured = measured.collect::<Outcome<Vec<_>>>()?;
    let report = report(&tables, &measured, rounds)?;
    Ok((measured, report))
}

/// What a warm call asks for.
fn usage(call: &Call, table: &Table) -> Outcome<Usage> {
    let mut usages = Vec::new();
    for turn in 0..METERED {
        let person = table.person(turn);
        let event = call.prepare(&table.metered, person)?;
        let (usage, answered) = table.meter.read(|| table.metered.invoke(call.function, &event, 200));
        answered?;
        usages.push(usage);
    }
    usages.sort_by(|one, other| one.calls.cmp(&other.calls).then(one.round_trips.cmp(&other.round_trips)));
    Ok(usages.first().copied().unwrap_or_default())
}

fn report(tables: &[Table], measured: &[Measured], rounds: usize) -> Outcome<String> {
    let mut report = String::from("| call | DynamoDB calls | read units | write units |");
    for table in tables {
        write!(report, " {} accounts |", grouped(table.accounts))?;
    }
    writeln!(report, " last beside first |")?;
    writeln!(report, "|---|---|---|---|{}---|", "---|".repeat(tables.len()))?;
    let mut longest = 0.0_f64;
    for Measured { call, sizes } in measured {
        let units = |of: fn(&Usage) -> f64| {
            let mut units: Vec<_> = sizes.iter().map(|size| of(&size.usage).to_string()).collect();
            units.dedup();
            units.join(" → ")
        };
        let (reads, writes) = (units(|usage| usage.read_units), units(|usage| usage.write_units));
        write!(report, "| {} | {} | {reads} | {writes} |", call.what, units(|usage| usage.calls.into()))?;
        for size in sizes {
            write!(report, " {} |", shown(size.latency))?;
        }
        let latency = |size: Option<&AtSize>| size.map(|size| size.latency).unwrap_or_default();
        let ratio = latency(sizes.last()).div_duration_f64(latency(sizes.first()));
        longest = longest.max(ratio);
        writeln!(report, " {ratio:.2} |")?;
    }
    let asked = |size: &AtSize| Usage { round_trips: 0, ..size.usage };
    let same = |pair: &[AtSize]| matches!(pair, [one, other] if asked(one) == asked(other));
    let flat = measured.iter().all(|call| call.sizes.windows(2).all(same));
    writeln!(report, "\nWall time with the hash, medians of {rounds} in turn.")?;
    writeln!(report, "Calls and units the same at every size: {}.", verdict(flat))?;
    writeln!(report, "The last beside the first at most {FLAT}: {longest:.2}, {}.", verdict(longest <= FLAT))?;
    let largest = tables.iter().map(|table| peak_mebibytes(table.backend.process_id())).fold(0.0, f64::max);
    writeln!(report, "The engine took {largest:.0} MiB at most.")?;
    Ok(report)
}
