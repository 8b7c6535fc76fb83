//! Latchkey on a laptop: every function in one process, routed by `template.yaml`, on an embedded DynamoDB and a
//! KMS endpoint of its own. The functions, the AWS SDK and the protocols are the deployed ones.
//!
//! ```text
//! HTTP ─► gateway.rs (routes of template.rs) ─► API Gateway event ─► functions.rs ─► AWS SDK ─► engine.rs, kms.rs
//! ```

mod console;
mod data;
mod demo;
mod engine;
mod functions;
mod gateway;
mod kms;
mod openapi;
mod operations;
mod outbox;
mod server;
mod template;

pub use data::Data;
pub use demo::{ACCESS_KEY, API_KEY, AUDIENCE, INTERMEDIARY_ID, OAUTH_CLIENTS, PORTAL_ID, SECRET_KEY, TENANT_ID};
pub use engine::{Engine, TABLE};
pub use functions::{FUNCTIONS, Function};
pub use openapi::{ApiDocument, OPENAPI, Operation as ApiOperation};
pub use operations::{OPERATIONS, Operation, Outside};
pub use server::{Options, Server, Storage};
pub use template::{Route, Schedule, Template};
