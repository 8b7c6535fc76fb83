//! Many accounts, as the product itself would have written them: one of each kind is made through it, and its rows are
//! copied under other ids and addresses, straight into the engine.
//!
//! Whatever is somebody's own holds the nine digits of their number: the addresses because they are made so, the ids
//! because a copy's end in them.

use std::collections::HashSet;

use dynoxide::actions::scan::ScanRequest;
use dynoxide::types::Item;
use dynoxide::{Database, ImportOptions};
use local::TABLE;
use serde_json::Value;

/// A person's number, of nine digits at most.
#[derive(Debug, Clone, Copy)]
pub struct Person(pub u32);

/// Whose rows the others are copies of.
pub const TEMPLATE: Person = Person(987_654_321);

/// Rows that are written at a time.
const CHUNK: usize = 10_000;

impl Person {
    fn digits(self) -> String {
        format!("{:09}", self.0)
    }

    pub fn email(self) -> String {
        format!("person{:09}@example.com", self.0)
    }

    pub fn phone(self) -> String {
        format!("+1917{:09}", self.0)
    }

    pub fn tax_number(self) -> String {
        format!("PAN{:09}", self.0)
    }

    pub fn customer_id(self) -> String {
        format!("c{:09}", self.0)
    }
}

/// Copies every template to the people from 0 to `people`: how many rows that makes.
pub fn grow(database: &Database, people: u32) -> Result<usize, String> {
    let failed = |error: dynoxide::DynoxideError| error.to_string();
    let request = ScanRequest { table_name: TABLE.to_owned(), ..ScanRequest::default() };
    let rows = database.scan(request).map_err(failed)?.items.unwrap_or_default();
    let rows = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let templates = templates(&rows.map_err(|error| error.to_string())?);
    let digits = TEMPLATE.digits();
    let mut copies = (0..people).flat_map(|number| {
        let own = Person(number).digits();
        let (digits, templates) = (&digits, &templates);
        templates.iter().map(move |template| serde_json::from_str::<Item>(&template.replace(digits, &own)))
    });
    let mut written = 0;
    loop {
        let chunk = copies.by_ref().take(CHUNK).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        if chunk.is_empty() {
            return Ok(written);
        }
        written += database.import_items(TABLE, chunk, ImportOptions::default()).map_err(failed)?.items_imported;
    }
}

/// The rows of the templates' accounts, the digits in their ids. Messages are none of them: they are delivered, and gone.
fn templates(rows: &[Value]) -> Vec<String> {
    let digits = TEMPLATE.digits();
    let text = |row: &Value, name: &str| row.pointer(&format!("/{name}/S")).and_then(Value::as_str).map(str::to_owned);
    let of_template = |row: &&Value| text(row, "pk").is_some_and(|pk| pk.contains(&digits));
    let accounts: HashSet<_> = rows.iter().filter(of_template).filter_map(|row| text(row, "account_id")).collect();
    let whole = |row: &Value| (text(row, "pk").unwrap_or_default(), row.to_string());
    let theirs = |(pk, row): &(String, String)| {
        accounts.iter().any(|account| row.contains(account)) && !pk.contains("#message#")
    };
    let kept: Vec<_> = rows.iter().map(whole).filter(theirs).collect();
    let records: HashSet<_> = rows
        .iter()
        .filter(|row| text(row, "id").is_some_and(|id| accounts.contains(&id)))
        .filter_map(|row| text(row, "intermediary_id"))
        .collect();
    let sessions = rows.iter().filter_map(|row| text(row, "sk")?.strip_prefix("session#").map(str::to_owned));
    let ids: Vec<_> = accounts.iter().cloned().chain(records).chain(sessions).collect();
    let numbered = |row: String| {
        ids.iter().fold(row, |row, id| {
            let kept = id.len().saturating_sub(digits.len());
            row.replace(id, &format!("{}{digits}", id.get(..kept).unwrap_or_default()))
        })
    };
    kept.into_iter().map(|(_, row)| numbered(row)).collect()
}
