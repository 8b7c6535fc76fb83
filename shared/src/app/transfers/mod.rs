//! Data transfers (contract §3): a third party asks, a person agrees in a browser, the third party reads what was agreed.

mod browser;
mod consents;
mod decide;
mod known;
mod lead;
mod look;
mod offer;
mod open;
mod question;
mod scan;
mod sign_in;
mod third_party;

pub use browser::{Browser, Visitor};
pub use decide::DecisionForm;
pub use look::{Decision, Holder, LookedUp, unknown_transfer};
pub use offer::{Entry, Offered, offer};
pub use open::{Opened, TransferForm, scopes};
pub use question::{Outcome, Question};
pub use scan::Scanned;
pub use sign_in::PageSignIn;
pub use third_party::{ThirdParty, ThirdPartyToken};

#[cfg(test)]
mod tests;
