use super::sign_in_by_code::{flow_address, flow_digest};
use crate::account::Status;
use crate::app::sends::{answer_sent, may_send};
use crate::app::sign_in::{first_half, identifier_digest};
use crate::app::{App, Caller, Memory, messages};
use crate::error::Error;
use crate::http::Response;
use crate::store::{Channel, FlowCode, Purpose, Sending, SourceLimit};
use crate::token::{LinkSecret, OneTimeCode};
use crate::types::{Format, Identifier, Invalid, Phone, SchemaName};

impl App {
    /// Sends a sign-in code to a lead's phone, which the field `field` holds (contract §2.5). A number that is
    /// nobody's gets the same answer for the same work, and no message. `respond` is given the handle of the flow.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidRequest`]; [`crate::error::Code::TooManyRequests`] within 60 s of the last code to this number, after 5 in an
    /// hour or 10 in a day, or 20 in an hour from one source.
    pub async fn send_lead_code(
        &self,
        caller: &Caller,
        (field, written): (&SchemaName, &str),
        memory: &Memory,
        respond: impl FnOnce(&str) -> Response,
    ) -> Result<Response, Error> {
        let (tenant, kind, now) = (caller.tenant_id(), caller.kind, caller.now);
        if caller.tenant.settings.lead_key(field) != Some(Format::Phone) {
            let rule = Invalid("must name a unique field that holds a telephone number");
            return Err(Error::invalid("FieldSchemaName", rule));
        }
        let invalid = |invalid| Error::invalid("FieldContent", invalid);
        let phone = Phone::written(written).map_err(invalid)?;
        let identifier = Identifier::parse(field.clone(), Format::Phone, written).map_err(invalid)?;
        let address = flow_address(kind, &phone);
        let (found, desk) = tokio::join!(
            self.store.account_by_identifier(tenant, kind, &identifier, now),
            self.store.flow_desk(tenant, address, now)
        );
        let (found, desk) = (found?, desk?);
        may_send(&desk.sends, now)?;
        let id = found.unwrap_or_else(|| first_half(&identifier_digest(caller, &identifier)));
        let (counted, account) =
            tokio::join!(self.count_source(caller, SourceLimit::sends()), self.store.account(tenant, id, now));
        counted?;
        let account = account?;
        let holder = account.as_ref().map(|account| (account.id, account.stamp()));
        let owner = account
            .filter(|account| account.status == Status::Active && desk.takes_codes(account.id, &account.stamp()));

        let (code, flow) = (OneTimeCode::random(&self.random), LinkSecret::random(&self.random));
        let recipient = match &owner {
            Some(_) => (Channel::Sms, phone.as_str().to_owned()),
            None => messages::nobody(),
        };
        let message = messages::code(&caller.tenant, recipient, Purpose::SignInCode, &code);
        let digest = flow_digest(&code, &caller.ring, tenant, address, &flow);
        let bound_to = holder.clone().filter(|_| owner.is_some());
        let code = FlowCode::new((flow.digest(), digest), Some(field.clone()), bound_to, now);
        let answer = respond(flow.reveal());
        let remember = self.remember(caller, memory, &answer)?;
        let sending = Sending { message: &message, remember: remember.as_ref() };
        let sent = self
            .store
            .send_flow_code(tenant, (address, &desk, code), (holder, None), sending, &caller.ring, now)
            .await?;
        answer_sent(sent, answer)
    }
}
