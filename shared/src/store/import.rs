use uuid::Uuid;

use super::write::{Steps, Written, check, put};
use super::{Store, intermediaries, keys};
use crate::account::{Account, Owner};
use crate::consent::Consent;
use crate::error::Error;
use crate::history::Entry;
use crate::types::{AccountId, IntermediaryId, SchemaName, TenantId, Timestamp};

/// What became of a row that came from elsewhere. Only the first has changed anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Done,
    /// The row was there and stays as it is.
    WasThere,
    /// The value of this field is another account's.
    IdentifierTaken(SchemaName),
    IntermediaryMissing,
    IntermediaryHasAccount,
    /// The account that it is of is not there.
    AccountMissing,
}

impl Store {
    /// Puts an account that came from elsewhere, with its identifiers, the record's link and the phone, all or nothing.
    /// One that is there already stays as it is.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn import_account(
        &self,
        tenant: &TenantId,
        account: &Account,
        now: Timestamp,
    ) -> Result<Imported, Error> {
        let mut steps = Steps::new();
        steps.add(put(self.new_row(&keys::account(tenant, account.id), account, None, now)?), Imported::WasThere);
        if let Owner::Intermediary { intermediary_id } = &account.owner {
            let link = self.link_record(tenant, intermediary_id, account.id)?;
            steps.add(link, Imported::IntermediaryHasAccount);
            if let Some(phone) = &account.phone {
                steps.add_sure(put(self.phone_owner(tenant, account, phone)?));
            }
        }
        for identifier in account.identifiers() {
            let taken = Imported::IdentifierTaken(identifier.field.clone());
            steps.add(put(self.identifier_row(tenant, account, &identifier, now)?), taken);
        }
        Ok(match self.carry_out(steps).await? {
            None => Imported::Done,
            Some((Imported::IntermediaryHasAccount, record)) if intermediaries::is_missing(&record) => {
                Imported::IntermediaryMissing
            }
            Some((meaning, _)) => meaning,
        })
    }

    /// Puts an intermediary's record that came from elsewhere, without its account; one that is there stays as it is.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn import_intermediary(
        &self,
        tenant: &TenantId,
        id: &IntermediaryId,
        variables: String,
        now: Timestamp,
    ) -> Result<Imported, Error> {
        let row = intermediaries::Row { variables, account_id: None };
        let written = self.put(self.new_row(&keys::intermediary(tenant, id), &row, None, now)?).await?;
        Ok(if matches!(written, Written::Done(_)) { Imported::Done } else { Imported::WasThere })
    }

    /// Puts a consent that an account gave elsewhere; one that is there stays as it is.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn import_consent(
        &self,
        tenant: &TenantId,
        (account, consent): (AccountId, &Consent),
        now: Timestamp,
    ) -> Result<Imported, Error> {
        let row = self.new_row(&keys::consent(tenant, account, consent.id), consent, None, now)?;
        let mut steps = self.of_account(tenant, account)?;
        steps.add(put(row), Imported::WasThere);
        Ok(self.carry_out(steps).await?.map_or(Imported::Done, |(meaning, _)| meaning))
    }

    /// Puts an entry of an account's history; one that is there stays as it is.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn import_entry(
        &self,
        tenant: &TenantId,
        (id, entry): (Uuid, &Entry),
        now: Timestamp,
    ) -> Result<Imported, Error> {
        let key = keys::history(tenant, entry.account_id, entry.at_ms, &id.to_string());
        let row = self.new_row(&key, entry, Some(entry.ends_at()), now)?;
        let mut steps = self.of_account(tenant, entry.account_id)?;
        steps.add(put(row), Imported::WasThere);
        Ok(self.carry_out(steps).await?.map_or(Imported::Done, |(meaning, _)| meaning))
    }

    /// The first step of what is nothing without its account.
    fn of_account(&self, tenant: &TenantId, account: AccountId) -> Result<Steps<Imported>, Error> {
        let there =
            self.check_at(&keys::account(tenant, account)).condition_expression("attribute_exists(pk)").build()?;
        let mut steps = Steps::new();
        steps.add(check(there), Imported::AccountMissing);
        Ok(steps)
    }
}
