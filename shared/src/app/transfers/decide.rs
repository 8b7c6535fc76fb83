use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::look::sealed_for;
use super::{Offered, Outcome, Question, Scanned, Visitor};
use crate::app::{App, Caller, messages};
use crate::consent::{Consent, VERSION};
use crate::error::{Code, Error};
use crate::log::Line;
use crate::store::{Agreement, Cancelled, Decided};
use crate::transfer::Transfer;
use crate::types::{AccountId, DataScope};

/// What a person agrees to.
#[derive(Debug)]
pub struct DecisionForm {
    /// Everything that was ticked; what is not optional needs no tick.
    pub ticked: Vec<DataScope>,
    /// Which of several entries, by position; the first unless another was picked.
    pub picked: BTreeMap<DataScope, usize>,
    /// What was shown.
    pub shown: String,
}

impl App {
    /// Hands over what the person agreed to, and nothing else, once.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when it is wider than what was asked, or names no entry; [`Code::Stale`] when it is not
    /// what they were shown; [`Code::ReauthenticationRequired`] when they signed in over 5 minutes ago. A transfer that
    /// was answered before or is over stays as it is, and that is no error.
    pub async fn agree(&self, scanned: &Scanned, visitor: &Visitor, form: &DecisionForm) -> Result<(), Error> {
        let (Scanned { transfer, client, .. }, Visitor { caller, account, session }) = (scanned, visitor);
        if !visitor.may_agree() {
            return Err(Code::ReauthenticationRequired.because("signed in too long ago, or by one factor"));
        }
        let question = Question::to(visitor, transfer);
        let (approved, user_data) = agreed(transfer, &question, form)?;
        if question.shown != form.shown {
            return Err(stale());
        }
        let json = serde_json::to_vec(&user_data).map_err(|_| Code::Internal.because("data without a JSON form"))?;
        let consent = Consent {
            id: transfer.id,
            client_id: client.id.clone(),
            client_name: client.name.clone(),
            scope: transfer.scope.only(|scope| approved.contains(&scope)),
            given_at: caller.now.seconds(),
            version: VERSION.to_owned(),
            revoked_at: None,
        };
        let user_data = caller.ring.secrets().seal(&self.random, &sealed_for(transfer.id), &json)?;
        let link = format!("{}/authorize/consents?tenant={}", self.issuer, caller.tenant_id());
        let notice = messages::data_shared(&caller.tenant, messages::recipient(account), &client.name, link);
        let agreement = Agreement { account, session, consent: &consent, user_data, notice: &notice };
        match self.store.confirm_transfer(caller.tenant_id(), agreement, &caller.ring, caller.now).await? {
            Decided::Done => {
                self.log_decision(caller, "transfer.confirmed", transfer, Some(account.id));
                Ok(())
            }
            Decided::TooLate => Ok(()),
            Decided::AccountChanged => Err(stale()),
        }
    }

    /// Cancels the transfer, for who signed in to answer it or, while nobody did, for whoever has the code. How it stands
    /// for them then: what was answered before stays.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn decline(&self, scanned: &Scanned, visitor: Option<&Visitor>) -> Result<Outcome, Error> {
        let Scanned { caller, transfer, .. } = scanned;
        let person = visitor.map(|visitor| visitor.account.id);
        match self.store.cancel_transfer(caller.tenant_id(), (transfer.id, person), caller.now).await? {
            Cancelled::Now => {
                self.log_decision(caller, "transfer.cancelled", transfer, person);
                Ok(Outcome::Declined)
            }
            Cancelled::Refused(None) => Ok(Outcome::Unknown),
            // One that waits and cannot be declined waits for somebody else.
            Cancelled::Refused(Some(transfer)) => {
                Ok(Outcome::of(&transfer, person, caller.now).unwrap_or(Outcome::AnsweredElsewhere))
            }
        }
    }

    fn log_decision(&self, caller: &Caller, event: &str, transfer: &Transfer, account: Option<AccountId>) {
        let line = Line {
            client: Some(transfer.client_id.as_str()),
            account: account.map(|account| account.to_string()),
            transfer: Some(transfer.id.to_string()),
            ..caller.line(event)
        };
        self.log.info(&self.clock, &line);
    }
}

/// What is agreed to and known, and what is handed over for it.
fn agreed(
    transfer: &Transfer,
    question: &Question,
    form: &DecisionForm,
) -> Result<(Vec<DataScope>, Map<String, Value>), Error> {
    let refused = |message: &'static str| Code::InvalidRequest.because("a decision on something else").saying(message);
    let named = form.ticked.iter().chain(form.picked.keys());
    if named.into_iter().any(|scope| !transfer.scope.contains(*scope)) {
        return Err(refused("This agrees to more than was asked for."));
    }
    let mut user_data = Map::from_iter([("sub".to_owned(), Value::from(question.subject.as_str()))]);
    let mut approved = Vec::new();
    for Offered { scope, entries } in &question.offered {
        if transfer.optional_scope.contains(*scope) && !form.ticked.contains(scope) {
            continue;
        }
        let position = form.picked.get(scope).copied().unwrap_or_default();
        match entries.get(position) {
            Some(entry) => {
                approved.push(*scope);
                user_data.insert(scope.as_str().to_owned(), entry.value.clone());
            }
            None if entries.is_empty() && position == 0 => {}
            None => return Err(refused("This picks an entry that is not there.")),
        }
    }
    Ok((approved, user_data))
}

fn stale() -> Error {
    let message = "Your details changed since this page was shown. Look at it again.";
    Code::Stale.because("not what was shown").saying(message)
}
