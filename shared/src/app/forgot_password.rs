use data_encoding::BASE64URL_NOPAD;
use form_urlencoded::Serializer;

use super::claim::claimed;
use super::sends::{answer_sent, may_send};
use super::sign_in::{first_half, identifier_digest};
use super::{App, Caller, Memory, READS, messages};
use crate::account::{Account, Kind, Status};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::log::Line;
use crate::password::Password;
use crate::store::{
    AcceptedLink, AddressProof, Entitled, Purpose, RESET, ResetDesk, ResetLink, ResetRequest, Sending, Sent,
    SourceLimit, TenantSettings,
};
use crate::token::{AccountLink, LinkSecret};
use crate::types::{AccountId, Format, Identifier, Invalid, SchemaName};

/// Whose password is forgotten, and where the link shall go.
#[derive(Debug)]
pub struct ForgottenPassword {
    pub identifier: Identifier,
    /// A field of the account that holds an e-mail address or a telephone number; without one, the account's e-mail
    /// address, else its phone.
    pub recipient: Option<SchemaName>,
}

/// A new password with the link's proof.
#[derive(Debug)]
pub struct ResetForm {
    pub account_id: AccountId,
    pub secret: LinkSecret,
    pub password: Password,
}

impl App {
    /// Sends a link to set a new password, or a first one (contract §2.8, §4.6). An account that is nobody's, blocked, without that
    /// address or already sent a link lately gets the same answer for the same work, and no message. Nothing else changes (yardstick P9).
    ///
    /// # Errors
    /// [`Code::InvalidRequest`]; [`Code::TooManyRequests`] within 60 s of the last request for this identifier, after 5 in
    /// an hour or 10 in a day, or 20 in an hour from one source.
    pub async fn forgot_password(
        &self,
        caller: &Caller,
        forgotten: &ForgottenPassword,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let ForgottenPassword { identifier, recipient } = forgotten;
        if let Some(field) = recipient
            && !matches!(caller.tenant.settings.lead_key(field), Some(Format::Email | Format::Phone))
        {
            let rule = Invalid("must name a unique field that holds an e-mail address or a telephone number");
            return Err(Error::invalid("RecipientField.SchemaName", rule));
        }
        let digest = identifier_digest(caller, identifier);
        let named = BASE64URL_NOPAD.encode(&digest);
        let (found, asked) = tokio::join!(
            self.store.account_by_identifier(tenant, caller.kind, identifier, now),
            self.store.asked(tenant, RESET, &named, now)
        );
        let (found, asked) = (found?, asked?);
        // Held against the identifier: the account's own limit would tell which identifiers are one lead's.
        may_send(&asked, now)?;
        let id = found.unwrap_or_else(|| first_half(&digest));
        let (counted, read) = tokio::join!(
            self.count_source(caller, SourceLimit::sends()),
            self.store.account_and_reset(tenant, id, now)
        );
        counted?;
        let mut read = read?;
        let remember = self.remember(caller, memory, &answer)?;
        for _ in 0..READS {
            let (account, desk) = read;
            let account = account.filter(|account| account.status == Status::Active && desk.sends.wait(now).is_none());
            let secret = match caller.kind {
                Kind::Intermediary => AccountLink::random(id, &self.random).secret,
                Kind::Lead | Kind::Customer(_) => LinkSecret::random(&self.random),
            };
            let to = account
                .as_ref()
                .and_then(|account| Some((account, address(account, recipient.as_ref(), &caller.tenant.settings)?)));
            let reached = to.as_ref().map_or_else(messages::nobody, |(_, (_, reached))| reached.clone());
            let message =
                messages::link(&caller.tenant, reached, Purpose::ResetPassword, self.link(caller, id, &secret));
            let entry = match &to {
                Some(_) => caller.entry(Happened::ResetRequested, id),
                None => caller.entry(Happened::ResetRequested, first_half(&digest)).unlisted(),
            };
            let link = match to {
                Some((account, (field, _))) => Some(ResetLink::new(secret.digest(), field, account.stamp(), now)),
                None if desk.has_link() => None,
                None => Some(ResetLink::of_nobody(secret.digest(), now)),
            };
            let request = ResetRequest { account_id: id, desk: &desk, link, entry: entry.kept_of(caller.kind) };
            let sending = Sending { message: &message, remember: remember.as_ref() };
            let sent = self.store.send_reset_link(tenant, request, (&named, &asked), sending, &caller.ring, now);
            match sent.await? {
                Sent::Overtaken => read = self.store.account_and_reset(tenant, id, now).await?,
                sent => {
                    if sent == Sent::Sent && !entry.is_unlisted {
                        self.log_entry(caller, &entry);
                    }
                    return answer_sent(sent, answer);
                }
            }
        }
        Err(Error::conflict("too many requests for one account's links at once"))
    }

    /// Where the link leads is configured, never taken from the request (yardstick P9).
    fn link(&self, caller: &Caller, account: AccountId, secret: &LinkSecret) -> String {
        let mut query = Serializer::new(String::new());
        match caller.kind {
            Kind::Lead => query.append_pair("LeadId", &account.to_string()),
            Kind::Customer(_) => query.append_pair("user_id", &account.to_string()),
            // Its token says whose it is.
            Kind::Intermediary => &mut query,
        };
        let name = match caller.kind {
            Kind::Lead => "TemporaryPassword",
            Kind::Customer(_) => "reset_token",
            Kind::Intermediary => "token",
        };
        let query = query.append_pair(name, secret.reveal()).finish();
        let portal = caller.tenant.settings.portal_url.as_deref().unwrap_or(&self.issuer);
        format!("{portal}/reset-password?{query}")
    }

    /// The account that a link's token is to set the password of (contract §1.12).
    ///
    /// # Errors
    /// [`Code::InvalidLink`], for every reason alike.
    pub async fn password_to_reset(&self, caller: &Caller, token: &str) -> Result<Account, Error> {
        let link = account_link(token)?;
        let (account, desk) = self.store.account_and_reset(caller.tenant_id(), link.account_id, caller.now).await?;
        let accepted = accepted(caller, account, &desk, &link.secret);
        accepted.map(|(_, account)| account).ok_or_else(|| refused(caller))
    }

    /// As [`reset_password`](App::reset_password), where the link's token says whose password it is.
    ///
    /// # Errors
    /// As [`reset_password`](App::reset_password).
    pub async fn reset_password_by_token(
        &self,
        caller: &Caller,
        (token, password): (&str, Password),
        answer: Response,
    ) -> Result<Response, Error> {
        let AccountLink { account_id, secret } = account_link(token)?;
        self.reset_password(caller, ResetForm { account_id, secret, password }, answer).await
    }

    /// Sets a new password with the link's proof (contract §1.12, §2.9, §4.6), once. Every session ends; nobody is signed
    /// in.
    ///
    /// # Errors
    /// [`Code::InvalidResetLink`] or [`Code::InvalidLink`] by surface, for every reason alike; [`Code::WeakPassword`], and
    /// then the link goes on working; [`Code::TooManyRequests`] when the source failed too often.
    pub async fn reset_password(&self, caller: &Caller, form: ResetForm, answer: Response) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (may, read) =
            tokio::join!(self.source_may_fail(caller), self.store.account_and_reset(tenant, form.account_id, now));
        may?;
        let (account, desk) = read?;
        let Some((proof, account)) = accepted(caller, account, &desk, &form.secret) else {
            self.count_source_failure(caller).await?;
            let line = Line { account: Some(form.account_id.to_string()), ..caller.line("reset.refused") };
            self.log.warn(&self.clock, &line);
            return Err(refused(caller));
        };
        let password = caller.new_password(&account, &form.password)?;
        let hash = self.passwords.hash(password, &caller.ring, &self.random).await?;
        // Told where the link was sent: that address is proved.
        let reached =
            |account: &Account| messages::recipient_in(account, &proof.field).unwrap_or_else(messages::nobody);
        let told = |account| messages::notice(&caller.tenant, reached(account), Purpose::PasswordChanged);
        let entry = caller.entry(Happened::PasswordReset, account.id);
        let after = |hash| {
            let after = claimed(&account, &proof.field, &caller.tenant.settings, now);
            Account { password_hash: Some(hash), ..after }
        };
        let set = if account.is_unclaimed {
            let after = after(hash);
            let (notice, proof) = (told(&after), AddressProof::Link(&proof));
            self.store.claim_account(tenant, (&account, &after), proof, (&notice, &caller.ring), now).await?
        } else if account.kind() == Kind::Intermediary && account.has_unproved_email() {
            self.claim_by_reset(caller, (&account, &after(hash)), &proof, (told(&account), &entry)).await?
        } else {
            let (notice, entitled) = (told(&account), Entitled::ByLink(&proof, entry.kept_of(account.kind())));
            self.store.set_password(tenant, (&account, &hash), entitled, &notice, &caller.ring, now).await?
        };
        if !set {
            return Err(refused(caller));
        }
        if account.is_unclaimed {
            self.log_claim(caller, &account);
        }
        if matches!(account.kind(), Kind::Customer(_)) {
            self.retire_sessions(caller, account.id).await;
        }
        self.log_entry(caller, &entry);
        Ok(answer)
    }
}

fn account_link(token: &str) -> Result<AccountLink, Error> {
    AccountLink::parse(token).ok_or_else(|| Code::InvalidLink.because("no link of ours"))
}

/// What a link proves that is out, and of whose account.
fn accepted(
    caller: &Caller,
    account: Option<Account>,
    desk: &ResetDesk,
    secret: &LinkSecret,
) -> Option<(AcceptedLink, Account)> {
    let is_of_surface = |account: &Account| account.kind().surface() == caller.kind.surface();
    let account = account.filter(|account| is_of_surface(account) && account.status == Status::Active)?;
    Some((desk.accept(&secret.digest(), &account, caller.now)?, account))
}

fn refused(caller: &Caller) -> Error {
    let code = match caller.kind {
        Kind::Intermediary => Code::InvalidLink,
        Kind::Lead | Kind::Customer(_) => Code::InvalidResetLink,
    };
    code.because("no such link, or the account changed since it was sent")
}

/// Where the link goes, and which field says so: the one asked for, else the first of the account's that holds an address.
fn address(
    account: &Account,
    field: Option<&SchemaName>,
    settings: &TenantSettings,
) -> Option<(SchemaName, messages::Recipient)> {
    let reached = |field: &SchemaName| Some((field.clone(), messages::recipient_in(account, field)?));
    let holds_address = |field: &&SchemaName| matches!(settings.lead_key(field), Some(Format::Email | Format::Phone));
    match field {
        Some(field) => reached(field),
        None => reached(&SchemaName::email_address())
            .or_else(|| reached(&SchemaName::phone()))
            .or_else(|| account.identifiers.keys().filter(holds_address).find_map(reached)),
    }
}
