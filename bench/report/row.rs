//! One line of a table: a cost, what it stands beside, and whether that is as it should be.

use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

use crate::clocks::shown;

#[derive(Clone)]
pub struct Row {
    pub what: &'static str,
    pub cost: Duration,
    pub beside: &'static str,
    pub base: Duration,
    pub goal: Goal,
}

#[derive(Clone, Copy)]
pub enum Goal {
    /// So many times what it stands beside.
    Ratio(f64),
    /// So much more than what it stands beside.
    More(Duration),
}

pub const HEAD: &str = "| work | | beside | | ratio | goal |\n|---|---|---|---|---|---|";

impl Display for Row {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let Self { what, cost, beside, base, goal } = self;
        let (ratio, more) = (cost.div_duration_f64(*base), cost.saturating_sub(*base));
        let (cost, base) = (shown(*cost), shown(*base));
        write!(formatter, "| {what} | {cost} | {beside} | {base} | {ratio:.2} | ")?;
        match goal {
            Goal::Ratio(most) => write!(formatter, "at most {most} times: {} |", verdict(ratio <= *most)),
            Goal::More(most) => {
                write!(formatter, "at most {} more: {}, {} |", shown(*most), shown(more), verdict(more <= *most))
            }
        }
    }
}

pub fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "**not met**" }
}
