//! Data transfers (contract §3): a third party asks, a person agrees, the third party reads what was agreed.

mod known;
mod lead;
mod offer;

pub use offer::{Entry, Offered, offer};

#[cfg(test)]
mod tests;
