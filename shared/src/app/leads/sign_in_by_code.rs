use crate::account::{Account, Kind, Status};
use crate::app::claim::claimed;
use crate::app::{App, Caller, Memory, Respond, messages};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::key_ring::KeyRing;
use crate::session::{self, Session};
use crate::store::{AddressProof, FlowAddress, FlowCode, Proof, Purpose};
use crate::token::{LinkSecret, OneTimeCode};
use crate::types::{Phone, RefreshLifetime, TenantId};

/// What somebody gives to sign in by a code, with where it was sent and the handle of the flow it was sent in.
#[derive(Debug)]
pub struct FlowCodeForm {
    pub code: OneTimeCode,
    pub phone: Phone,
    pub flow: LinkSecret,
}

const PURPOSE: &str = "sign-in";

pub(super) fn flow_address(kind: Kind, phone: &Phone) -> FlowAddress<'_> {
    FlowAddress { purpose: PURPOSE, kind, destination: phone.as_str() }
}

/// What the table knows of a code: bound to purpose, destination and flow.
pub(super) fn flow_digest(
    code: &OneTimeCode,
    ring: &KeyRing,
    tenant: &TenantId,
    address: FlowAddress<'_>,
    flow: &LinkSecret,
) -> String {
    let bound_to = [address.purpose, address.kind.as_str(), address.destination, flow.reveal()];
    code.digest(ring, tenant, &bound_to)
}

impl App {
    /// Signs in by a code that was sent to a phone (contract §2.6). The session has proved that phone.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`], for every reason alike;
    /// [`Code::TooManyRequests`] when the source failed too often.
    pub async fn sign_in_by_flow_code(
        &self,
        caller: &Caller,
        form: &FlowCodeForm,
        lifetime: RefreshLifetime,
        memory: &Memory,
        respond: Respond,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (admitted, may) = tokio::join!(self.admit(caller), self.source_may_fail(caller));
        admitted?;
        may?;
        let address = flow_address(caller.kind, &form.phone);
        let tried = self.store.try_flow_code(tenant, address, &form.flow.digest(), now).await?;
        let digest = flow_digest(&form.code, &caller.ring, tenant, address, &form.flow);
        let code = tried.filter(|code| code.is(&digest));
        let account = match code.as_ref().and_then(|code| code.account_id) {
            Some(owner) => self.store.account(tenant, owner, now).await?,
            None => None,
        };
        let (Some(account), Some(code)) = (account.filter(|account| account.status == Status::Active), code) else {
            self.count_source_failure(caller).await?;
            return Err(self.refuse(caller, "no such code"));
        };
        if code.stamp != account.stamp() {
            return Err(self.refuse(caller, "the account changed since the code was sent"));
        }
        let session = self.new_session(caller, &account, &[session::PHONE_CODE], caller.lifespan(lifetime));
        if account.is_unclaimed {
            return self.claim_by_code(caller, &account, (address, &code), &session, respond).await;
        }
        let proof = Proof::FlowCode { address, code: &code };
        self.open_session(caller, &account, &session, proof, memory, respond).await
    }

    /// Signs in the owner of an account that anybody may have registered.
    async fn claim_by_code(
        &self,
        caller: &Caller,
        before: &Account,
        (address, code): (FlowAddress<'_>, &FlowCode),
        session: &Session,
        respond: Respond,
    ) -> Result<Response, Error> {
        let field = code.field.as_ref().ok_or_else(|| Code::Internal.because("a lead's code of no field"))?;
        let mut after = claimed(before, field, &caller.tenant.settings, caller.now);
        after.sessions.insert(session.id.to_string(), session.opened_at);
        after.last_active_at = session.opened_at;
        let answer = respond(&self.signed_in(caller, &after, session))?;
        let owner = messages::recipient_in(&after, field).unwrap_or_else(messages::nobody);
        let notice = messages::notice(&caller.tenant, owner, Purpose::AccountClaimed);
        let proof = AddressProof::Code(address, code, session);
        let (tenant, now) = (caller.tenant_id(), caller.now);
        if !self.store.claim_account(tenant, (before, &after), proof, (&notice, &caller.ring), now).await? {
            return Err(self.refuse(caller, "the code was spent or the account changed at the same time"));
        }
        self.log_claim(caller, &after);
        Ok(answer)
    }
}
