//! The core: what every handler stands on, and every act that changes an account. Functions hold nothing but how their
//! call is read and answered.
//!
//! Read it in this order; nothing up to the store knows of what comes after it:
//!
//! 1. [`types`], [`error`], [`session`], [`transfer`]: values, refusals, and the state machines that are the heart of
//!    the product
//! 2. [`key_ring`], [`password`], [`token`], [`account`], [`consent`], [`history`]: secrets, what is made of them, whom
//!    they belong to, and what happened to those
//! 3. [`store`]: facts about the business, each one call or one transaction on DynamoDB
//! 4. [`app`]: what a handler is given, and the acts: those that every surface shares (sign in, re-sign, set a
//!    password), and those of one kind of account in a folder of their own
//! 5. [`http`], [`wire`]: how a request comes in and how each surface says yes and no; [`operation`]: what no request
//!    leads to
//!
//! The outside comes in through six doors: API Gateway [`http`] (schedules and operators: [`operation`]), DynamoDB
//! [`store`], the environment [`config`] (and what it says of [`limits`]), time [`clock`], chance [`random`], messages (the outbox, rows of [`store`],
//! which one operation sends).
//! Log lines leave through [`log`], and on them what is counted ([`metric`]).

pub mod account;
pub mod app;
pub mod clock;
pub mod config;
pub mod consent;
pub mod error;
pub mod history;
pub mod http;
pub mod key_ring;
pub mod limits;
pub mod log;
pub mod metric;
pub mod operation;
pub mod password;
pub mod random;
pub mod session;
pub mod store;
pub mod token;
pub mod transfer;
pub mod types;
pub mod wire;
