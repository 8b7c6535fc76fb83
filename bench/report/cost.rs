//! What each call costs on AWS: capacity as metered, Lambda's time from the CPU time that was measured, published prices.

use std::fmt::Write;
use std::time::Duration;

use local::FUNCTIONS;

use crate::Outcome;
use crate::clocks::shown;
use crate::growth::Measured;
use crate::machine::grouped;
use crate::prices::{
    GATEWAY_REQUEST, LAMBDA_GB_SECOND, LAMBDA_REQUEST, READ_UNIT, WRITE_UNIT, cognito_essentials, cognito_lite,
};

const TEMPLATE: &str = include_str!("../../template.yaml");
/// Assumed: AWS says "single-digit milliseconds", and no DynamoDB is here to measure.
const ROUND_TRIP: Duration = Duration::from_millis(4);
/// Megabytes that come with one core.
pub const CORE_MEGABYTES: u32 = 1769;

/// Calls of one active user in a month, assumed.
const USE: [(&str, f64); 4] = [("sign up", 0.1), ("sign in", 8.0), ("refresh", 40.0), ("check a session", 120.0)];
const USERS: [u32; 3] = [10_000, 100_000, 1_000_000];

struct Cost<'a> {
    of: &'a Measured,
    cpu: Duration,
    megabytes: u32,
    /// Billed, in whole ones.
    milliseconds: f64,
}

/// `hash`: the CPU time of one Argon2.
pub fn report(measured: &[Measured], hash: Duration) -> Outcome<String> {
    let costs = measured.iter().map(|call| Cost::of(call, hash)).collect::<Outcome<Vec<_>>>()?;
    let mut report = String::from(
        "| call | read units | write units | CPU | memory | billed | DynamoDB | Lambda | HTTP API | a million |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for cost in &costs {
        let (what, usage) = (cost.of.call.what, cost.usage());
        write!(report, "| {what} | {} | {} | {} |", usage.read_units, usage.write_units, shown(cost.cpu))?;
        write!(report, " {} MB | {} ms |", grouped(cost.megabytes), cost.milliseconds)?;
        for dollars in [cost.dynamodb(), cost.lambda(), GATEWAY_REQUEST, cost.dollars()] {
            write!(report, " ${:.2} |", dollars * 1e6)?;
        }
        writeln!(report)?;
    }
    let dollars = |(what, calls): &(&str, f64)| {
        let cost = costs.iter().find(|cost| cost.of.call.what == *what);
        cost.map(|cost| cost.dollars() * calls).ok_or("a call that was not measured")
    };
    let monthly = USE.iter().map(dollars).sum::<Result<f64, _>>()?;
    report += "\n| active users a month | Latchkey | Cognito Lite | Cognito Essentials |\n|---|---|---|---|\n";
    for users in USERS {
        let (name, users) = (grouped(users), f64::from(users));
        let (lite, essentials) = (cognito_lite(users), cognito_essentials(users));
        writeln!(report, "| {name} | ${:.0} | ${lite:.0} | ${essentials:.0} |", monthly * users)?;
    }
    let calls: Vec<_> = USE.iter().map(|(what, calls)| format!("{what} {calls}")).collect();
    let (calls, wait) = (calls.join(", "), ROUND_TRIP.as_millis());
    writeln!(report, "\nAssumed: {wait} ms a round trip to DynamoDB; each user a month: {calls}.")?;
    Ok(report)
}

impl<'a> Cost<'a> {
    fn of(of: &'a Measured, hash: Duration) -> Outcome<Self> {
        let smallest = of.sizes.first().ok_or("a table of no size")?;
        let cpu = smallest.cpu + hash * of.call.hashes;
        let megabytes = megabytes(of.call.function)?;
        // More than a core does not help one thread.
        let share = f64::from(megabytes.min(CORE_MEGABYTES)) / f64::from(CORE_MEGABYTES);
        let milliseconds = (cpu.div_f64(share) + ROUND_TRIP * smallest.usage.round_trips).as_secs_f64() * 1e3;
        Ok(Self { of, cpu, megabytes, milliseconds: milliseconds.ceil() })
    }

    fn usage(&self) -> crate::meter::Usage {
        self.of.sizes.first().map(|smallest| smallest.usage).unwrap_or_default()
    }

    fn dynamodb(&self) -> f64 {
        let usage = self.usage();
        usage.read_units * READ_UNIT + usage.write_units * WRITE_UNIT
    }

    fn lambda(&self) -> f64 {
        let gigabytes = f64::from(self.megabytes) / 1024.0;
        LAMBDA_REQUEST + gigabytes * self.milliseconds / 1e3 * LAMBDA_GB_SECOND
    }

    fn dollars(&self) -> f64 {
        self.dynamodb() + self.lambda() + GATEWAY_REQUEST
    }
}

/// A function's memory by the template: its own, else that of all.
fn megabytes(name: &str) -> Outcome<u32> {
    let function = FUNCTIONS.iter().find(|function| function.name == name).ok_or("no such function")?;
    let first = |text: &str| {
        let value = text.lines().find_map(|line| line.trim().strip_prefix("MemorySize: ")?.parse().ok());
        value.filter(|megabytes| *megabytes > 0)
    };
    let (_, resource) =
        TEMPLATE.split_once(&format!("\n  {}:\n", function.logical_id())).ok_or("not in the template")?;
    let end = resource.match_indices("\n  ").find(|(at, _)| !resource.get(at + 3..).unwrap_or(" ").starts_with(' '));
    let resource = end.and_then(|(at, _)| resource.get(..at)).unwrap_or(resource);
    Ok(first(resource).or_else(|| first(TEMPLATE)).ok_or("no MemorySize in the template")?)
}
