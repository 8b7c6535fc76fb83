use std::slice;

use super::{BackEnd, scopes};
use crate::app::memory::answered_by_twin;
use crate::app::{App, Memory};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::log::Line;
use crate::store::{Client, ClientChange, Grant, KeptSecret};
use crate::token::{ClientSecret, CredentialHash, LinkSecret};
use crate::types::{ClientId, DataScopes, Invalid, Scopes};

/// Far below what a row holds.
const MOST_GRANTS: usize = 20;
/// Seconds that the secret before lives on unless the caller says: a day to change it everywhere.
pub const OLD_SECRET_SECONDS: u32 = 86_400;
const OLD_SECRET_MOST_SECONDS: u32 = 7 * 86_400;

impl BackEnd {
    /// Whether it may make, change or take away this client: whoever could get another client's secret could do all
    /// that it may. Portals of other surfaces, and third parties that ask people for data, are an administrator's.
    fn may_manage(&self, client: &Client) -> Result<(), Error> {
        if self.scopes.contains(scopes::ADMIN_ACCOUNTS) {
            return Ok(());
        }
        if !client.keys.is_empty() || !client.data_scope.is_empty() {
            return Err(Error::lacking_scope(&[scopes::ADMIN_ACCOUNTS]));
        }
        let grants = &client.grants;
        let granted = |scope: &&&str| grants.iter().any(|grant| grant.scope.contains(scope));
        scopes::ALL.iter().filter(granted).try_for_each(|scope| self.require(slice::from_ref(scope)))?;
        let too_many = |_| Code::Internal.because("a client with too many scopes for one audience");
        for Grant { audience, scope, grant_type } in grants {
            let own = self.client.granted(audience, *grant_type).map_err(too_many)?.unwrap_or_default();
            if !scope.iter().all(|scope| own.contains(scope)) {
                return Err(Error::lacking_scope(&[scopes::ADMIN_ACCOUNTS]));
            }
        }
        Ok(())
    }
}

impl App {
    /// Makes a client with these grants. `respond` is given its secret, which nobody sees again.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`]; [`Code::InsufficientScope`] when a grant would open more of Latchkey's own calls than
    /// the back end may open itself.
    pub async fn create_client(
        &self,
        back_end: &BackEnd,
        (name, grants, data_scope): (String, Vec<Grant>, DataScopes),
        memory: &Memory,
        respond: fn(&Client, &LinkSecret) -> Response,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        if grants.len() > MOST_GRANTS {
            return Err(Error::invalid("grants", Invalid("must be at most 20")));
        }
        let (id, secret) = (ClientId::random(&self.random), LinkSecret::random(&self.random));
        let secrets = vec![KeptSecret { hash: hash_of(&id, &secret)?, expires_at: None }];
        let client = Client { grants, data_scope, secrets, ..Client::blank(id, name, caller.now) };
        back_end.may_manage(&client)?;
        self.judge_grants(back_end, &client)?;
        let answer = respond(&client, &secret);
        let remember = self.remember(caller, memory, &answer)?;
        match self.store.create_client(caller.tenant_id(), &client, remember.as_ref(), caller.now).await? {
            ClientChange::Done => {
                self.log_client(back_end, "client.created", &client.id);
                Ok(answer)
            }
            ClientChange::Remembered => Err(answered_by_twin()),
            ClientChange::Changed => Err(Code::Internal.because("two clients of one id")),
        }
    }

    /// No audience of another surface's or tenant's calls here, and no more scopes than one token takes.
    fn judge_grants(&self, back_end: &BackEnd, client: &Client) -> Result<(), Error> {
        let own = self.own_audience(back_end.caller.tenant_id());
        // The kind of account stands beside them.
        let kind = Scopes::of(["customer".to_owned()]).unwrap_or_default();
        for Grant { audience, grant_type, .. } in &client.grants {
            let below = audience.as_str().strip_prefix(&self.issuer);
            let is_ours = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if is_ours && audience.as_str() != own {
                let rule = Invalid("must be yours, or this tenant's own audience here");
                return Err(Error::invalid("grants.audience", rule));
            }
            let invalid = |invalid| Error::invalid("grants.scope", invalid);
            let scopes = client.granted(audience, *grant_type).map_err(invalid)?.unwrap_or_default();
            scopes.and(kind.clone()).map_err(invalid)?;
        }
        Ok(())
    }

    /// # Errors
    /// [`Code::NotFound`].
    pub async fn find_client(&self, back_end: &BackEnd, id: &ClientId) -> Result<Client, Error> {
        let found = self.store.client(back_end.caller.tenant_id(), id, back_end.caller.now).await?;
        found.ok_or_else(|| Code::NotFound.because("no client of this id").saying("There is no such client."))
    }

    /// Takes a client away. What it got tokens for goes on until they run out, but opens nothing here.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::InvalidRequest`] when it is the caller itself; [`Code::InsufficientScope`] when it
    /// may do more than the caller.
    pub async fn delete_client(&self, back_end: &BackEnd, id: &ClientId) -> Result<(), Error> {
        if *id == back_end.client.id {
            let message = "A client cannot delete itself.";
            return Err(Code::InvalidRequest.because("its own id").saying(message));
        }
        let client = self.find_client(back_end, id).await?;
        back_end.may_manage(&client)?;
        let deleted = self.store.delete_client(back_end.caller.tenant_id(), &client).await;
        // Also where the answer was lost: it may be gone.
        self.forget_client(back_end, &client);
        if !deleted? {
            return Err(Error::conflict("its secrets were changed at the same time"));
        }
        self.log_client(back_end, "client.deleted", id);
        Ok(())
    }

    /// Gives a client another secret. The one before works on for so many seconds, any older one no more.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::InvalidRequest`]; [`Code::InsufficientScope`] when it may do more than the caller.
    pub async fn rotate_client_secret(
        &self,
        back_end: &BackEnd,
        (id, old_seconds): (&ClientId, u32),
        memory: &Memory,
        respond: fn(&Client, &LinkSecret) -> Response,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        if old_seconds > OLD_SECRET_MOST_SECONDS {
            return Err(Error::invalid("previous_expires_in", Invalid("must be 0 to 604800 seconds")));
        }
        let before = self.find_client(back_end, id).await?;
        back_end.may_manage(&before)?;
        let (now, secret) = (caller.now.seconds(), LinkSecret::random(&self.random));
        let mut after = before.clone();
        let Some(last) = after.secrets.pop() else {
            let message = "This client has no client_secret.";
            return Err(Code::InvalidRequest.because("a client of another surface").saying(message));
        };
        let ends_at = now + i64::from(old_seconds);
        let expires_at = Some(last.expires_at.map_or(ends_at, |end| end.min(ends_at)));
        let last = (old_seconds > 0).then_some(KeptSecret { expires_at, ..last });
        let new = KeptSecret { hash: hash_of(id, &secret)?, expires_at: None };
        after.secrets = last.into_iter().chain([new]).collect();
        let answer = respond(&after, &secret);
        let remember = self.remember(caller, memory, &answer)?;
        let changed = self.store.change_secrets(caller.tenant_id(), (&before, &after), remember.as_ref(), caller.now);
        let changed = changed.await;
        self.forget_client(back_end, &before);
        match changed? {
            ClientChange::Done => {
                self.log_client(back_end, "client.secret_rotated", id);
                Ok(answer)
            }
            ClientChange::Remembered => Err(answered_by_twin()),
            ClientChange::Changed => Err(Error::conflict("its secrets were changed at the same time")),
        }
    }

    /// Other instances forget it within a minute.
    fn forget_client(&self, back_end: &BackEnd, client: &Client) {
        self.clients.forget(&(back_end.caller.tenant_id().clone(), client.id.clone()));
        for (hash, _) in client.credentials() {
            self.credentials.forget(hash);
        }
    }

    fn log_client(&self, back_end: &BackEnd, event: &str, client: &ClientId) {
        let line = Line { reason: Some(client.as_str()), ..back_end.caller.line(event) };
        self.log.warn(&self.clock, &line);
    }
}

fn hash_of(id: &ClientId, secret: &LinkSecret) -> Result<CredentialHash, Error> {
    let secret = ClientSecret::oauth(id.as_str(), secret.reveal());
    Ok(secret.ok_or_else(|| Code::Internal.because("a secret of another form"))?.hash())
}
