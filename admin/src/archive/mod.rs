//! A whole tenant in a file: what `latchkey export` writes and `latchkey import` reads. The lines are in
//! `admin/README.md`, as people write them who come from other systems.
//!
//! ```text
//! file     "latchkey-export 1\n", then parts
//! part     its length (4 bytes, big-endian), then an age file of its own, for the recipient
//! inside   the export's id and the part's number, then lines of JSON ([`Line`])
//! lines    header, peppers, tenant, clients │ a page of the table, and another │ footer
//! ```
//!
//! Because each part is encrypted by itself, an export that was interrupted goes on behind its last whole part and keeps
//! no secret for that. The id is in no clear text: nobody can put a part in another's place, or one of another export.
//! The footer has the count of all lines and a digest over the id and all parts, so that none can be missing.

mod account_line;
mod checkpoint;
mod export;
mod import;
mod line;
mod reader;
mod refused;
mod sealed;
mod writer;

pub(crate) use export::ExportCommand;
pub(crate) use import::ImportCommand;

/// What the lines of this version are; another version may mean others by them.
const VERSION: u32 = 1;

/// Of JSON in bytes: below what a row of the table holds.
const LONGEST_LINE: usize = 256 * 1024;
