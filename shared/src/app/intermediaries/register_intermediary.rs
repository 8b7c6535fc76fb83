use crate::app::memory::answered_by_twin;
use crate::app::{App, Caller, Memory};
use crate::error::Error;
use crate::http::Response;
use crate::types::IntermediaryId;

impl App {
    /// Registers an intermediary's record with its caller's own data, a JSON text.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn register_intermediary(
        &self,
        caller: &Caller,
        id: &IntermediaryId,
        variables: &str,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let remember = self.remember(caller, memory, &answer)?;
        let variables = variables.to_owned();
        let (tenant, now) = (caller.tenant_id(), caller.now);
        if self.store.register_intermediary(tenant, id, variables, remember.as_ref(), now).await? {
            Ok(answer)
        } else {
            Err(answered_by_twin())
        }
    }
}
