use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::idempotency::Remembered;
use super::intermediaries;
use super::outbox::Message;
use super::write::{Steps, delete, put, update};
use super::{Store, from_item, keys, number, text, to_item};
use crate::account::{Account, Kind, Owner, Status};
use crate::error::Error;
use crate::history::Entry;
use crate::key_ring::KeyRing;
use crate::session::Session;
use crate::types::{AccountId, Identifier, IntermediaryId, Phone, SchemaName, TenantId, Timestamp};

/// An account about to be opened, with the session it is signed in with, if it is.
#[derive(Debug)]
pub struct NewAccount<'a> {
    pub account: &'a Account,
    pub session: Option<&'a Session>,
    /// The account of nobody yet whose place it takes, as it was read.
    pub replaces: Option<&'a Account>,
    pub remember: Option<&'a Remembered>,
    /// What the account's history is told of it.
    pub entry: Option<&'a Entry>,
}

/// What became of opening or changing an account. Only the first has changed anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    Saved,
    IntermediaryMissing,
    IntermediaryHasAccount,
    /// The value of this field is another account's, as far as it is known whose.
    IdentifierTaken(SchemaName, Option<AccountId>),
    /// The account is not as it was read.
    AccountChanged,
    /// The answer was remembered before: it stands, and is to be given again.
    Remembered,
}

/// The unique row of an identifier.
#[derive(Serialize, Deserialize)]
struct IdentifierRow {
    account_id: AccountId,
}

#[derive(Serialize)]
struct PhoneOwnerRow {}

/// A change of what is known of an account's owner.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// As it was read.
    pub before: &'a Account,
    pub after: &'a Account,
    /// Only while nobody has signed in to it, has a password to it or proved an address of it.
    pub only_if_unused: bool,
    /// Whose identifier may be taken from them, because they never proved it.
    pub displaced: Option<AccountId>,
}

impl Store {
    /// What already stands in the way of an intermediary's account, before anything costly is done for it, else the
    /// account of an invitation whose place it would take. One call, two with such an account.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn obstacle_to_account(
        &self,
        tenant: &TenantId,
        intermediary: &IntermediaryId,
        identifier: &Identifier,
        now: Timestamp,
    ) -> Result<Result<Option<Account>, Saved>, Error> {
        let record_key = keys::intermediary(tenant, intermediary);
        let identifier_key = keys::identifier(tenant, Kind::Intermediary, identifier);
        let mut found = self.get_all(&[record_key.clone(), identifier_key.clone()], now).await?;
        let record = found.take(&record_key).map(from_item::<intermediaries::Row>).transpose()?;
        let taken = found.take(&identifier_key).is_some();
        let Some(record) = record else { return Ok(Err(Saved::IntermediaryMissing)) };
        let account = match record.account_id {
            Some(id) => self.account(tenant, id, now).await?,
            None => None,
        };
        if account.as_ref().is_some_and(|account| account.status != Status::Pending) {
            return Ok(Err(Saved::IntermediaryHasAccount));
        }
        Ok(if taken { Err(Saved::IdentifierTaken(identifier.field.clone(), None)) } else { Ok(account) })
    }

    /// Whose each of the identifiers is. One call.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn owners(
        &self,
        tenant: &TenantId,
        kind: Kind,
        identifiers: &[Identifier],
        now: Timestamp,
    ) -> Result<Vec<Option<AccountId>>, Error> {
        let wanted: Vec<_> = identifiers.iter().map(|identifier| keys::identifier(tenant, kind, identifier)).collect();
        let mut found = self.get_all(&wanted, now).await?;
        let rows = wanted.iter().map(|key| found.take(key).map(from_item::<IdentifierRow>).transpose());
        rows.map(|row| Ok(row?.map(|row| row.account_id))).collect()
    }

    /// Opens an account: the account, its unique identifiers, the record's link, phone and session in one
    /// transaction. At every crash point the account works whole or its identifiers are free (yardstick X6).
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn open_account(&self, tenant: &TenantId, new: NewAccount<'_>, now: Timestamp) -> Result<Saved, Error> {
        let NewAccount { account, session, replaces, remember, entry } = new;
        let mut steps = Steps::new();
        let key = keys::account(tenant, account.id);
        match replaces {
            None => steps.add_sure(put(self.new_row(&key, account, None, now)?)),
            Some(pending) => {
                let mut row = self.row(&key, account, None)?;
                row.condition_expression = Some("revision = :revision_seen".to_owned());
                row.expression_attribute_values =
                    Some([(":revision_seen".to_owned(), number(pending.revision))].into());
                row.return_values_on_condition_check_failure = Some(ReturnValuesOnConditionCheckFailure::AllOld);
                steps.add(put(row), Saved::AccountChanged);
            }
        }
        self.add_memory(&mut steps, tenant, remember, now)?;
        if let Owner::Intermediary { intermediary_id } = &account.owner {
            steps.add(self.link_record(tenant, intermediary_id, account.id)?, Saved::IntermediaryHasAccount);
            if let Some(phone) = &account.phone {
                steps.add_sure(put(self.phone_owner(tenant, account, phone)?));
            }
        }
        for identifier in account.identifiers() {
            self.add_identifier(&mut steps, tenant, (account, None), identifier, now)?;
        }
        if let Some(session) = session {
            steps.add_sure(put(self.session_row(tenant, session)?));
        }
        if let Some(entry) = entry {
            steps.add_sure(put(self.entry(tenant, entry)?));
        }
        self.save(steps).await
    }

    /// Changes what identifies or describes an account's owner: identifiers that are new to it are taken and those
    /// it no longer has are free, in one transaction with the account.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn change_account(
        &self,
        tenant: &TenantId,
        change: Change<'_>,
        (notices, ring): (&[Message], &KeyRing),
        remember: Option<&Remembered>,
        now: Timestamp,
    ) -> Result<Saved, Error> {
        let mut steps = Steps::new();
        self.add_memory(&mut steps, tenant, remember, now)?;
        self.add_change(&mut steps, tenant, change, now)?;
        for notice in notices {
            steps.add_sure(put(self.message(tenant, notice, ring, now)?));
        }
        self.save(steps).await
    }

    pub(super) fn add_change(
        &self,
        steps: &mut Steps<Saved>,
        tenant: &TenantId,
        change: Change<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Change { before, after, displaced, .. } = change;
        steps.add(update(self.difference(tenant, change)?), Saved::AccountChanged);
        let has = |account: &Account, identifier: &Identifier| account.identifiers().any(|known| known == *identifier);
        for identifier in before.identifiers().filter(|identifier| !has(after, identifier)) {
            let release = self
                .delete_at(&keys::identifier(tenant, before.kind(), &identifier))
                .condition_expression("account_id = :account")
                .expression_attribute_values(":account", text(before.id.to_string()))
                .build()?;
            steps.add(delete(release), Saved::AccountChanged);
        }
        for identifier in after.identifiers().filter(|identifier| !has(before, identifier)) {
            self.add_identifier(steps, tenant, (after, displaced), identifier, now)?;
        }
        self.add_phone_owners(steps, tenant, (before, after))
    }

    /// Intermediaries may share a phone, so whose it is stands beside the identifiers.
    pub(super) fn add_phone_owners(
        &self,
        steps: &mut Steps<Saved>,
        tenant: &TenantId,
        (before, after): (&Account, &Account),
    ) -> Result<(), Error> {
        if after.kind() == Kind::Intermediary && before.phone != after.phone {
            if let Some(phone) = &before.phone {
                let owner = keys::phone_owner(tenant, before.kind(), phone, before.id);
                steps.add_sure(delete(self.delete_at(&owner).build()?));
            }
            if let Some(phone) = &after.phone {
                steps.add_sure(put(self.phone_owner(tenant, after, phone)?));
            }
        }
        Ok(())
    }

    pub(super) fn phone_owner(&self, tenant: &TenantId, account: &Account, phone: &Phone) -> Result<Put, Error> {
        self.row(&keys::phone_owner(tenant, account.kind(), phone, account.id), &PhoneOwnerRow {}, None)
    }

    /// The part of a transaction that frees the record for another account.
    pub(super) fn unlink_record(
        &self,
        tenant: &TenantId,
        record: &IntermediaryId,
        account: AccountId,
    ) -> Result<TransactWriteItem, Error> {
        let unlink = self
            .update_at(&keys::intermediary(tenant, record))
            .update_expression("REMOVE account_id")
            .condition_expression("account_id = :account")
            .expression_attribute_values(":account", text(account.to_string()))
            .build()?;
        Ok(update(unlink))
    }

    /// The part of a transaction that makes the account the record's one.
    pub(super) fn link_record(
        &self,
        tenant: &TenantId,
        record: &IntermediaryId,
        account: AccountId,
    ) -> Result<TransactWriteItem, Error> {
        let link = self
            .update_at(&keys::intermediary(tenant, record))
            .update_expression("SET account_id = :account")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(account_id) OR account_id = :account)",
            )
            .expression_attribute_values(":account", text(account.to_string()))
            .build()?;
        Ok(update(link))
    }

    /// Sets only what differs: a sign-in at the same time may list a session, count a failure or renew a hash.
    pub(super) fn difference(&self, tenant: &TenantId, change: Change<'_>) -> Result<Update, Error> {
        let Change { before, after, only_if_unused, .. } = change;
        let (mut old, new) = (to_item(before)?, to_item(after)?);
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        let (mut names, mut values) = (HashMap::new(), HashMap::new());
        let mut name = |name: &str| {
            names.insert(format!("#{name}"), name.to_owned());
            format!("#{name}")
        };
        let [email_moved, phone_moved] =
            [before.reached_by().0 != after.reached_by().0, before.reached_by().1 != after.reached_by().1];
        let is_new_password = before.password_version != after.password_version;
        let ends_sessions = is_new_password || before.status != after.status;
        // What a sign-in may have changed since it was read is set all the same where it must not outlast the change.
        let must_hold = |attribute: &str| match attribute {
            "sessions" => ends_sessions,
            "failed_sign_ins" | "failed_since_success" | "failed_at" | "locked_until" => is_new_password,
            _ => false,
        };
        for (attribute, value) in &new {
            if old.remove(attribute).as_ref() != Some(value) || must_hold(attribute) {
                set.push(format!("{} = :{attribute}", name(attribute)));
                values.insert(format!(":{attribute}"), value.clone());
            }
        }
        let moved = [("email_verified_at", email_moved), ("phone_verified_at", phone_moved)];
        let unproved = moved.iter().filter(|(attribute, moved)| *moved && !new.contains_key(*attribute));
        old.extend(unproved.map(|(attribute, _)| ((*attribute).to_owned(), AttributeValue::Null(true))));
        for attribute in old.into_keys() {
            remove.push(name(&attribute));
        }
        let remove = if remove.is_empty() { String::new() } else { format!(" REMOVE {}", remove.join(", ")) };
        let mut condition = "password_version = :password_seen AND revision = :revision_seen".to_owned();
        values.insert(":password_seen".to_owned(), number(before.password_version));
        values.insert(":revision_seen".to_owned(), number(before.revision));
        if only_if_unused {
            condition += " AND attribute_not_exists(password_hash) AND size(sessions) = :none \
                          AND attribute_not_exists(email_verified_at) AND attribute_not_exists(phone_verified_at)";
            values.insert(":none".to_owned(), number(0));
        }
        Ok(self
            .update_at(&keys::account(tenant, after.id))
            .update_expression(format!("SET {}{remove}", set.join(", ")))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build()?)
    }

    fn add_identifier(
        &self,
        steps: &mut Steps<Saved>,
        tenant: &TenantId,
        (account, displaced): (&Account, Option<AccountId>),
        identifier: Identifier,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut row = self.identifier_row(tenant, account, &identifier, now)?;
        if let Some(displaced) = displaced {
            row.condition_expression =
                row.condition_expression.map(|free| format!("{free} OR account_id = :displaced"));
            let values = row.expression_attribute_values.get_or_insert_default();
            values.insert(":displaced".to_owned(), text(displaced.to_string()));
        }
        steps.add(put(row), Saved::IdentifierTaken(identifier.field, None));
        Ok(())
    }

    pub(super) fn identifier_row(
        &self,
        tenant: &TenantId,
        account: &Account,
        identifier: &Identifier,
        now: Timestamp,
    ) -> Result<Put, Error> {
        let row = IdentifierRow { account_id: account.id };
        self.new_row(&keys::identifier(tenant, account.kind(), identifier), &row, None, now)
    }

    pub(super) fn add_memory(
        &self,
        steps: &mut Steps<Saved>,
        tenant: &TenantId,
        remember: Option<&Remembered>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Some(remember) = remember {
            steps.add(put(self.remember(tenant, remember, now)?), Saved::Remembered);
        }
        Ok(())
    }

    pub(super) async fn save(&self, steps: Steps<Saved>) -> Result<Saved, Error> {
        Ok(match self.carry_out(steps).await? {
            None => Saved::Saved,
            Some((Saved::IntermediaryHasAccount, record)) if intermediaries::is_missing(&record) => {
                Saved::IntermediaryMissing
            }
            Some((Saved::IdentifierTaken(field, _), row)) => {
                let owner = row.0.map(from_item::<IdentifierRow>).transpose()?;
                Saved::IdentifierTaken(field, owner.map(|row| row.account_id))
            }
            Some((meaning, _)) => meaning,
        })
    }

    /// Whose identifier it is.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn account_by_identifier(
        &self,
        tenant: &TenantId,
        kind: Kind,
        identifier: &Identifier,
        now: Timestamp,
    ) -> Result<Option<AccountId>, Error> {
        let item = self.get(&keys::identifier(tenant, kind, identifier), now).await?;
        item.map(|item| from_item::<IdentifierRow>(item).map(|row| row.account_id)).transpose()
    }

    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn account(&self, tenant: &TenantId, id: AccountId, now: Timestamp) -> Result<Option<Account>, Error> {
        self.get(&keys::account(tenant, id), now).await?.map(from_item).transpose()
    }
}
