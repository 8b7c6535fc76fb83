//! Cold starts of deployed binaries beside a function that does nothing and one that reads one row, on a Runtime API of
//! our own.
//!
//! The start is from the process's birth to its first request for an event; first and warm are from an event's handing
//! over to its answer's arrival. DynamoDB and KMS are on loopback, without TLS: what the network adds on AWS is not in
//! here.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::Outcome;
use crate::backend::Backend;
use crate::binaries;
use crate::calls::{CLIENT_TOKEN, KEYS, check_session, open_accounts, refresh, refresh_again, sign_in, sign_out};
use crate::clocks::{median, now, shown};
use crate::crowd::Person;
use crate::environment::{Environment, peak_mebibytes};
use crate::function::Function;
use crate::row::verdict;
use crate::runtime_api::RuntimeApi;
use crate::share::Share;

const WARM_INVOCATIONS: usize = 50;
/// Megabytes.
const SMALL: u32 = 256;

// The goals.
const START_RATIO: f64 = 1.3;
const FIRST: Duration = Duration::from_millis(3);
const ARGON2_MEBIBYTES: f64 = 19.0;
const PEAK_MEBIBYTES: f64 = 16.0;
const MEGABYTES: f64 = 8.0;

/// A program, and the events that it is given.
struct Subject {
    what: &'static str,
    package: &'static str,
    binary: &'static str,
    hashes: bool,
    event: Event,
}

/// The next event, by the one before and its answer.
type Event = fn(&Function, Option<(&str, &Value)>) -> Outcome<String>;

/// What the starts of those after it stand beside.
const GET_ITEM: usize = 1;
const SUBJECTS: [Subject; 7] = [
    Subject::bare("a hello world", "bench-hello"),
    Subject::bare("one `GetItem`", "bench-get-item"),
    Subject::ours("check a session", "intermediary-check-session", |function, last| match last {
        None => check_session(function, Person(1)),
        Some((event, _)) => Ok(event.to_owned()),
    }),
    Subject::ours("refresh", "intermediary-sign-in", |function, last| match last {
        None => refresh(function, Person(2)),
        Some((_, answer)) => refresh_again(answer),
    }),
    Subject {
        hashes: true,
        ..Subject::ours("sign in", "intermediary-sign-in", |function, last| {
            last.map_or(Ok(()), |(_, answer)| sign_out(function, answer))?;
            Ok(sign_in(Person(3)))
        })
    },
    Subject::ours("client's token", "customer-issue-token", |_, _| Ok(CLIENT_TOKEN.to_owned())),
    Subject::ours("signing keys", "standard-keys", |_, _| Ok(KEYS.to_owned())),
];

impl Subject {
    const fn bare(what: &'static str, binary: &'static str) -> Self {
        // Any event does.
        Self { what, package: "bench", binary, hashes: false, event: |_, _| Ok(KEYS.to_owned()) }
    }

    const fn ours(what: &'static str, name: &'static str, event: Event) -> Self {
        Self { what, package: name, binary: name, hashes: false, event }
    }

    fn title(&self) -> String {
        format!("{} (`{}`)", self.what, self.binary)
    }
}

/// The programs, as deployed.
pub struct Binaries([PathBuf; SUBJECTS.len()]);

impl Binaries {
    pub fn build() -> Outcome<Self> {
        let mut paths = [const { PathBuf::new() }; SUBJECTS.len()];
        for (path, subject) in paths.iter_mut().zip(&SUBJECTS) {
            *path = binaries::build(subject.package, subject.binary)?;
        }
        Ok(Self(paths))
    }
}

/// What one environment showed from its start to its end: wall time, and CPU time of the thread that hashes nothing.
struct Life {
    start: Times,
    first: Times,
    warm: Times,
    peak_mebibytes: f64,
}

#[derive(Clone, Copy)]
struct Times {
    wall: Duration,
    cpu: Duration,
}

/// What the lives of one subject come to.
struct Summary {
    start: Times,
    least_start: Duration,
    first: Times,
    warm: Times,
    /// The first request with the share of a core that comes with [`SMALL`]; wall time.
    held: Option<Duration>,
    peak_mebibytes: f64,
    megabytes: f64,
}

pub fn report(binaries: &Binaries, backend: &Backend, starts: usize) -> Outcome<String> {
    // Opening moves a clock; whoever gives the events keeps the programs' time.
    let opener = Function::connect(&backend.dynamodb, &backend.kms)?;
    (1..=3).try_for_each(|number| open_accounts(&opener, Person(number)))?;
    let function = Function::connect(&backend.dynamodb, &backend.kms)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stage = Stage { backend, function, runtime };
    let share = Share::of(SMALL);
    let mut lives = [const { (Vec::new(), Vec::new()) }; SUBJECTS.len()];
    for start in 0..starts {
        eprintln!("starting everything, {} of {starts}", start + 1);
        for ((subject, binary), (free, held)) in SUBJECTS.iter().zip(&binaries.0).zip(&mut lives) {
            free.push(stage.live(subject, binary)?);
            if let Some(share) = share.as_ref().filter(|_| !subject.hashes) {
                held.push(stage.first_held(subject, binary, share)?);
            }
        }
    }
    let mut summaries = Vec::new();
    for ((free, held), binary) in lives.into_iter().zip(&binaries.0) {
        let bytes = u32::try_from(std::fs::metadata(binary)?.len())?;
        summaries.push(Summary::of(&free, held, f64::from(bytes) / 1e6));
    }
    Ok(tables(&summaries, starts, share.is_some())?)
}

/// Where they live.
struct Stage<'a> {
    backend: &'a Backend,
    function: Function,
    runtime: Runtime,
}

impl Stage<'_> {
    fn live(&self, subject: &Subject, binary: &Path) -> Outcome<Life> {
        let mut event = (subject.event)(&self.function, None)?;
        let mut api = self.runtime.block_on(RuntimeApi::start())?;
        let born = now();
        let environment = Environment::start(binary, self.backend, &api)?;
        let start = self.runtime.block_on(api.asked())? - born;
        let start = Times { wall: start, cpu: environment.cpu() };
        let mut spent = start.cpu;
        let (mut walls, mut cpus) = (Vec::new(), Vec::new());
        for _ in 0..=WARM_INVOCATIONS {
            let (wall, answer) = self.runtime.block_on(api.invoke(&event))?;
            self.runtime.block_on(api.asked())?;
            walls.push(wall);
            cpus.push(environment.cpu().saturating_sub(spent));
            event = (subject.event)(&self.function, Some((&event, &answer)))?;
            spent = environment.cpu();
        }
        let first = Times { wall: walls.remove(0), cpu: cpus.remove(0) };
        let warm = Times { wall: median(walls), cpu: median(cpus) };
        Ok(Life { start, first, warm, peak_mebibytes: peak_mebibytes(environment.id()) })
    }

    /// The first request after a start at full speed, as Lambda does it.
    fn first_held(&self, subject: &Subject, binary: &Path, share: &Share) -> Outcome<Duration> {
        let event = (subject.event)(&self.function, None)?;
        let mut api = self.runtime.block_on(RuntimeApi::start())?;
        let environment = Environment::start(binary, self.backend, &api)?;
        self.runtime.block_on(api.asked())?;
        share.hold(environment.id())?;
        Ok(self.runtime.block_on(api.invoke(&event))?.0)
    }
}

impl Summary {
    fn of(lives: &[Life], held: Vec<Duration>, megabytes: f64) -> Self {
        let times = |of: fn(&Life) -> Times| Times {
            wall: median(lives.iter().map(|life| of(life).wall).collect()),
            cpu: median(lives.iter().map(|life| of(life).cpu).collect()),
        };
        Self {
            start: times(|life| life.start),
            least_start: lives.iter().map(|life| life.start.wall).min().unwrap_or_default(),
            first: times(|life| life.first),
            warm: times(|life| life.warm),
            held: (!held.is_empty()).then(|| median(held)),
            peak_mebibytes: lives.iter().map(|life| life.peak_mebibytes).fold(0.0, f64::max),
            megabytes,
        }
    }

    /// What the first request takes of a share, wherever the quota falls: never more than this.
    fn first_by_cpu(&self) -> Duration {
        self.first.cpu * crate::cost::CORE_MEGABYTES / SMALL
    }
}

fn tables(summaries: &[Summary], starts: usize, held: bool) -> Result<String, std::fmt::Error> {
    let mut report = String::from(
        "| release function | start | least | CPU | first request | CPU | warm | CPU | peak memory | stripped |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (subject, summary) in SUBJECTS.iter().zip(summaries) {
        let Summary { start, least_start, first, warm, peak_mebibytes, megabytes, .. } = summary;
        let times = [start.wall, *least_start, start.cpu, first.wall, first.cpu, warm.wall, warm.cpu].map(shown);
        let (title, times) = (subject.title(), times.join(" | "));
        writeln!(report, "| {title} | {times} | {peak_mebibytes:.1} MiB | {megabytes:.2} MB |")?;
    }
    writeln!(
        report,
        "\n| goals | start beside one `GetItem`, at most {START_RATIO} | first request at {SMALL} MB, at most \
         {FIRST:?} | peak memory, at most Argon2's and {PEAK_MEBIBYTES} MiB | stripped, at most {MEGABYTES} MB |"
    )?;
    writeln!(report, "|---|---|---|---|---|")?;
    let base = summaries.get(GET_ITEM).map(|summary| summary.start);
    for (subject, summary) in SUBJECTS.iter().zip(summaries).skip(GET_ITEM + 1) {
        let Some(base) = base else { continue };
        let (ratio, cpu) =
            (summary.start.wall.div_duration_f64(base.wall), summary.start.cpu.div_duration_f64(base.cpu));
        write!(report, "| {} | {ratio:.2}, of CPU {cpu:.2}: {} |", subject.title(), verdict(ratio <= START_RATIO))?;
        let by_cpu = summary.first_by_cpu();
        match summary.held {
            Some(held) => {
                write!(report, " {}, by CPU {}: {} |", shown(held), shown(by_cpu), verdict(held <= FIRST))?;
            }
            None => write!(report, " by CPU {}: {} |", shown(by_cpu), verdict(by_cpu <= FIRST))?,
        }
        let most = PEAK_MEBIBYTES + if subject.hashes { ARGON2_MEBIBYTES } else { 0.0 };
        write!(report, " {:.1} MiB: {} |", summary.peak_mebibytes, verdict(summary.peak_mebibytes <= most))?;
        writeln!(report, " {:.2} MB: {} |", summary.megabytes, verdict(summary.megabytes <= MEGABYTES))?;
    }
    let how =
        if held { "held by a control group after the start" } else { "computed, no control group can be made here" };
    writeln!(
        report,
        "\n{starts} starts each, in turn; medians. At {SMALL} MB: {how}; \"by CPU\" is the CPU time over the share."
    )?;
    Ok(report)
}
