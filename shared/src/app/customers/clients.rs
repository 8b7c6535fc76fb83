use super::{BackEnd, scopes};
use crate::app::App;
use crate::error::{Code, Error};
use crate::http::Response;
use crate::log::Line;
use crate::store::{Client, Grant, KeptSecret};
use crate::token::{ClientSecret, CredentialHash, LinkSecret};
use crate::types::{ClientId, Invalid};

/// Far below what a row holds.
const MOST_GRANTS: usize = 20;
/// Seconds that the secret before lives on unless the caller says: a day to change it everywhere.
pub const OLD_SECRET_SECONDS: u32 = 86_400;
const OLD_SECRET_MOST_SECONDS: u32 = 7 * 86_400;

impl BackEnd {
    /// Nobody is given more of Latchkey's own calls than the back end may open itself, but by an administrator.
    fn may_open_all_of(&self, grants: &[Grant]) -> Result<(), Error> {
        let is_administrator = self.scopes.contains(scopes::ADMIN_ACCOUNTS);
        let granted = grants.iter().flat_map(|grant| grant.scope.iter()).filter(|_| !is_administrator);
        for scope in granted {
            if let Some(ours) = scopes::ALL.iter().find(|known| **known == scope) {
                self.require(std::slice::from_ref(ours))?;
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
        (name, grants): (String, Vec<Grant>),
        respond: fn(&Client, &LinkSecret) -> Response,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        if grants.len() > MOST_GRANTS {
            return Err(Error::invalid("grants", Invalid("must be at most 20")));
        }
        back_end.may_open_all_of(&grants)?;
        let (id, secret) = (ClientId::random(&self.random), LinkSecret::random(&self.random));
        let secrets = vec![KeptSecret { hash: hash_of(&id, &secret)?, expires_at: None }];
        let client = Client { grants, secrets, ..Client::blank(id, name, caller.now) };
        self.store.register_client(caller.tenant_id(), &client, caller.now).await?;
        self.log_client(back_end, "client.created", &client.id);
        Ok(respond(&client, &secret))
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
    /// [`Code::NotFound`]; [`Code::InvalidRequest`] when it is the caller itself.
    pub async fn delete_client(&self, back_end: &BackEnd, id: &ClientId) -> Result<(), Error> {
        if *id == back_end.client.id {
            let message = "A client cannot delete itself.";
            return Err(Code::InvalidRequest.because("its own id").saying(message));
        }
        let client = self.find_client(back_end, id).await?;
        if !self.store.delete_client(back_end.caller.tenant_id(), &client).await? {
            return Err(Code::Unavailable.because("its secrets were changed at the same time"));
        }
        self.forget_client(back_end, &client);
        self.log_client(back_end, "client.deleted", id);
        Ok(())
    }

    /// Gives a client another secret. The one before works on for so many seconds, any older one no more.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::InvalidRequest`]; [`Code::InsufficientScope`] when the client may open more of
    /// Latchkey's own calls than the back end, which would be told its secret.
    pub async fn rotate_client_secret(
        &self,
        back_end: &BackEnd,
        id: &ClientId,
        old_seconds: u32,
        respond: fn(&Client, &LinkSecret) -> Response,
    ) -> Result<Response, Error> {
        if old_seconds > OLD_SECRET_MOST_SECONDS {
            return Err(Error::invalid("previous_expires_in", Invalid("must be 0 to 604800 seconds")));
        }
        let before = self.find_client(back_end, id).await?;
        back_end.may_open_all_of(&before.grants)?;
        let (now, secret) = (back_end.caller.now.seconds(), LinkSecret::random(&self.random));
        let mut after = before.clone();
        let last = after.secrets.pop().filter(|_| old_seconds > 0).map(|last| {
            let ends_at = now + i64::from(old_seconds);
            let expires_at = Some(last.expires_at.map_or(ends_at, |end| end.min(ends_at)));
            KeptSecret { expires_at, ..last }
        });
        let new = KeptSecret { hash: hash_of(id, &secret)?, expires_at: None };
        after.secrets = last.into_iter().chain([new]).collect();
        if !self.store.change_secrets(back_end.caller.tenant_id(), (&before, &after)).await? {
            return Err(Code::Unavailable.because("its secrets were changed at the same time"));
        }
        self.forget_client(back_end, &before);
        self.log_client(back_end, "client.secret_rotated", id);
        Ok(respond(&after, &secret))
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
