use super::{BackEnd, scopes};
use crate::account::{Account, Status};
use crate::app::mfa::{OobChannel, as_grant, destination_digest, reached};
use crate::app::sends::{answer_sent, may_send, too_soon};
use crate::app::sign_in::{SignInAnswers, first_half, identifier_digest};
use crate::app::{App, Caller, Memory, messages};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::session;
use crate::store::{Asked, FirstFactor, FlowAddress, FlowCode, FlowDesk, GrantType, Proof, Purpose, Sending};
use crate::token::OneTimeCode;
use crate::types::{AccountId, Audience, ClientId, CustomerId, Identifier, SchemaName, SessionId};

/// Who signs in without a password.
#[derive(Debug)]
pub enum Who {
    Known(Identifier),
    /// `user_id`: the account's own id, or what the tenant calls the customer.
    User(CustomerId),
}

/// A sign-in by a code that was asked for by [`App::send_passwordless_code`].
#[derive(Debug)]
pub struct PasswordlessForm {
    pub who: Who,
    pub audience: Audience,
    pub code: OneTimeCode,
}

const PURPOSE: &str = "passwordless";

/// What is counted in the name that asks. Whether it goes another way is not looked at there: that would tell which names
/// are one customer's.
fn asked_for(channel: OobChannel) -> &'static str {
    match channel {
        OobChannel::Sms => "passwordless-sms",
        OobChannel::Email => "passwordless-email",
    }
}

/// Which codes are one flow's: those of one client for one audience. The contract's exchange names no more, so whoever
/// signs in through the same back end can use up the tries of somebody's code.
fn flow_of(client: &ClientId, audience: &Audience) -> String {
    format!("{client} {}", audience.as_str())
}

impl App {
    /// Sends a code to sign in by (contract §4.9). Somebody unknown gets the same answer for the same work, and no
    /// message. While the code of a `login_session` is out, it is sent again, the other way at once; then it proves no
    /// address.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`]; [`Code::InvalidRequest`] for text messages where customers share numbers;
    /// [`Code::TooManyRequests`] within 60 s of the last code asked for in this name this way, after 5 in an hour or 10 in a
    /// day.
    pub async fn send_passwordless_code(
        &self,
        back_end: &BackEnd,
        (identifier, channel): (&Identifier, OobChannel),
        (audience, login_session): (&Audience, Option<SessionId>),
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        back_end.session_grant(audience, GrantType::AuthorizationCode)?;
        back_end.may_identify(identifier)?;
        if channel == OobChannel::Sms && caller.tenant.settings.customers_share_phones {
            let message = "Text messages are switched off, because customers may share telephone numbers.";
            return Err(Code::InvalidRequest.because("numbers are shared").saying(message).at("connection"));
        }
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let named = destination_digest(caller, identifier);
        let (found, asked) = tokio::join!(
            self.store.account_by_identifier(tenant, caller.kind, identifier, now),
            self.store.asked(tenant, asked_for(channel), &named, now)
        );
        let (found, sends) = (found?, asked?);
        // Held against the name that was given, each way by itself; the customer's own limit is silent.
        may_send(&sends, now)?;
        let asked = Asked { purpose: asked_for(channel), named: &named, sends: &sends };
        let id = found.unwrap_or_else(|| first_half(&identifier_digest(caller, identifier)));
        let flow = flow_of(&caller.client_id, audience);
        let destination = id.to_string();
        let address = FlowAddress { purpose: PURPOSE, kind: caller.kind, destination: &destination };
        let (account, desk) =
            tokio::join!(self.store.account(tenant, id, now), self.store.flow_desk(tenant, address, now));
        let (account, desk) = (account?.filter(|account| account.status == Status::Active), desk?);
        let reached = account.as_ref().and_then(|account| reached(account, channel)).map(|(recipient, _)| recipient);
        let code = self.passwordless_code(caller, (&destination, &flow), &desk, login_session);
        let digest = code_digest(caller, &destination, &flow, &code);
        let goes_another_way = desk.is_out(&flow, &digest) && desk.went_another_way(&channel.field());
        let remember = self.remember(caller, memory, &answer)?;
        let owner = account.as_ref().map(|account| (account.id, account.stamp()));
        let takes_codes = |(account, stamp): &(AccountId, String)| desk.takes_codes(*account, stamp);
        let bound_to = owner.clone().filter(|owner| reached.is_some() && takes_codes(owner));
        let wait = if goes_another_way { desk.sends.wait_another_way(now) } else { desk.sends.wait(now) };
        let is_enough = wait.is_some();
        let recipient = reached.filter(|_| bound_to.is_some() && !is_enough).unwrap_or_else(messages::nobody);
        let message = messages::code(&caller.tenant, recipient, Purpose::SignInCode, &code);
        let sending = Sending { message: &message, remember: remember.as_ref() };
        let sent = if is_enough {
            self.store.send_no_flow_code(tenant, (address, &desk), asked, sending, &caller.ring, now).await?
        } else {
            let code = FlowCode::new((flow, digest), Some(channel.field()), bound_to, now);
            let sent = (address, &desk, code);
            self.store.send_flow_code(tenant, sent, (owner, Some(asked)), sending, &caller.ring, now).await?
        };
        answer_sent(sent, answer)
    }

    /// The code to send: that of the login session while it is out, else another one.
    fn passwordless_code(
        &self,
        caller: &Caller,
        (account, flow): (&str, &str),
        desk: &FlowDesk,
        login_session: Option<SessionId>,
    ) -> OneTimeCode {
        let Some(session) = login_session.map(|session| session.to_string()) else {
            return OneTimeCode::random(&self.random);
        };
        let begun = |at: i64| {
            let bound_to = [PURPOSE, account, flow, &session, &at.to_string()];
            OneTimeCode::derived(&caller.ring, caller.tenant_id(), &bound_to)
        };
        let out = desk.began_at(caller.now).map(begun);
        let is_out = |code: &OneTimeCode| desk.is_out(flow, &code_digest(caller, account, flow, code));
        out.filter(is_out).unwrap_or_else(|| begun(caller.now.seconds()))
    }

    /// A code for the back end to hand over itself (contract §4.9). Nothing is sent.
    ///
    /// # Errors
    /// [`Code::NotFound`], of the person as of the client that is to sign them in; [`Code::InvalidTarget`] when that one
    /// may not; [`Code::TooManyRequests`] after 5 in an hour or 10 in a day, sent ones among them.
    pub async fn read_passwordless_code(
        &self,
        back_end: &BackEnd,
        (user, client, audience): (CustomerId, &ClientId, &Audience),
        respond: impl FnOnce(&OneTimeCode) -> Response,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        let named = self.client(&Caller { client_id: client.clone(), ..caller.clone() }).await?;
        let named = named.ok_or_else(|| {
            Code::NotFound.because("no client of this id").saying("There is no such client.").at("client_id")
        })?;
        let signing_in = BackEnd { client: named, ..back_end.clone() };
        signing_in.session_grant(audience, GrantType::AuthorizationCode)?;
        let account = self.user(caller, &Who::User(user)).await?.1;
        let account = account.filter(|account| account.status == Status::Active);
        let account = account.ok_or_else(|| {
            Code::NotFound.because("no customer of this id").saying("There is no such customer.").at("user_id")
        })?;
        let caller = &Caller { kind: account.kind(), ..caller.clone() };
        let (tenant, now, destination) = (caller.tenant_id(), caller.now, account.id.to_string());
        let address = FlowAddress { purpose: PURPOSE, kind: caller.kind, destination: &destination };
        let desk = self.store.flow_desk(tenant, address, now).await?;
        // Nothing is sent, so there is no minute to wait for.
        if let Some(wait) = desk.sends.wait_another_way(now) {
            return Err(too_soon(wait));
        }
        let (code, flow) = (OneTimeCode::random(&self.random), flow_of(client, audience));
        let owner = Some((account.id, account.stamp()));
        if !desk.takes_codes(account.id, &account.stamp()) {
            let message = "Too many wrong codes were entered for this customer.";
            let refusal = Code::TooManyRequests.because("a hundred wrong codes in a row").saying(message);
            return Err(refusal.retry_after(desk.wait(now)));
        }
        let digest = code_digest(caller, &destination, &flow, &code);
        let kept = FlowCode::new((flow, digest), Some(SchemaName::customer_id()), owner.clone(), now);
        let message = messages::code(&caller.tenant, messages::nobody(), Purpose::SignInCode, &code);
        let (sending, ring) = (Sending { message: &message, remember: None }, &caller.ring);
        let sent = self.store.send_flow_code(tenant, (address, &desk, kept), (owner, None), sending, ring, now).await?;
        answer_sent(sent, respond(&code))
    }

    /// Signs in by a code (contract §4.1, `authorization_code`), or asks for the second factor.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`]; [`Code::InvalidGrant`], for every other reason alike.
    pub async fn sign_in_without_password(
        &self,
        back_end: &BackEnd,
        form: &PasswordlessForm,
        answers: SignInAnswers<'_>,
    ) -> Result<Response, Error> {
        let PasswordlessForm { who, audience, code } = form;
        let (tenant, now) = (back_end.caller.tenant_id(), back_end.caller.now);
        let (id, account) = self.user(&back_end.caller, who).await?;
        let refused = |reason| self.refuse_mfa(&back_end.caller, Some(id), reason);
        let kind = account.as_ref().map_or(back_end.caller.kind, Account::kind);
        let back_end = &BackEnd { caller: Caller { kind, ..back_end.caller.clone() }, ..back_end.clone() };
        let grant = back_end.session_grant(audience, GrantType::AuthorizationCode)?;
        let (named, flow) = (id.to_string(), flow_of(&back_end.caller.client_id, audience));
        let address = FlowAddress { purpose: PURPOSE, kind, destination: &named };
        let tried = self.store.try_flow_code(tenant, address, &flow, now).await?;
        let digest = code_digest(&back_end.caller, &named, &flow, code);
        let right = tried.filter(|sent| sent.is(&digest) && sent.account_id == Some(id));
        let account = account.filter(|account| account.status == Status::Active);
        let (Some(account), Some(sent)) = (account, right) else { return Err(refused("no such code")) };
        if sent.stamp != account.stamp() {
            return Err(refused("the account changed since the code was sent"));
        }
        let method = sent.field.as_ref().map(|field| match field {
            field if *field == SchemaName::email_address() => session::EMAIL_CODE,
            field if *field == SchemaName::phone() => session::PHONE_CODE,
            _ => session::HANDED_CODE,
        });
        if back_end.needs_second_factor(&account) {
            let methods: Vec<_> = method.iter().map(|method| (*method).to_owned()).collect();
            let first = FirstFactor::Code(address, &sent);
            let required = self.require_second_factor(&back_end.caller, &account, grant, &methods, first).await;
            return required.map(|required| (answers.mfa_required)(&required)).map_err(as_grant);
        }
        // A code that went to two addresses proves neither, and is a code all the same.
        let methods = [method.unwrap_or(session::HANDED_CODE)];
        let session = back_end.caller.granted_session(SessionId::random(&self.random), &account, &methods, grant);
        let (proof, memory) = (Proof::FlowCode { address, code: &sent }, Memory::default());
        let opened = self.open_session(&back_end.caller, &account, &session, proof, &memory, answers.signed_in);
        opened.await.map_err(as_grant)
    }

    /// Who is meant, and their account if there is one that somebody signs in to.
    async fn user(&self, caller: &Caller, who: &Who) -> Result<(AccountId, Option<Account>), Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let signs_in =
            |account: &Account| account.owner.customer().is_some_and(|customer| customer.customer_type.signs_in());
        let identifier = match who {
            Who::Known(identifier) => identifier.clone(),
            Who::User(user) => {
                if let Ok(id) = AccountId::try_from(user.as_str().to_owned())
                    && let Some(account) = self.store.account(tenant, id, now).await?
                {
                    return Ok((id, Some(account).filter(signs_in)));
                }
                Identifier::customer_id(user)
            }
        };
        let found = self.store.account_by_identifier(tenant, caller.kind, &identifier, now).await?;
        let id = found.unwrap_or_else(|| first_half(&identifier_digest(caller, &identifier)));
        let account = self.store.account(tenant, id, now).await?;
        Ok((id, account.filter(signs_in)))
    }
}

fn code_digest(caller: &Caller, account: &str, flow: &str, code: &OneTimeCode) -> String {
    code.digest(&caller.ring, caller.tenant_id(), &[PURPOSE, account, flow])
}

/// What sending by this channel asks of the back end.
#[must_use]
pub fn scopes_to_send(channel: OobChannel) -> scopes::Accepted {
    match channel {
        OobChannel::Sms => scopes::SEND_SMS,
        OobChannel::Email => scopes::SEND_EMAIL,
    }
}
