use crate::account::Account;
use crate::app::{App, Caller, Memory, Principal, Respond};
use crate::error::Error;
use crate::history::Happened;
use crate::http::Response;
use crate::store::IntermediaryChange;
use crate::types::Name;

impl App {
    /// Changes the name of whoever is signed in (contract §1.13).
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when the account changed at the same time.
    pub async fn change_name(
        &self,
        caller: &Caller,
        principal: &Principal,
        name: Name,
        respond: Respond,
    ) -> Result<Response, Error> {
        let Principal { account, session } = principal;
        if account.full_name.as_ref() == Some(&name) {
            return respond(&self.signed_in(caller, account, session));
        }
        let after = Account { full_name: Some(name), revision: account.revision + 1, ..account.clone() };
        let entries = [caller.entry(Happened::NameChanged, account.id).in_session(session.id)];
        let change = IntermediaryChange { entries: &entries, ..IntermediaryChange::of(account, &after) };
        self.save_change(caller, change, session, (&Memory::default(), respond)).await
    }
}
