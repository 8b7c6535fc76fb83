use aws_lc_rs::digest::{Context, SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use uuid::Builder;

use super::{Offered, Scanned, Visitor, offer};
use crate::app::App;
use crate::error::Error;
use crate::transfer::{Transfer, TransferStatus};
use crate::types::{AccountId, ClientId, DataScope, TenantId, Timestamp};

/// How a request ended, as one person sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// This person agreed.
    Agreed,
    /// This person declined, or somebody with the code did who did not sign in.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// Somebody did, who may be this person: nobody is signed in.
    Answered,
    /// Somebody else is answering it, or has.
    AnsweredElsewhere,
    /// The code stands for nothing: unknown, long over, or its third party is no more.
    Unknown,
}

impl Outcome {
    /// How the transfer ended for this person; `None` while they may answer it.
    #[must_use]
    pub fn of(transfer: &Transfer, person: Option<AccountId>, now: Timestamp) -> Option<Self> {
        let is_own = person.is_some() && transfer.account_id == person;
        match transfer.status_at(now) {
            TransferStatus::Expired => Some(Self::Expired),
            TransferStatus::Confirmed if is_own => Some(Self::Agreed),
            TransferStatus::Cancelled if is_own || transfer.account_id.is_none() => Some(Self::Declined),
            TransferStatus::Confirmed | TransferStatus::Cancelled if person.is_none() => Some(Self::Answered),
            TransferStatus::Confirmed | TransferStatus::Cancelled => Some(Self::AnsweredElsewhere),
            TransferStatus::Initialized | TransferStatus::Retrieved => {
                let is_anothers = person.is_some_and(|person| transfer.is_anothers(person));
                is_anothers.then_some(Self::AnsweredElsewhere)
            }
        }
    }
}

/// What a person is asked: everything that they are shown, and that would be handed over.
#[derive(Debug)]
pub struct Question {
    pub offered: Vec<Offered>,
    /// Stands for all of it, so that nobody agrees to what they did not see.
    pub shown: String,
    /// The person's id for this third party, which goes along whatever is agreed to.
    pub subject: String,
}

impl Question {
    pub(super) fn to(visitor: &Visitor, transfer: &Transfer) -> Self {
        let scopes: Vec<DataScope> = transfer.scope.iter().collect();
        let subject = subject(visitor.caller.tenant_id(), &transfer.client_id, visitor.account.id);
        let offered = offer(&visitor.account, &scopes, &subject, visitor.caller.now);
        let shown = shown(transfer, &subject, &offered);
        Self { offered, shown, subject }
    }
}

/// The person's id for one third party (`sub`): always the same, and another one for every other third party, so that
/// two of them cannot put together what they know.
fn subject(tenant: &TenantId, client: &ClientId, account: AccountId) -> String {
    let hash = digest(&SHA256, format!("subject\n{tenant}\n{client}\n{account}").as_bytes());
    let mut half = [0; 16];
    half.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    Builder::from_custom_bytes(half).into_uuid().to_string()
}

fn shown(transfer: &Transfer, subject: &str, offered: &[Offered]) -> String {
    let mut context = Context::new(&SHA256);
    let mut add = |part: &str| {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    };
    add(&transfer.id.to_string());
    add(subject);
    for Offered { scope, entries } in offered {
        add(scope.as_str());
        for entry in entries {
            add(&entry.shown);
            add(&entry.value.to_string());
        }
    }
    BASE64URL_NOPAD.encode(context.finish().as_ref())
}

impl App {
    /// The question for this person, who is from now on the only one to answer it; or how it ended for them.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn ask(&self, scanned: &Scanned, visitor: &Visitor) -> Result<Result<Question, Outcome>, Error> {
        let (tenant, now, person) = (scanned.caller.tenant_id(), scanned.caller.now, visitor.account.id);
        let claimed = self.store.claim_transfer(tenant, (scanned.transfer.id, person), now).await?;
        let Some(transfer) = claimed else { return Ok(Err(Outcome::Unknown)) };
        let outcome = Outcome::of(&transfer, Some(person), now);
        Ok(outcome.map_or_else(|| Ok(Question::to(visitor, &transfer)), Err))
    }

    /// Ends a visit in whose place somebody signed in. If it is by another account, that one may answer now.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn give_way(
        &self,
        scanned: Option<&Scanned>,
        (visitor, successor): (&Visitor, AccountId),
    ) -> Result<(), Error> {
        let person = visitor.account.id;
        let held = scanned.filter(|scanned| scanned.transfer.account_id == Some(person) && successor != person);
        if let Some(Scanned { caller, transfer, .. }) = held {
            self.store.unclaim_transfer(caller.tenant_id(), (transfer.id, person), caller.now).await?;
        }
        self.sign_visitor_out(visitor).await
    }
}
