use super::Visitor;
use crate::app::App;
use crate::consent::Consent;
use crate::error::Error;
use crate::log::Line;
use crate::types::TransferId;

impl App {
    /// Every consent that somebody gave, the newest first.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn consents_of(&self, visitor: &Visitor) -> Result<Vec<Consent>, Error> {
        self.store.consents(visitor.caller.tenant_id(), visitor.account.id).await
    }

    /// Revokes a consent of theirs. What was read before stays with whoever read it; nothing is read after.
    /// `false`: there is no such consent of theirs, or it was revoked before.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn revoke_consent(&self, visitor: &Visitor, id: TransferId) -> Result<bool, Error> {
        let Visitor { caller, account, .. } = visitor;
        let revoked = self.store.revoke_consent(caller.tenant_id(), (account.id, id), caller.now).await?;
        if revoked {
            let (account, transfer) = (Some(account.id.to_string()), Some(id.to_string()));
            self.log.info(&self.clock, &Line { account, transfer, ..caller.line("consent.revoked") });
        }
        Ok(revoked)
    }
}
