use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::read::{fault, is_current, string};
use super::{Item, Store, from_item, history, intermediaries, keys, text};
use crate::account::Account;
use crate::consent::Consent;
use crate::error::{Code, Error};
use crate::history::Entry;
use crate::types::{AccountId, IntermediaryId, TenantId, Timestamp};

/// A row that goes along when a tenant moves to another deployment. Its settings and clients do too; sessions, codes,
/// links, messages, data transfers and what counts tries do not.
#[derive(Debug)]
pub enum Movable {
    Intermediary { id: IntermediaryId, variables: String },
    Account(Box<Account>),
    Consent(AccountId, Consent),
    Entry(Uuid, Entry),
}

/// Some of a tenant's rows, in no order but that an account comes before what it gave and what happened to it.
#[derive(Debug)]
pub struct MovablePage {
    pub rows: Vec<Movable>,
    /// How many rows of the table were looked at, whosever they are.
    pub read: u32,
    /// Where the next ones are, if there may be any.
    pub next: Option<TablePlace>,
}

/// A place in the table. It may hold personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePlace {
    pk: String,
    sk: String,
}

impl std::fmt::Debug for TablePlace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TablePlace(…)")
    }
}

impl Store {
    /// What of a tenant is movable, from `start` on, of so many rows of the table. One `Scan`, which no function of the
    /// product may do: nothing else finds accounts that have nothing in common but their tenant.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn movable(
        &self,
        tenant: &TenantId,
        (start, most): (Option<&TablePlace>, u16),
        now: Timestamp,
    ) -> Result<MovablePage, Error> {
        let start = start.map(|place| keys::Key { pk: place.pk.clone(), sk: place.sk.clone() }.attributes());
        let answer = self
            .dynamodb
            .scan()
            .table_name(&self.table)
            .filter_expression("begins_with(pk, :accounts) OR begins_with(pk, :intermediaries)")
            .expression_attribute_values(":accounts", text(keys::accounts_of(tenant)))
            .expression_attribute_values(":intermediaries", text(keys::intermediaries_of(tenant)))
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .limit(most.into())
            .send()
            .await
            .map_err(|failure| fault("Scan", &failure))?;
        let read = u32::try_from(answer.scanned_count).unwrap_or_default();
        let next = answer.last_evaluated_key.map(|key| place(&key)).transpose()?;
        let rows = answer.items.unwrap_or_default().into_iter().filter(|row| is_current(row, now));
        let rows = rows.filter_map(|row| movable(tenant, row).transpose()).collect::<Result<_, _>>()?;
        Ok(MovablePage { rows, read, next })
    }
}

fn place(key: &HashMap<String, AttributeValue>) -> Result<TablePlace, Error> {
    let part = |name| string(key, name).cloned().ok_or_else(|| Code::Internal.because("a row without an address"));
    Ok(TablePlace { pk: part("pk")?, sk: part("sk")? })
}

fn movable(tenant: &TenantId, row: Item) -> Result<Option<Movable>, Error> {
    let TablePlace { pk, sk } = place(&row)?;
    let unreadable = |_| Code::Internal.because("a row's address does not parse");
    if let Some(id) = pk.strip_prefix(&keys::intermediaries_of(tenant)) {
        let id = IntermediaryId::try_from(id.to_owned()).map_err(unreadable)?;
        let variables = from_item::<intermediaries::Row>(row)?.variables;
        return Ok(Some(Movable::Intermediary { id, variables }));
    }
    let id = pk.strip_prefix(&keys::accounts_of(tenant)).unwrap_or_default().to_owned();
    let id = AccountId::try_from(id).map_err(unreadable)?;
    Ok(match sk.as_str() {
        "account" => Some(Movable::Account(Box::new(from_item(row)?))),
        consent if consent.starts_with(keys::CONSENT) => Some(Movable::Consent(id, from_item(row)?)),
        // The others stand for entries that nobody has.
        entry if entry.starts_with(keys::HISTORY) && !entry.ends_with("#unlisted") => {
            let (id, entry) = history::parse(row)?;
            Some(Movable::Entry(id, entry))
        }
        _ => None,
    })
}
