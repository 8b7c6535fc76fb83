use super::BackEnd;
use crate::account::Account;
use crate::app::mfa::{OobChannel, destination_digest};
use crate::app::sends::{answer_sent, may_send};
use crate::app::{App, Caller, Memory, messages};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::key_ring::KeyRing;
use crate::store::{FlowAddress, FlowCode, Purpose, Sending};
use crate::token::OneTimeCode;
use crate::types::{CustomerId, Identifier, TenantId};

const PURPOSE: &str = "verification";

impl App {
    /// Sends a customer a code that proves their address (contract §4.10).
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::InvalidRequest`] when there is no such address; [`Code::TooManyRequests`] within
    /// 60 s of the last code there, after 5 in an hour or 10 in a day.
    pub async fn send_verification_code(
        &self,
        back_end: &BackEnd,
        (id, channel): (&CustomerId, OobChannel),
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let account = self.customer(&back_end.caller, id).await?;
        let caller = &Caller { kind: account.kind(), ..back_end.caller.clone() };
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (recipient, identifier) = address_of(&account, channel)?;
        let destination = destination_digest(caller, &identifier);
        let address = FlowAddress { purpose: PURPOSE, kind: caller.kind, destination: &destination };
        let desk = self.store.flow_desk(tenant, address, now).await?;
        may_send(&desk.sends, now)?;
        let owner = (account.id, account.stamp());
        if !desk.takes_codes(owner.0, &owner.1) {
            let message = "Too many wrong codes were entered for this address. Change it, or wait 30 days.";
            let refusal = Code::TooManyRequests.because("a hundred wrong codes in a row").saying(message);
            return Err(refusal.retry_after(desk.wait(now)));
        }
        let code = OneTimeCode::random(&self.random);
        let flow = account.id.to_string();
        let digest = digest_of(&code, &caller.ring, tenant, address, &flow);
        let sent = FlowCode::new((flow, digest), Some(channel.field()), Some(owner.clone()), now);
        let message = messages::code(&caller.tenant, recipient, Purpose::VerificationCode, &code);
        let remember = self.remember(caller, memory, &answer)?;
        let sending = Sending { message: &message, remember: remember.as_ref() };
        let sent = self
            .store
            .send_flow_code(tenant, (address, &desk, sent), (Some(owner), None), sending, &caller.ring, now)
            .await?;
        answer_sent(sent, answer)
    }

    /// Confirms an address by the code that was sent to it, once.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::InvalidGrant`], for every other reason alike.
    pub async fn confirm_verification_code(
        &self,
        back_end: &BackEnd,
        (id, channel): (&CustomerId, OobChannel),
        code: &OneTimeCode,
    ) -> Result<(), Error> {
        let account = self.customer(&back_end.caller, id).await?;
        let caller = &Caller { kind: account.kind(), ..back_end.caller.clone() };
        let (tenant, now, flow) = (caller.tenant_id(), caller.now, account.id.to_string());
        let (_, identifier) = address_of(&account, channel)?;
        let destination = destination_digest(caller, &identifier);
        let address = FlowAddress { purpose: PURPOSE, kind: caller.kind, destination: &destination };
        let refused = |reason: &'static str| {
            self.log_entry(caller, &caller.entry(Happened::CodeRefused, account.id).because(reason));
            let message = "The code is not valid, has run out or was used before.";
            Code::InvalidGrant.because(reason).saying(message).at("code")
        };
        let tried = self.store.try_flow_code(tenant, address, &flow, now).await?;
        let digest = digest_of(code, &caller.ring, tenant, address, &flow);
        let sent = tried.filter(|sent| sent.is(&digest) && sent.stamp == account.stamp());
        let sent = sent.ok_or_else(|| refused("no such code"))?;
        let is_confirmed = self.store.confirm_address(tenant, &account, (address, &sent), now).await?;
        if !is_confirmed {
            return Err(refused("spent, or the account changed, at the same time"));
        }
        let verified = match channel {
            OobChannel::Sms => Happened::PhoneVerified,
            OobChannel::Email => Happened::EmailVerified,
        };
        self.log_entry(caller, &caller.entry(verified, account.id));
        Ok(())
    }
}

fn address_of(account: &Account, channel: OobChannel) -> Result<(messages::Recipient, Identifier), Error> {
    let identifier = match channel {
        OobChannel::Sms => account.phone.as_ref().map(Identifier::phone),
        OobChannel::Email => account.email.as_ref().map(Identifier::email),
    };
    let found = messages::recipient_in(account, &channel.field()).zip(identifier);
    let message = "The customer has no such address.";
    found.ok_or_else(|| Code::InvalidRequest.because("no such address").saying(message))
}

fn digest_of(code: &OneTimeCode, ring: &KeyRing, tenant: &TenantId, address: FlowAddress<'_>, account: &str) -> String {
    code.digest(ring, tenant, &[PURPOSE, address.kind.as_str(), address.destination, account])
}
