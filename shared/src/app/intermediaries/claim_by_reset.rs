use crate::account::Account;
use crate::app::{App, Caller, messages};
use crate::error::Error;
use crate::history::{Entry, Happened};
use crate::store::{AcceptedLink, ChangeProof, IntermediaryChange, Message, Purpose, Saved};
use crate::types::SchemaName;

impl App {
    /// Gives an account whose e-mail address nobody had proved to whoever used a reset link that was sent there, as
    /// `after` has it: without the phone that it was registered with, which is told (yardstick E6). `false`: the link or
    /// the account changed meanwhile, and nothing was written.
    pub(in crate::app) async fn claim_by_reset(
        &self,
        caller: &Caller,
        (before, after): (&Account, &Account),
        link: &AcceptedLink,
        (notice, reset): (Message, &Entry),
    ) -> Result<bool, Error> {
        let phone = messages::recipient_in(before, &SchemaName::phone());
        let entry = |event| caller.entry(event, before.id);
        let removed = phone.is_some().then(|| entry(Happened::PhoneRemoved));
        let gone = phone.map(|to| messages::notice(&caller.tenant, to, Purpose::PhoneChanged));
        let notices: Vec<_> = [notice].into_iter().chain(gone).collect();
        let beside: Vec<_> = [entry(Happened::EmailVerified)].into_iter().chain(removed).collect();
        let entries: Vec<_> = beside.iter().chain([reset]).cloned().collect();
        let (proof, notices, entries) = (ChangeProof::ResetLink(link), notices.as_slice(), entries.as_slice());
        let change = IntermediaryChange { proof, notices, entries, ..IntermediaryChange::of(before, after) };
        let saved = self.store.change_intermediary(caller.tenant_id(), change, &caller.ring, caller.now).await?;
        if saved != Saved::Saved {
            return Ok(false);
        }
        self.log_entries(caller, &beside);
        Ok(true)
    }
}
