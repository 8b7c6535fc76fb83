use super::memory::answered_by_twin;
use super::{App, Caller};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::log::Line;
use crate::store::Saved;
use crate::types::{AccountId, SchemaName};

impl App {
    /// What became of making or changing an account that has no record, in the words of an answer: `event` is logged
    /// where it holds, and `taken` refuses an identifier that is somebody else's, as far as it is known whose.
    ///
    /// # Errors
    /// Those of `taken`; [`Code::Unavailable`] when the account changed at the same time.
    pub(super) fn account_saved(
        &self,
        caller: &Caller,
        (event, id): (&str, AccountId),
        outcome: Saved,
        taken: impl FnOnce(&SchemaName, Option<AccountId>) -> Error,
        answer: Response,
    ) -> Result<Response, Error> {
        match outcome {
            Saved::Saved => {
                let line = Line { account: Some(id.to_string()), ..caller.line(event) };
                self.log.info(&self.clock, &line);
                Ok(answer)
            }
            Saved::IdentifierTaken(field, owner) => Err(taken(&field, owner)),
            Saved::Remembered => Err(answered_by_twin()),
            Saved::AccountChanged => Err(Error::conflict("the account was changed at the same time")),
            Saved::IntermediaryMissing | Saved::IntermediaryHasAccount => {
                Err(Code::Internal.because("an account that has no record"))
            }
        }
    }
}
