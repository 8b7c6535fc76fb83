//! The way from one proved factor to two.
//!
//! A sign-in needs one of the first kind (password, code by e-mail) and one of the second (code by text message, code
//! of an authenticator app, recovery code), in whichever order. A tenant may let e-mail pass for the second.

use data_encoding::BASE64URL_NOPAD;

use super::sends::{answer_sent, may_send};
use super::sign_in::{SignInAnswers, identifier_digest};
use super::{App, Caller, Memory, Proved, messages};
use crate::account::{Account, Kind, Status};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::limits::limits;
use crate::log::Line;
use crate::metric::Metric;
use crate::session::{self, Lifespan, Session, SessionGrant};
use crate::store::{
    FirstFactor, MFA, MfaChallenge, MfaFlow, MfaSettings, MfaTry, Proof, Purpose, SecondFactor, Sending, Sent,
};
use crate::token::{LinkSecret, MfaToken, OneTimeCode, PlainToken, RecoveryCode, TotpSecret};
use crate::types::{AccountId, Identifier, SchemaName, SessionId};

/// What a half-way sign-in goes on with.
#[derive(Debug)]
pub struct MfaRequired {
    pub account_id: AccountId,
    pub token: PlainToken,
    /// Where the tenant's calls are.
    pub api: String,
    pub takes: Takes,
}

/// What would do for the factor that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way of its own")]
pub struct Takes {
    /// An authenticator app's code.
    pub totp: bool,
    pub sms: bool,
    pub email: bool,
    pub recovery_code: bool,
}

/// Where a code is sent out of band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OobChannel {
    Sms,
    Email,
}

/// What somebody gives for the factor that is missing.
#[derive(Debug)]
pub enum MfaAnswer {
    Code { handle: LinkSecret, code: OneTimeCode },
    Totp(OneTimeCode),
    Recovery(RecoveryCode),
}

impl OobChannel {
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::Sms => session::PHONE_CODE,
            Self::Email => session::EMAIL_CODE,
        }
    }

    pub(super) fn field(self) -> SchemaName {
        match self {
            Self::Sms => SchemaName::phone(),
            Self::Email => SchemaName::email_address(),
        }
    }
}

/// Whether the account has a second factor of its own choice.
fn has_second_factor(account: &Account) -> bool {
    account.second_factors.totp.is_some()
}

/// At the token endpoint a race that was lost is a grant that is none.
pub(super) fn as_grant(error: Error) -> Error {
    if error.code() == Code::InvalidCredentials { Code::InvalidGrant.because(error.reason()) } else { error }
}

impl Caller {
    /// Whether nobody is to be signed in to this account by one factor: it has an authenticator app, its tenant says so
    /// of all customers, or it is an intermediary's with a proved phone.
    pub(super) fn needs_second_factor(&self, account: &Account) -> bool {
        let by_kind = match account.kind() {
            Kind::Customer(_) => self.tenant.settings.mfa.is_enabled,
            Kind::Intermediary => account.phone_verified_at.is_some(),
            Kind::Lead => false,
        };
        by_kind || has_second_factor(account)
    }

    /// A session for this grant: until revoked where it has a refresh token, else as long as its access token; on the
    /// pages, as long as a request waits and may be answered.
    pub(super) fn granted_session(
        &self,
        id: SessionId,
        account: &Account,
        methods: &[&str],
        grant: SessionGrant,
    ) -> Session {
        let settings = &self.tenant.settings;
        let lifespan = match self.proved {
            Proved::Nothing => Lifespan::of(settings.transfer_seconds() + limits().fresh_seconds),
            _ if grant.is_refreshable => Lifespan::UNTIL_REVOKED,
            _ => Lifespan::of(settings.customer_token_seconds()),
        };
        let session = Session::open(id, account.id, self.client_id.clone(), lifespan, methods, self.now);
        Session { grant: Some(grant), ..session }
    }
}

/// What the tenant says of second factors, for this account: whoever has an authenticator app does not do with e-mail.
fn settings_for(caller: &Caller, account: &Account) -> MfaSettings {
    let settings = caller.tenant.settings.mfa;
    MfaSettings { takes_email: settings.takes_email && !has_second_factor(account), ..settings }
}

/// Whether `method` is what is missing to these.
pub(super) fn is_missing(methods: &[String], method: &str, settings: MfaSettings) -> bool {
    let has = |one_of: &[&str]| methods.iter().any(|method| one_of.contains(&method.as_str()));
    let (has_first, has_second) = (has(&FIRST), has(&SECOND));
    match method {
        session::EMAIL_CODE => {
            let does = settings.takes_email && has(&[session::PASSWORD]) && !has(&[session::EMAIL_CODE]);
            !has_first || does && !has_second
        }
        // Only a code that was sent can be the first: every other factor is spent when the sign-in ends, or not at all.
        session::TOTP | session::RECOVERY_CODE => has_first && !has_second,
        method => SECOND.contains(&method) && !has_second,
    }
}

fn are_enough(methods: &[String], settings: MfaSettings) -> bool {
    let has = |one_of: &[&str]| methods.iter().any(|method| one_of.contains(&method.as_str()));
    let by_email = settings.takes_email && has(&[session::PASSWORD]) && has(&[session::EMAIL_CODE]);
    has(&FIRST) && has(&SECOND) || by_email
}

const FIRST: [&str; 3] = [session::PASSWORD, session::EMAIL_CODE, session::HANDED_CODE];
const SECOND: [&str; 3] = [session::PHONE_CODE, session::TOTP, session::RECOVERY_CODE];

/// Held against what codes were asked for to one destination.
pub(super) fn destination_digest(caller: &Caller, identifier: &Identifier) -> String {
    BASE64URL_NOPAD.encode(&identifier_digest(caller, identifier))
}

impl App {
    /// Begins the part of a sign-in that asks for what is missing to `methods`.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`] when what it begins with stands no more.
    pub(super) async fn require_second_factor(
        &self,
        caller: &Caller,
        account: &Account,
        grant: SessionGrant,
        methods: &[String],
        first: FirstFactor<'_>,
    ) -> Result<MfaRequired, Error> {
        let (flow, token) = self.new_flow(caller, account, grant, methods);
        if !self.store.begin_mfa_flow(caller.tenant_id(), (Some(account), &flow), first, caller.now).await? {
            return Err(self.refuse(caller, "what was proved stands no more"));
        }
        let line = Line { account: Some(account.id.to_string()), ..caller.line("mfa.begun") };
        self.log.info(&self.clock, &line);
        let (api, takes) = (self.own_audience(caller.tenant_id()), takes(caller, account, methods));
        Ok(MfaRequired { account_id: account.id, token, api, takes })
    }

    /// What a half-way sign-in waits for.
    ///
    /// # Errors
    /// [`Code::InvalidMfaToken`].
    pub async fn missing_factor(&self, caller: &Caller, token: &str) -> Result<Takes, Error> {
        let (flow, account) = self.mfa_flow(caller, token).await?;
        Ok(takes(caller, &account, &flow.methods))
    }

    pub(super) fn new_flow(
        &self,
        caller: &Caller,
        account: &Account,
        grant: SessionGrant,
        methods: &[String],
    ) -> (MfaFlow, PlainToken) {
        let id = SessionId::random(&self.random);
        let begun = (id, account.id, account.stamp());
        let flow = MfaFlow::begin(begun, caller.client_id.clone(), grant, methods.to_vec(), caller.now);
        let token = MfaToken { account_id: account.id, flow_id: id }.mint(&caller.ring, caller.bearer());
        (flow, token)
    }

    /// Sends a code for a half-way sign-in (contract §4.4). `respond` is given its handle.
    ///
    /// # Errors
    /// [`Code::InvalidMfaToken`]; [`Code::InvalidRequest`] when there is nothing missing that the channel could prove,
    /// or nowhere to send it; [`Code::TooManyRequests`] within 60 s of the last code there, after 5 in an hour or 10
    /// in a day.
    pub async fn challenge_mfa(
        &self,
        caller: &Caller,
        token: &str,
        channel: OobChannel,
        respond: impl FnOnce(&LinkSecret) -> Response,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (flow, account) = self.mfa_flow(caller, token).await?;
        if !is_missing(&flow.methods, channel.method(), settings_for(caller, &account)) {
            let message = "A code by this channel is not what is missing. Choose another oob_channel.";
            return Err(Code::InvalidRequest.because("not missing").saying(message).at("oob_channel"));
        }
        let Some((recipient, identifier)) = reached(&account, channel) else {
            let message = "There is no address of this customer to send a code to by this channel.";
            return Err(Code::InvalidRequest.because("no such address").saying(message).at("oob_channel"));
        };
        let caller = &Caller { kind: account.kind(), ..caller.clone() };
        let destination = destination_digest(caller, &identifier);
        let asked = self.store.asked(tenant, MFA, &destination, now).await?;
        may_send(&asked, now)?;
        let (handle, code) = (LinkSecret::random(&self.random), OneTimeCode::random(&self.random));
        let challenge = Self::mfa_challenge(caller, &flow, channel, (&handle, &code));
        let message = messages::code(&caller.tenant, recipient, Purpose::SecondFactorCode, &code);
        let sending = Sending { message: &message, remember: None };
        let sent =
            self.store.send_mfa_code(tenant, (&flow, &challenge), (&destination, &asked), sending, &caller.ring, now);
        match sent.await? {
            Sent::Overtaken => Err(Code::InvalidMfaToken.because("used up at the same time")),
            sent => answer_sent(sent, respond(&handle)),
        }
    }

    /// Whether an authenticator app's code is what is missing.
    ///
    /// # Errors
    /// [`Code::InvalidMfaToken`]; [`Code::InvalidRequest`] when it is not.
    pub async fn expect_totp(&self, caller: &Caller, token: &str) -> Result<(), Error> {
        let (flow, account) = self.mfa_flow(caller, token).await?;
        let settings = settings_for(caller, &account);
        if has_second_factor(&account) && is_missing(&flow.methods, session::TOTP, settings) {
            return Ok(());
        }
        let message = "An authenticator app's code is not what is missing.";
        Err(Code::InvalidRequest.because("not missing").saying(message).at("challenge_type"))
    }

    pub(super) fn mfa_challenge(
        caller: &Caller,
        flow: &MfaFlow,
        channel: OobChannel,
        (handle, code): (&LinkSecret, &OneTimeCode),
    ) -> MfaChallenge {
        let digest = challenge_digest(caller, flow, channel.method(), handle, code);
        MfaChallenge { method: channel.method().to_owned(), handle: handle.digest(), digest }
    }

    /// A flow that a code may be sent in, and its account. While nothing was proved, only the code that began it is
    /// waited for, whether or not anybody was sent it: nobody learns here whom it is about.
    async fn mfa_flow(&self, caller: &Caller, token: &str) -> Result<(MfaFlow, Account), Error> {
        let refused = |reason| Code::InvalidMfaToken.because(reason);
        let token = MfaToken::parse(token, &caller.ring, caller.bearer()).ok_or_else(|| refused("forged"))?;
        let (flow, account) =
            self.store.mfa_flow(caller.tenant_id(), token.account_id, token.flow_id, caller.now).await?;
        let flow = flow.ok_or_else(|| refused("ended or out of tries"))?;
        if flow.waits_for_its_code {
            return Err(refused("nothing was proved yet"));
        }
        let stands = |account: &Account| account.status == Status::Active && flow.stamp == account.stamp();
        let account = account.filter(stands).ok_or_else(|| refused("the account is gone, blocked or changed"))?;
        Ok((flow, account))
    }

    /// Answers what was missing to a half-way sign-in: a session, once, or the next thing that is missing.
    ///
    /// # Errors
    /// [`Code::InvalidGrant`], for every reason alike.
    pub async fn answer_mfa(
        &self,
        caller: &Caller,
        token: &str,
        answer: &MfaAnswer,
        answers: SignInAnswers<'_>,
    ) -> Result<Response, Error> {
        let forged = || self.refuse_mfa(caller, None, "a forged token");
        let token = MfaToken::parse(token, &caller.ring, caller.bearer()).ok_or_else(forged)?;
        let refused = |reason| self.refuse_mfa(caller, Some(token.account_id), reason);
        // A stranger may begin to recover somebody's sign-in: what goes wrong there is not held against the factors.
        let counter = |flow: &MfaFlow| match answer {
            MfaAnswer::Recovery(_) => None,
            MfaAnswer::Code { .. } | MfaAnswer::Totp(_) if flow.methods.is_empty() => Some("recovery_failures"),
            MfaAnswer::Code { .. } | MfaAnswer::Totp(_) => Some("mfa_failures"),
        };
        let (tenant, now, at) = (caller.tenant_id(), caller.now, (token.account_id, token.flow_id));
        let tried = self.store.try_mfa_flow(tenant, at, counter, now).await?;
        let Some(tried) = tried.filter(stands) else { return Err(refused("no such flow, or no try")) };
        let MfaTry { flow, account } = &tried;
        // The kind is the account's: the token call does not say.
        let caller = &Caller { kind: account.kind(), ..caller.clone() };
        let Some((method, factor)) = Self::compare(caller, &tried, answer)? else {
            return Err(refused("a wrong second factor"));
        };
        let settings = settings_for(caller, account);
        if !is_missing(&flow.methods, method, settings) {
            return Err(refused("not what was missing"));
        }
        let methods: Vec<String> = flow.methods.iter().cloned().chain([method.to_owned()]).collect();
        if !are_enough(&methods, settings) {
            let (grant, first) = (flow.grant.clone(), FirstFactor::Flow(flow));
            let required = self.require_second_factor(caller, account, grant, &methods, first).await;
            return required.map(|required| (answers.mfa_required)(&required)).map_err(as_grant);
        }
        let proved: Vec<_> = methods.iter().map(String::as_str).chain([session::SEVERAL]).collect();
        let session = caller.granted_session(flow.id, account, &proved, flow.grant.clone());
        let used = messages::notice(&caller.tenant, messages::recipient(account), Purpose::RecoveryCodeUsed);
        let notice = matches!(factor, SecondFactor::RecoveryCode { .. }).then_some((&used, &*caller.ring));
        let proof = Proof::SecondFactor { flow, factor: &factor, notice };
        let memory = Memory::default();
        self.open_session(caller, account, &session, proof, &memory, answers.signed_in).await.map_err(as_grant)
    }

    /// What the answer proves, if it is right.
    fn compare(
        caller: &Caller,
        MfaTry { flow, account }: &MfaTry,
        answer: &MfaAnswer,
    ) -> Result<Option<(&'static str, SecondFactor)>, Error> {
        let factors = &account.second_factors;
        Ok(match answer {
            MfaAnswer::Code { handle, code } => {
                let fits = |sent: &&MfaChallenge| {
                    let digest = challenge_digest(caller, flow, &sent.method, handle, code);
                    sent.handle == handle.digest() && sent.is(&digest)
                };
                let channel = flow.challenge.as_ref().filter(fits).map(|sent| match sent.method.as_str() {
                    session::EMAIL_CODE => OobChannel::Email,
                    _ => OobChannel::Sms,
                });
                channel.map(|channel| (channel.method(), SecondFactor::Code(channel.field())))
            }
            MfaAnswer::Totp(code) => {
                let Some(totp) = &factors.totp else { return Ok(None) };
                let secret = TotpSecret::unseal(&totp.sealed_secret, &caller.ring, caller.tenant_id(), account.id)?;
                let step = secret.step_of(code, caller.now)?.filter(|step| *step > totp.last_step);
                step.map(|step| (session::TOTP, SecondFactor::Totp { step }))
            }
            MfaAnswer::Recovery(code) => {
                let digest = code.digest();
                let left: Vec<_> = factors.recovery_codes.iter().filter(|kept| **kept != digest).cloned().collect();
                let is_one = left.len() < factors.recovery_codes.len();
                is_one.then_some((session::RECOVERY_CODE, SecondFactor::RecoveryCode { left }))
            }
        })
    }

    pub(super) fn refuse_mfa(&self, caller: &Caller, account: Option<AccountId>, reason: &'static str) -> Error {
        let account = account.map(|account| account.to_string());
        self.log.warn(&self.clock, &Line { account, reason: Some(reason), ..caller.line("mfa.refused") });
        Code::InvalidGrant.because(reason).counted(Metric::SignInRefused)
    }
}

fn stands(MfaTry { flow, account }: &MfaTry) -> bool {
    account.status == Status::Active && flow.stamp == account.stamp()
}

fn takes(caller: &Caller, account: &Account, methods: &[String]) -> Takes {
    let (settings, factors) = (settings_for(caller, account), &account.second_factors);
    let takes = |method| is_missing(methods, method, settings);
    Takes {
        totp: takes(session::TOTP) && factors.totp.is_some(),
        sms: takes(session::PHONE_CODE) && takes_sms(account),
        email: takes(session::EMAIL_CODE) && account.email.is_some(),
        recovery_code: takes(session::RECOVERY_CODE) && !factors.recovery_codes.is_empty(),
    }
}

/// Who has an authenticator app gets codes to a number that was proved only.
fn takes_sms(account: &Account) -> bool {
    account.phone.is_some() && (account.phone_verified_at.is_some() || !has_second_factor(account))
}

/// Where the account's codes go by this channel.
pub(super) fn reached(account: &Account, channel: OobChannel) -> Option<(messages::Recipient, Identifier)> {
    let identifier = match channel {
        OobChannel::Sms => account.phone.as_ref().filter(|_| takes_sms(account)).map(Identifier::phone),
        OobChannel::Email => account.email.as_ref().map(Identifier::email),
    };
    Some((messages::recipient_in(account, &channel.field())?, identifier?))
}

fn challenge_digest(caller: &Caller, flow: &MfaFlow, method: &str, handle: &LinkSecret, code: &OneTimeCode) -> String {
    let bound_to = [MFA, method, &flow.id.to_string(), handle.reveal()];
    code.digest(&caller.ring, caller.tenant_id(), &bound_to)
}
