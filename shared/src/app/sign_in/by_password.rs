use crate::account::{Account, FailedSignIns, Status};
use crate::app::caller::count_happened;
use crate::app::{App, Caller, Memory, Respond};
use crate::error::{Code, Error};
use crate::history::{Entry, Happened};
use crate::http::Response;
use crate::key_ring::Mac;
use crate::log::Line;
use crate::password::{Password, PasswordHash, Verdict};
use crate::session;
use crate::store::Proof;
use crate::types::{AccountId, Identifier, RefreshLifetime};

/// An account whose password was right, with a new hash where the stored one was made the old way.
pub(in crate::app) struct Proven {
    pub account: Account,
    pub rehashed: Option<PasswordHash>,
}

impl App {
    /// Signs in by an identifier and password. Unknown identifier, wrong password, blocked and locked account: one
    /// answer, one cost (yardstick E1, E2).
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`]; [`Code::TooManyRequests`] when the source failed too often.
    pub async fn sign_in_by_password(
        &self,
        caller: &Caller,
        (identifier, password): (&Identifier, Password),
        lifetime: RefreshLifetime,
        memory: &Memory,
        respond: Respond,
    ) -> Result<Response, Error> {
        let kept = |account: &Account| account.password_hash.clone();
        let Proven { account, rehashed } = self.prove_password(caller, identifier, password, kept).await?;
        let proof = Proof::Password { rehashed: rehashed.as_ref() };
        let session = self.new_session(caller, &account, &[session::PASSWORD], caller.lifespan(lifetime));
        self.open_session(caller, &account, &session, proof, memory, respond).await
    }

    /// The account whose secret this is: the one that `kept` picks. Nothing is written for a right one: what comes of
    /// it is to be conditional on the account being as it is here, and not locked.
    ///
    /// # Errors
    /// As [`sign_in_by_password`](App::sign_in_by_password).
    pub(in crate::app) async fn prove_password(
        &self,
        caller: &Caller,
        identifier: &Identifier,
        password: Password,
        kept: impl Fn(&Account) -> Option<PasswordHash>,
    ) -> Result<Proven, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (admitted, may, found) = tokio::join!(
            self.admit(caller),
            self.source_may_fail(caller),
            self.store.account_by_identifier(tenant, caller.kind, identifier, now)
        );
        admitted?;
        may?;
        let digest = identifier_digest(caller, identifier);
        let account = self.store.account(tenant, found?.unwrap_or_else(|| first_half(&digest)), now).await?;
        let takes_passwords = |account: &Account| account.status == Status::Active && account.failures.allow(now);
        let allowed = account.as_ref().is_some_and(takes_passwords);
        let stored = account.as_ref().filter(|_| allowed).and_then(kept);
        let ring = self.ring_for(caller, stored.as_ref()).await?;
        let verdict = self.passwords.verify(password, stored, &ring, &self.random).await?;
        match (account, verdict) {
            (Some(account), Verdict::Right { rehashed }) => Ok(Proven { account, rehashed }),
            (account, _) => {
                let id = account.as_ref().map_or_else(|| first_half(&digest), |account| account.id);
                let refused = caller.entry(Happened::SignInRefused, id);
                Err(self.refuse_password(caller, (&refused, account.as_ref()), allowed, &digest).await)
            }
        }
    }

    /// Counts the failure with its source, and in the account where it takes passwords now or beside it where it
    /// does not.
    pub(in crate::app) async fn refuse_password(
        &self,
        caller: &Caller,
        (refused, account): (&Entry, Option<&Account>),
        allowed: bool,
        digest: &[u8; 32],
    ) -> Error {
        let count = async {
            match account.filter(|_| allowed) {
                Some(account) => self.count_wrong_password(caller, (refused, account)).await.map(Some),
                None => self.count_stranger(caller, digest).await.map(|()| None),
            }
        };
        let (counted, source) = tokio::join!(count, self.count_source_failure(caller));
        let entry = match (counted, source) {
            (Ok(entry), Ok(())) => entry,
            (Err(error), _) | (_, Err(error)) => return error,
        };
        if let Some(entry) = entry {
            self.log_entry(caller, &entry);
            if entry.event != refused.event {
                count_happened(refused.event);
            }
            return Code::InvalidCredentials.because("wrong password");
        }
        let reason = if account.is_some() { "account blocked or locked" } else { "unknown identifier" };
        count_happened(refused.event);
        let line = Line {
            account: account.map(|account| account.id.to_string()),
            reason: Some(reason),
            ..caller.line(refused.event.name())
        };
        self.log.warn(&self.clock, &line);
        Code::InvalidCredentials.because(reason)
    }

    /// Counts a wrong password in its account, and beside it tells the history what is about to come of that; anew
    /// where something else came of it, because others were counted at the same time.
    async fn count_wrong_password(
        &self,
        caller: &Caller,
        (refused, account): (&Entry, &Account),
    ) -> Result<Entry, Error> {
        let attempt = self.random.uuid().to_string();
        let told = |failures: &FailedSignIns| {
            let (event, reason) = if failures.failed_attempt != attempt {
                (refused.event, "wrong password, while others locked the account")
            } else if failures.disable_password() {
                (Happened::AccountLocked, "wrong password, which disables it")
            } else if failures.allow(caller.now) {
                (refused.event, "wrong password")
            } else {
                (Happened::AccountLocked, "wrong password, which locks the account")
            };
            Entry { event, ..refused.clone() }.because(reason)
        };
        let expected = told(&account.failures.and_one_more(&attempt, caller.now));
        let (counted, noted) = tokio::join!(
            self.store.count_wrong_password(caller.tenant_id(), account, &attempt, caller.now),
            self.note(caller, &attempt, &expected)
        );
        let entry = told(&counted?);
        noted?;
        if entry != expected {
            self.note(caller, &attempt, &entry).await?;
        }
        Ok(entry)
    }

    /// The same work where there is nothing to count and nobody to tell.
    async fn count_stranger(&self, caller: &Caller, digest: &[u8; 32]) -> Result<(), Error> {
        let unlisted = caller.entry(Happened::SignInRefused, first_half(digest)).unlisted();
        let digest = data_encoding::BASE64URL_NOPAD.encode(digest);
        let (counted, noted) = tokio::join!(
            self.store.count_stranger(caller.tenant_id(), &digest, caller.now),
            self.note(caller, &digest, &unlisted)
        );
        counted.and(noted)
    }
}

/// Stands for an identifier where it must not be written, as it may be nobody's.
pub(in crate::app) fn identifier_digest(caller: &Caller, identifier: &Identifier) -> [u8; 32] {
    let (kind, field) = (caller.kind.as_str(), identifier.field.as_str());
    let parts = [kind, field, identifier.canonical()].map(str::as_bytes);
    caller.ring.secrets().mac(Mac::Identifier, &parts)
}

/// The account of nobody's identifier: read all the same, so that a stranger costs what a known one does.
pub(in crate::app) fn first_half(digest: &[u8; 32]) -> AccountId {
    let mut half = [0; 16];
    half.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    AccountId::from_bytes(half)
}
