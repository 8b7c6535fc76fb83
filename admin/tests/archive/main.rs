//! What an administrator sees of `latchkey`, as a program of its own against a running Latchkey.

#![expect(unreachable_pub, reason = "in a binary there is nobody to reach it")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and no Lambda freezes it"
)]

mod command;
#[path = "../../../local/tests/it/harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "these tests need less of it")]
mod harness;
mod interrupted;
mod other_systems;
mod refused;
mod round_trip;
