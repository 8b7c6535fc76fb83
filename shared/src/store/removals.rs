use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};

use super::openings::OPENING_SECONDS;
use super::read::string;
use super::write::{Steps, delete};
use super::{Item, Store, keys, number};
use crate::account::Account;
use crate::consent::Consent;
use crate::error::Error;
use crate::transfer::READABLE_SECONDS;
use crate::types::{TenantId, Timestamp, TransferId};

/// A transaction takes 100 items; each row may be a consent with its transfer, and identifiers take a few.
const MOST_AT_ONCE: usize = 40;

impl Store {
    /// Takes an account away with its identifiers, sessions, half-way sign-ins, links and consents, and what it handed
    /// over that can still be read, if it still is what was read: all of it or nothing, but that of an account with very
    /// many consents or sessions that are over the excess of those goes before. `false`: it changed meanwhile.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn delete_account(&self, tenant: &TenantId, account: &Account, now: Timestamp) -> Result<bool, Error> {
        let key = keys::account(tenant, account.id);
        let rows = self.query_all(&key.pk, "").await?;
        let mut beside: Vec<_> = rows.into_iter().filter(|row| string(row, "sk") != Some(&key.sk)).collect();
        // What the account lists or links that are out come last: if it changed meanwhile, they stay.
        beside.sort_by_key(|row| !is_over(account, row, now));
        while beside.len() > MOST_AT_ONCE && beside.first().is_some_and(|row| is_over(account, row, now)) {
            let over = beside.iter().take_while(|row| is_over(account, row, now)).count();
            let excess: Vec<_> = beside.drain(..over.min(MOST_AT_ONCE)).collect();
            let mut steps = Steps::<()>::new();
            self.remove_all(tenant, &excess, &mut steps, now)?;
            self.carry_out(steps).await?;
        }
        let gone = self
            .delete_at(&key)
            .condition_expression(
                "revision = :revision AND identity_version = :identity AND password_version = :password \
                 AND sessions = :sessions \
                 AND (consents_given = :consents OR attribute_not_exists(consents_given) AND :consents = :none)",
            )
            .expression_attribute_values(":consents", number(account.consents_given))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":password", number(account.password_version))
            .expression_attribute_values(":sessions", sessions(account))
            .expression_attribute_values(":revision", number(account.revision))
            .expression_attribute_values(":identity", number(account.identity_version))
            .build()?;
        let mut steps = Steps::new();
        steps.add(delete(gone), ());
        for identifier in account.identifiers() {
            let key = keys::identifier(tenant, account.kind(), &identifier);
            steps.add_sure(delete(self.delete_at(&key).build()?));
        }
        self.remove_all(tenant, &beside, &mut steps, now)?;
        Ok(self.carry_out(steps).await?.is_none())
    }

    /// Adds that these rows go, and what was handed over by those that are consents.
    fn remove_all(&self, tenant: &TenantId, rows: &[Item], steps: &mut Steps<()>, now: Timestamp) -> Result<(), Error> {
        for row in rows {
            steps.add_sure(self.removal(row)?);
        }
        for transfer in rows.iter().filter_map(|row| still_readable(row, now)) {
            steps.add_sure(delete(self.delete_at(&keys::transfer(tenant, transfer)).build()?));
        }
        Ok(())
    }

    fn removal(&self, row: &Item) -> Result<TransactWriteItem, Error> {
        let key = row.iter().filter(|(name, _)| ["pk", "sk"].contains(&name.as_str()));
        let key = key.map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(delete(Delete::builder().table_name(&self.table).set_key(Some(key)).build()?))
    }
}

/// The transfer whose decision can still be read, if the row is its consent.
fn still_readable(row: &Item, now: Timestamp) -> Option<TransferId> {
    string(row, "sk")?.strip_prefix(keys::CONSENT)?;
    let consent: Consent = super::from_item(row.clone()).ok()?;
    (now.seconds() < consent.given_at + READABLE_SECONDS).then_some(consent.id)
}

fn sessions(account: &Account) -> AttributeValue {
    AttributeValue::M(account.sessions.iter().map(|(id, opened_at)| (id.clone(), number(opened_at))).collect())
}

/// Whether the row may go before the account does: a consent, or a session, or the beginning of one, that the account
/// does not list and that is not being opened.
fn is_over(account: &Account, row: &Item, now: Timestamp) -> bool {
    let sk = string(row, "sk").map(String::as_str).unwrap_or_default();
    let Some(session) = sk.strip_prefix(keys::SESSION) else {
        return sk.starts_with(keys::MFA_FLOW) || sk.starts_with(keys::CONSENT);
    };
    let opened_at = row.get("opened_at").and_then(|value| value.as_n().ok()?.parse::<i64>().ok());
    let is_old = opened_at.is_none_or(|opened_at| opened_at + OPENING_SECONDS < now.seconds());
    !account.sessions.contains_key(session) && is_old
}
