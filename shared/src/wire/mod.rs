//! How each surface says things: where its credentials arrive, what a success and a refusal look like.

pub mod customers;
pub mod intermediaries;
pub mod leads;
pub mod pages;
pub mod standards;
pub mod transfers;
