//! One line of the report: a cost, what it stands beside, and how often the one is the other.

use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

#[derive(Clone)]
pub struct Row {
    pub what: &'static str,
    pub cost: Duration,
    pub beside: &'static str,
    pub base: Duration,
    /// Empty where the row is for information.
    pub goal: &'static str,
}

impl Display for Row {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let Self { what, cost, beside, base, goal } = self;
        let ratio = cost.div_duration_f64(*base);
        write!(formatter, "{what:<27} {cost:>9.1?}   beside {beside:<45}{base:>9.1?}   ratio {ratio:.3}   {goal}")
    }
}
