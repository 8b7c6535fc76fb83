//! The commands as processes of their own, and what a user then sees over HTTP: one binary, because linking is what
//! takes time.

#![expect(unreachable_pub, reason = "in a binary there is nobody to reach it")]
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod harness;

mod accounts;
mod clients;
mod deployment;
mod intermediaries;
mod readme;
mod tenants;
