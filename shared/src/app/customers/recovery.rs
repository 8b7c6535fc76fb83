use super::BackEnd;
use crate::account::{Account, Customer, CustomerType, Kind, Owner, Status};
use crate::app::mfa::{OobChannel, destination_digest, reached};
use crate::app::sends::{answer_sent, may_send};
use crate::app::sign_in::{first_half, identifier_digest};
use crate::app::{App, Caller, messages};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::store::{Asked, GrantType, Purpose, RECOVERY, Sending, Sent};
use crate::token::{LinkSecret, OneTimeCode, PlainToken};
use crate::types::{AccountId, Audience, Identifier};

/// What a recovery goes on with: the handle of the code that was sent, and the token of the sign-in.
#[derive(Debug)]
pub struct RecoveryBegun {
    pub handle: LinkSecret,
    pub token: PlainToken,
    /// Where the tenant's calls are.
    pub api: String,
}

impl App {
    /// Begins to sign somebody in who forgot their password or pin (contract §4.5): a code is sent, and once it came
    /// back, what is still missing is asked for. Somebody unknown gets the same answer for the same work, and no
    /// message. No factor is spared.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`]; [`Code::TooManyRequests`] within 60 s of the last one in this name, after 5 in an hour
    /// or 10 in a day.
    pub async fn begin_recovery(
        &self,
        back_end: &BackEnd,
        (identifier, audience): (&Identifier, &Audience),
        channel: OobChannel,
        respond: impl FnOnce(&RecoveryBegun) -> Response,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        let (tenant, now) = (caller.tenant_id(), caller.now);
        back_end.may_identify(identifier)?;
        let grant = back_end.session_grant(audience, GrantType::Password)?;
        // Held against the name that was given: the address's own limit would tell which names are one customer's.
        let named = destination_digest(caller, identifier);
        let (found, asked) = tokio::join!(
            self.store.account_by_identifier(tenant, caller.kind, identifier, now),
            self.store.asked(tenant, RECOVERY, &named, now)
        );
        let (found, asked) = (found?, asked?);
        may_send(&asked, now)?;
        let id = found.unwrap_or_else(|| first_half(&identifier_digest(caller, identifier)));
        let account = self.store.account(tenant, id, now).await?;
        let account = account.filter(|account| account.status == Status::Active);
        let reached = account.as_ref().and_then(|account| reached(account, channel));
        // The address's own limit is silent. Nobody's is read and counted, too.
        let destination = reached.as_ref().map_or_else(|| identifier.clone(), |(_, destination)| destination.clone());
        let sent_to = format!("{} sent", destination_digest(caller, &destination));
        let sends = self.store.asked(tenant, RECOVERY, &sent_to, now).await?;
        let is_enough = sends.wait(now).is_some();
        let recipient = reached.filter(|_| !is_enough).map(|(recipient, _)| recipient);
        let account = account.unwrap_or_else(|| nobody(id, caller));
        let (mut flow, token) = self.new_flow(caller, &account, grant, &[]);
        let (handle, code) = (LinkSecret::random(&self.random), OneTimeCode::random(&self.random));
        flow.waits_for_its_code = true;
        flow.challenge = Some(Self::mfa_challenge(caller, &flow, channel, (&handle, &code)));
        let message =
            messages::code(&caller.tenant, recipient.unwrap_or_else(messages::nobody), Purpose::RecoveryCode, &code);
        let sending = Sending { message: &message, remember: None };
        let asked = Asked { purpose: RECOVERY, named: &named, sends: &asked };
        let there = Asked { purpose: RECOVERY, named: &sent_to, sends: &sends };
        let counted = [Some(asked), Some(there).filter(|_| !is_enough)];
        let sent = self.store.begin_mfa_flow_by_code(tenant, &flow, counted, sending, &caller.ring, now).await?;
        if sent == Sent::Overtaken {
            return Err(Code::Internal.because("two flows of one id"));
        }
        answer_sent(sent, respond(&RecoveryBegun { handle, token, api: self.own_audience(tenant) }))
    }
}

/// Stands for somebody whom nobody knows.
fn nobody(id: AccountId, caller: &Caller) -> Account {
    let customer_type = match caller.kind {
        Kind::Customer(customer_type) => customer_type,
        Kind::Intermediary | Kind::Lead => CustomerType::Customer,
    };
    let customer =
        Customer { customer_type, customer_id: id.into(), first_name: None, last_name: None, pin_hash: None };
    Account::blank(id, Owner::Customer(customer), caller.now)
}
