use std::collections::BTreeMap;

use super::form::LeadForm;
use crate::account::{Account, Kind, Owner};
use crate::app::{App, Caller, Memory, Proved, messages};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::password::Password;
use crate::store::{Change, NewAccount, Purpose, Saved, SourceLimit};
use crate::types::{AccountId, SchemaName, Timestamp};

/// What somebody gives to become a portal user.
#[derive(Debug)]
pub struct Registration {
    pub form: LeadForm,
    pub password: Password,
    /// Whether a lead that exists already is an error (`RegisterOnlyNewLead`).
    pub only_new: bool,
}

impl App {
    /// Registers a lead as a portal user: a new one, or one that exists and nobody has used yet. The first
    /// identifier of the form says which lead it is (contract §2.3). Nobody is signed in by it.
    ///
    /// # Errors
    /// [`Code::WeakPassword`]; [`Code::LeadExists`] when the lead is somebody's already, another lead has one of the
    /// identifiers, or it exists and the caller showed no secret of its client (which field it is, a back end is
    /// told); [`Code::TooManyRequests`] when the source registered too often. Then nothing has changed.
    pub async fn register_lead(
        &self,
        caller: &Caller,
        registration: Registration,
        memory: &Memory,
        respond: fn(AccountId) -> Response,
    ) -> Result<Response, Error> {
        let Registration { form, password, only_new } = registration;
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let mut new = form.applied_to(&blank_lead(AccountId::random(&self.random), now))?;
        new.is_unclaimed = caller.proved != Proved::Secret;
        let password = caller.new_password(&new, &password)?;
        self.count_source(caller, SourceLimit::registrations()).await?;
        let owners = self.store.owners(tenant, Kind::Lead, &form.identifiers, now).await?;
        let known = owners.first().copied().flatten();
        let taken = form.identifiers.iter().zip(&owners).find(|(_, owner)| owner.is_some() && **owner != known);
        if let Some((identifier, owner)) = taken {
            return Err(lead_exists(caller, &identifier.field, *owner));
        }
        let before = match known {
            None => None,
            Some(id) => Some(self.upgraded(caller, id, &form, only_new).await?),
        };
        let hash = self.passwords.hash(password, &caller.ring, &self.random).await?;
        match before {
            None => self.open_lead(caller, Account { password_hash: Some(hash), ..new }, memory, respond).await,
            Some((before, after)) => {
                let password_version = before.password_version + 1;
                let after = Account { password_hash: Some(hash), password_version, ..after };
                let answer = respond(before.id);
                self.change_lead(
                    caller,
                    Change { before: &before, after: &after, only_if_unused: true, displaced: None },
                    memory,
                    answer,
                )
                .await
            }
        }
    }

    /// A lead that may become a portal user, and what the form makes of it. One that anybody signed in to is theirs
    /// already; whoever has only the public key may be anybody who knows a tax number; and whoever knows one may
    /// replace nothing by which the lead is known or reached.
    async fn upgraded(
        &self,
        caller: &Caller,
        id: AccountId,
        form: &LeadForm,
        only_new: bool,
    ) -> Result<(Account, Account), Error> {
        let refused =
            || form.identifiers.first().map_or_else(changed, |first| lead_exists(caller, &first.field, Some(id)));
        if only_new || caller.proved != Proved::Secret {
            return Err(refused());
        }
        let before = self.store.account(caller.tenant_id(), id, caller.now).await?;
        let before = before.filter(Account::is_nobodys_yet).ok_or_else(refused)?;
        let after = form.applied_to(&before)?;
        let replaced = before.identifiers.iter().find(|(field, known)| after.identifiers.get(*field) != Some(known));
        let readdressed = [
            (SchemaName::email_address(), before.email.is_some() && after.reached_by().0 != before.reached_by().0),
            (SchemaName::phone(), before.phone.is_some() && after.reached_by().1 != before.reached_by().1),
        ];
        let readdressed = readdressed.into_iter().find_map(|(field, differs)| differs.then_some(field));
        match replaced.map(|(field, _)| field.clone()).or(readdressed) {
            None => Ok((before, after)),
            Some(field) => {
                let message = format!("The lead has another {field}. Change it first.");
                Err(Code::LeadExists.because("another value than the lead has").saying(message).at(field.as_str()))
            }
        }
    }

    /// Opens a lead's account, with or without a password.
    pub(super) async fn open_lead(
        &self,
        caller: &Caller,
        account: Account,
        memory: &Memory,
        respond: fn(AccountId) -> Response,
    ) -> Result<Response, Error> {
        let answer = respond(account.id);
        let remember = self.remember(caller, memory, &answer)?;
        let remember = remember.as_ref();
        let new = NewAccount { account: &account, session: None, replaces: None, remember, entry: None };
        let opened = self.store.open_account(caller.tenant_id(), new, caller.now).await?;
        self.account_saved(
            caller,
            ("account.opened", account.id),
            opened,
            |field, owner| lead_exists(caller, field, owner),
            answer,
        )
    }

    /// Changes a lead's account and tells the addresses that are no longer its own.
    pub(super) async fn change_lead(
        &self,
        caller: &Caller,
        change: Change<'_>,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let remember = self.remember(caller, memory, &answer)?;
        let notices: Vec<_> = messages::left(change.before, change.after)
            .into_iter()
            .map(|to| messages::notice(&caller.tenant, to, Purpose::ProfileChanged))
            .collect();
        let changed = self
            .store
            .change_account(caller.tenant_id(), change, (&notices, &caller.ring), remember.as_ref(), caller.now)
            .await?;
        // Somebody else made it theirs meanwhile.
        if change.only_if_unused
            && changed == Saved::AccountChanged
            && let Some(field) = change.before.identifiers.keys().next()
        {
            return Err(lead_exists(caller, field, Some(change.before.id)));
        }
        self.account_saved(
            caller,
            ("account.changed", change.before.id),
            changed,
            |field, owner| lead_exists(caller, field, owner),
            answer,
        )
    }
}

/// A lead of whom nothing is known.
pub(super) fn blank_lead(id: AccountId, now: Timestamp) -> Account {
    Account::blank(id, Owner::Lead { fields: BTreeMap::new() }, now)
}

/// Which identifier is taken is told to a back end only, and whose it is to the log only.
fn lead_exists(caller: &Caller, field: &SchemaName, owner: Option<AccountId>) -> Error {
    let owner = owner.map_or_else(String::new, |owner| owner.to_string());
    let refusal = Code::LeadExists.because(format!("the {field} is that of lead {owner}"));
    match caller.proved {
        Proved::Secret => refusal.saying(format!("A lead with this {field} exists.")).at(field.as_str()),
        Proved::PublicKey | Proved::AuthKey | Proved::Nothing => refusal,
    }
}

fn changed() -> Error {
    Error::conflict("the account was changed at the same time")
}
