use crate::account::Status;
use crate::app::{App, Caller, Memory, Respond};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::store::Proof;
use crate::types::{AccountId, RefreshLifetime};

impl App {
    /// Signs in a lead for whom the client vouches (contract §2.10): no password is asked for, none is proved.
    ///
    /// # Errors
    /// [`Code::LeadNotFound`], also when the lead is blocked.
    pub async fn auto_login(
        &self,
        caller: &Caller,
        lead: AccountId,
        lifetime: RefreshLifetime,
        respond: Respond,
    ) -> Result<Response, Error> {
        let account = self.lead(caller, lead).await?;
        if account.status != Status::Active {
            return Err(Code::LeadNotFound.because("the lead is not active").at("LeadId"));
        }
        let session = self.new_session(caller, &account, &[], caller.lifespan(lifetime));
        self.open_session(caller, &account, &session, Proof::Vouched, &Memory::default(), respond).await
    }
}
