use super::form::LeadForm;
use super::register::blank_lead;
use crate::account::{Account, Kind};
use crate::app::{App, Caller, Memory};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::store::Change;
use crate::types::AccountId;

impl App {
    /// Makes a lead that is no portal user yet.
    ///
    /// # Errors
    /// [`Code::LeadExists`], naming the field, when an identifier is another lead's.
    pub async fn create_lead(
        &self,
        caller: &Caller,
        form: &LeadForm,
        memory: &Memory,
        respond: fn(AccountId) -> Response,
    ) -> Result<Response, Error> {
        let account = form.applied_to(&blank_lead(AccountId::random(&self.random), caller.now))?;
        self.open_lead(caller, account, memory, respond).await
    }

    /// Changes what is known of a lead. Identifiers that are new are the lead's from then on, replaced and removed
    /// ones are free.
    ///
    /// # Errors
    /// [`Code::LeadNotFound`]; [`Code::LeadExists`], naming the field; [`Code::InvalidRequest`] when no identifier
    /// would be left.
    pub async fn update_lead(
        &self,
        caller: &Caller,
        id: AccountId,
        form: &LeadForm,
        memory: &Memory,
        respond: fn(AccountId) -> Response,
    ) -> Result<Response, Error> {
        let before = self.lead(caller, id).await?;
        let after = form.applied_to(&before)?;
        if after.identifiers.is_empty() {
            let message = "A lead must keep one unique identifier.";
            return Err(Code::InvalidRequest.because("no identifier is left").saying(message).at("LeadFields"));
        }
        if (Account { revision: before.revision, ..after.clone() }) == before {
            return Ok(respond(id));
        }
        let change = Change { before: &before, after: &after, only_if_unused: false, displaced: None };
        self.change_lead(caller, change, memory, respond(id)).await
    }

    /// # Errors
    /// [`Code::LeadNotFound`], also for an account of another kind.
    pub(super) async fn lead(&self, caller: &Caller, id: AccountId) -> Result<Account, Error> {
        let account = self.store.account(caller.tenant_id(), id, caller.now).await?;
        let lead = account.filter(|account| account.kind() == Kind::Lead);
        lead.ok_or_else(|| Code::LeadNotFound.because("no lead of this tenant").at("LeadId"))
    }
}
