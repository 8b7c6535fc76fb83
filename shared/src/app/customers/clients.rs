use std::slice;

use data_encoding::HEXLOWER;

use super::{BackEnd, scopes};
use crate::app::memory::answered_by_twin;
use crate::app::{App, Memory};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::log::Line;
use crate::random::Random;
use crate::store::{Client, ClientChange, CredentialKind, Grant, KeptSecret};
use crate::token::{ClientSecret, CredentialHash, LinkSecret};
use crate::types::{ClientId, DataScopes, Invalid, Name, Scopes};

/// Far below what a row holds.
const MOST_GRANTS: usize = 20;
/// Seconds that the secret before lives on unless the caller says: a day to change it everywhere.
pub const OLD_SECRET_SECONDS: u32 = 86_400;
const OLD_SECRET_MOST_SECONDS: u32 = 7 * 86_400;

/// A client to be made.
#[derive(Debug, Clone)]
pub struct ClientForm {
    /// Without one it is made of chance.
    pub id: Option<ClientId>,
    pub name: Name,
    pub credential: CredentialKind,
    pub grants: Vec<Grant>,
    pub data_scope: DataScopes,
}

/// What a client proves itself by from now on, which nobody sees again.
#[derive(Debug)]
pub struct NewCredential {
    pub kind: CredentialKind,
    /// Beside a secret key, and no secret.
    pub access_key: Option<String>,
    pub secret: LinkSecret,
}

impl NewCredential {
    fn random(kind: CredentialKind, random: &Random) -> Self {
        let access_key = || format!("access_{}", HEXLOWER.encode(&random.bytes::<16>()));
        let access_key = (kind == CredentialKind::AccessKey).then(access_key);
        Self { kind, access_key, secret: LinkSecret::random(random) }
    }

    fn hash(&self, client: &ClientId) -> Result<CredentialHash, Error> {
        let secret = self.secret.reveal();
        let presented = match (self.kind, &self.access_key) {
            (CredentialKind::AccessKey, Some(access_key)) => ClientSecret::access_key(access_key, secret),
            (CredentialKind::ClientSecret, _) => ClientSecret::oauth(client.as_str(), secret),
            _ => ClientSecret::api_key(secret),
        };
        Ok(presented.ok_or_else(|| Code::Internal.because("a secret of another form"))?.hash())
    }
}

impl BackEnd {
    /// Whether it may make, change or take away this client: whoever could get another client's secret could do all
    /// that it may. Portals of other surfaces, and third parties that ask people for data, are an administrator's.
    fn may_manage(&self, client: &Client) -> Result<(), Error> {
        if self.scopes.contains(scopes::ADMIN_ACCOUNTS) {
            return Ok(());
        }
        let is_portal = !client.api_keys.is_empty() || !client.access_keys.is_empty();
        if is_portal || !client.data_scope.is_empty() {
            return Err(Error::lacking_scope(&[scopes::ADMIN_ACCOUNTS]));
        }
        let grants = &client.grants;
        let granted = |scope: &&&str| grants.iter().any(|grant| grant.scope.contains(scope));
        scopes::ALL.iter().filter(granted).try_for_each(|scope| self.require(slice::from_ref(scope)))?;
        let too_many = |_| Code::Internal.because("a client with too many scopes for one audience");
        for Grant { audience, scope, grant_type } in grants {
            let own = self.client.granted(audience, *grant_type).map_err(too_many)?;
            if !own.is_some_and(|own| scope.iter().all(|scope| own.contains(scope))) {
                return Err(Error::lacking_scope(&[scopes::ADMIN_ACCOUNTS]));
            }
        }
        Ok(())
    }
}

impl App {
    /// Makes a client. `respond` is given its secret, which nobody sees again.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`], also where a client of its id is there; [`Code::InsufficientScope`] when a grant would
    /// open more of Latchkey's own calls than the back end may open itself, or is for an audience that it has not.
    pub async fn create_client(
        &self,
        back_end: &BackEnd,
        form: ClientForm,
        memory: &Memory,
        respond: fn(&Client, &NewCredential) -> Response,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        let ClientForm { id, name, credential, grants, data_scope } = form;
        if grants.len() > MOST_GRANTS {
            return Err(Error::invalid("grants", Invalid("must be at most 20")));
        }
        let id = id.unwrap_or_else(|| ClientId::random(&self.random));
        if id.is_ours() {
            return Err(Error::invalid("client_id", Invalid("must not be one by which Latchkey calls itself")));
        }
        let new = NewCredential::random(credential, &self.random);
        let kept = vec![KeptSecret::lasting(new.hash(&id)?)];
        let client = Client { grants, data_scope, ..Client::blank(id, name.into(), caller.now).with(credential, kept) };
        back_end.may_manage(&client)?;
        self.judge_grants(back_end, &client)?;
        let answer = respond(&client, &new);
        let remember = self.remember(caller, memory, &answer)?;
        match self.store.create_client(caller.tenant_id(), &client, remember.as_ref(), caller.now).await? {
            ClientChange::Done => {
                self.log_client(back_end, "client.created", &client.id);
                Ok(answer)
            }
            ClientChange::Remembered => Err(answered_by_twin()),
            ClientChange::Changed => {
                let message = "There is a client of this id.";
                Err(Code::InvalidRequest.because("the id is another client's").saying(message).at("client_id"))
            }
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

    /// Gives a client another credential of a kind that it has. The one before works on for so many seconds, any older
    /// one no more.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::InvalidRequest`]; [`Code::InsufficientScope`] when it may do more than the caller.
    pub async fn rotate_credential(
        &self,
        back_end: &BackEnd,
        (id, kind, old_seconds): (&ClientId, CredentialKind, u32),
        memory: &Memory,
        respond: fn(&Client, &NewCredential) -> Response,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        if old_seconds > OLD_SECRET_MOST_SECONDS {
            return Err(Error::invalid("previous_expires_in", Invalid("must be 0 to 604800 seconds")));
        }
        let before = self.find_client(back_end, id).await?;
        back_end.may_manage(&before)?;
        let new = NewCredential::random(kind, &self.random);
        let ends_at = (old_seconds > 0).then_some(caller.now.seconds() + i64::from(old_seconds));
        let Some(after) = before.rotated(kind, new.hash(id)?, ends_at) else {
            let message = match kind {
                CredentialKind::ApiKey => "This client has no api key.",
                CredentialKind::AccessKey => "This client has no access key.",
                CredentialKind::ClientSecret => "This client has no client_secret.",
            };
            return Err(Code::InvalidRequest.because("a client of another surface").saying(message));
        };
        let answer = respond(&after, &new);
        let remember = self.remember(caller, memory, &answer)?;
        let changed = (&before, &after);
        let changed = self.store.change_credentials(caller.tenant_id(), changed, remember.as_ref(), caller.now).await;
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
