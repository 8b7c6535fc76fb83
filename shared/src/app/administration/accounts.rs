use crate::account::{Account, Kind};
use crate::app::customers::BackEnd;
use crate::app::{App, NewStatus};
use crate::error::{Code, Error};
use crate::log::Line;
use crate::types::{AccountId, Identifier, IntermediaryId};

impl App {
    /// Makes an intermediary's record, which may then get one account.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn create_intermediary(&self, administrator: &BackEnd) -> Result<IntermediaryId, Error> {
        let (caller, id) = (&administrator.caller, IntermediaryId::random(&self.random));
        self.store.register_intermediary(caller.tenant_id(), &id, "{}".to_owned(), None, caller.now).await?;
        let line = Line { reason: Some(id.as_str()), ..caller.line("intermediary.created") };
        self.log.warn(&self.clock, &line);
        Ok(id)
    }

    /// An account of the tenant, of whatever kind.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn any_account(&self, administrator: &BackEnd, id: AccountId) -> Result<Account, Error> {
        let account = self.store.account(administrator.caller.tenant_id(), id, administrator.caller.now).await?;
        account.ok_or_else(no_account)
    }

    /// The account that an identifier says to be whose.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn account_known_by(
        &self,
        administrator: &BackEnd,
        (kind, identifier): (Kind, &Identifier),
    ) -> Result<Account, Error> {
        let (tenant, now) = (administrator.caller.tenant_id(), administrator.caller.now);
        let found = self.store.account_by_identifier(tenant, kind, identifier, now).await?;
        self.any_account(administrator, found.ok_or_else(no_account)?).await
    }

    /// Blocks an account of whatever kind, or unblocks it, as [`set_status`](App::set_status) does.
    ///
    /// # Errors
    /// As [`set_status`](App::set_status).
    pub async fn set_any_status(
        &self,
        administrator: &BackEnd,
        id: AccountId,
        status: NewStatus,
    ) -> Result<Account, Error> {
        let mut caller = administrator.caller.clone();
        caller.kind = self.any_account(administrator, id).await?.kind();
        self.set_status(&caller, id, status).await
    }
}

fn no_account() -> Error {
    Code::NotFound.because("no such account").saying("There is no such account.")
}
