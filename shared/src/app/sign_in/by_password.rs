use crate::account::{Account, Status};
use crate::app::{App, Caller, Memory, SignedIn};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::key_ring::Mac;
use crate::log::Line;
use crate::password::{Password, Verdict};
use crate::session;
use crate::store::Proof;
use crate::types::{AccountId, Email, RefreshLifetime};

impl App {
    /// Signs in by e-mail and password. Unknown e-mail, wrong password, blocked and locked account: one answer,
    /// one cost (yardstick E1, E2).
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`].
    pub async fn sign_in_by_password(
        &self,
        caller: &Caller,
        (email, password): (&Email, Password),
        lifetime: RefreshLifetime,
        memory: &Memory,
        respond: fn(&SignedIn) -> Response,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let kind = caller.kind;
        let digest =
            caller.ring.secrets().mac(Mac::Identifier, &[kind.as_str().as_bytes(), email.canonical().as_bytes()]);
        let found = self.store.account_by_email(tenant, kind, email, now).await?;
        // Nobody's e-mail leads to nobody's account, read all the same.
        let id = found.unwrap_or_else(|| AccountId::from_bytes(first_half(&digest)));
        let account = self.store.account(tenant, id, now).await?;
        let allowed =
            account.as_ref().filter(|account| account.status == Status::Active && account.failures.allow(now));
        let stored = allowed.map(|account| account.password_hash.clone());
        let verdict = self.passwords.verify(password, stored, &caller.ring, &self.random).await?;
        let (Some(account), Verdict::Right { rehashed }) = (allowed, verdict) else {
            return Err(self.refuse_password(caller, account.as_ref(), allowed.is_some(), &digest).await);
        };
        let proof = Proof::Password { rehashed: rehashed.as_ref() };
        let session = self.new_session(caller, account, session::PASSWORD, lifetime);
        self.open_session(caller, account, &session, proof, memory, respond).await
    }

    /// Counts the failure, in the account where it takes passwords now, and beside it where it does not.
    async fn refuse_password(
        &self,
        caller: &Caller,
        account: Option<&Account>,
        allowed: bool,
        digest: &[u8; 32],
    ) -> Error {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (counted, reason) = match account {
            Some(account) if allowed => {
                let attempt = self.random.uuid().to_string();
                let counted = self.store.count_wrong_password(tenant, account, &attempt, now).await;
                let reason = match &counted {
                    Ok(failures) if failures.disable_password() => "wrong password, which disables it",
                    Ok(failures) if !failures.allow(now) => "wrong password, which locks the account",
                    _ => "wrong password",
                };
                (counted.map(drop), reason)
            }
            account => {
                let digest = data_encoding::BASE64URL_NOPAD.encode(digest);
                let counted = self.store.count_stranger(tenant, &digest, now).await;
                (counted, if account.is_some() { "account blocked or locked" } else { "unknown e-mail" })
            }
        };
        if let Err(error) = counted {
            return error;
        }
        let line = Line {
            account: account.map(|account| account.id.to_string()),
            reason: Some(reason),
            ..caller.line("sign_in.refused")
        };
        self.log.warn(&self.clock, &line);
        Code::InvalidCredentials.because(reason)
    }
}

fn first_half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    half
}
