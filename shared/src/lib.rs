//! What at least two of Latchkey's functions need, and nothing that only one does.
//!
//! Read it in this order; each module knows those above it and none below:
//!
//! 1. [`types`], [`error`], [`session`], [`account`]: values, refusals, and the two state machines
//! 2. [`key_ring`], [`password`], [`token`]: secrets, and what is made of them
//! 3. [`store`]: facts about the business, each one call or one transaction on DynamoDB
//! 4. [`app`]: what a handler is given, and the acts that every surface shares: open an account, sign in, re-sign
//! 5. [`http`], [`wire`]: how a request comes in and how each surface says yes and no
//!
//! The outside comes in through six doors: API Gateway [`http`], DynamoDB [`store`], the environment [`config`],
//! time [`clock`], chance [`random`], messages [`store::Outbox`](store). Log lines leave through [`log`].

pub mod account;
pub mod app;
pub mod clock;
pub mod config;
pub mod error;
pub mod http;
pub mod key_ring;
pub mod log;
pub mod password;
pub mod random;
pub mod session;
pub mod store;
pub mod token;
pub mod types;
pub mod wire;
