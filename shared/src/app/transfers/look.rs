use serde_json::{Map, Value};

use super::ThirdParty;
use crate::app::App;
use crate::error::{Code, Error};
use crate::http::Request;
use crate::limits::limits;
use crate::store::{Polled, Poller};
use crate::token::TransferToken;
use crate::transfer::{Transfer, TransferStatus};
use crate::types::TransferId;

/// Who looks at a transfer.
#[derive(Debug)]
pub enum Holder {
    /// The third party that opened it.
    ThirdParty(Box<ThirdParty>),
    /// Whoever has the code.
    Code(TransferToken),
}

/// A transfer as it stands.
#[derive(Debug)]
pub struct LookedUp {
    pub transfer: Transfer,
    /// For who has the code; the third party asks for it by itself, and not too often.
    pub status: Option<TransferStatus>,
    /// Of the third party, as its tenant names it.
    pub client_name: String,
}

/// How a transfer ended, for its third party.
#[derive(Debug)]
pub struct Decision {
    pub transfer: Transfer,
    pub status: TransferStatus,
    /// What the person agreed to hand over; nothing before that.
    pub user_data: Map<String, Value>,
}

impl App {
    /// Who it is that has this bearer token: a third party by its access token, or somebody with the code.
    ///
    /// # Errors
    /// [`Code::MissingToken`], [`Code::InvalidToken`]; [`Code::NotFound`] for a code that is not this transfer's.
    pub async fn holder(&self, token: Option<&str>, id: TransferId, request: &Request) -> Result<Holder, Error> {
        let Some(code) = token.filter(|token| TransferToken::is_meant(token)) else {
            return Ok(Holder::ThirdParty(Box::new(self.third_party(token, request).await?)));
        };
        TransferToken::parse(code).filter(|code| code.id == id).map(Holder::Code).ok_or_else(unknown_transfer)
    }

    /// A transfer as its holder sees it. Looking with the code is scanning it.
    ///
    /// # Errors
    /// [`Code::NotFound`], also for another third party's.
    pub async fn find_transfer(&self, holder: &Holder, id: TransferId, request: &Request) -> Result<LookedUp, Error> {
        match holder {
            Holder::Code(code) => {
                let caller = self.browsing(&code.tenant, request).await?.ok_or_else(unknown_transfer)?;
                let scanned = self.scan(&caller, code.clone()).await?.ok_or_else(unknown_transfer)?;
                let status = Some(scanned.transfer.status_at(scanned.caller.now));
                Ok(LookedUp { transfer: scanned.transfer, status, client_name: scanned.client.name.clone() })
            }
            Holder::ThirdParty(third_party) => {
                let ThirdParty { caller, client, .. } = &**third_party;
                let found = self.store.transfer(caller.tenant_id(), id, caller.now).await?;
                let own = found.filter(|transfer| transfer.client_id == client.id).ok_or_else(unknown_transfer)?;
                Ok(LookedUp { transfer: own, status: None, client_name: client.name.clone() })
            }
        }
    }

    /// How a transfer stands, for whoever waits for it.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::SlowDown`] within 5 s of the last time, while it is pending.
    pub async fn poll_status(&self, holder: &Holder, id: TransferId) -> Result<(Transfer, TransferStatus), Error> {
        let now = self.clock.now();
        let seen = match holder {
            Holder::Code(code) => {
                self.store.poll_transfer(&code.tenant, id, Poller::Holder(&code.digest()), now).await?
            }
            Holder::ThirdParty(third_party) => {
                let ThirdParty { caller, client, .. } = &**third_party;
                self.store.poll_transfer(caller.tenant_id(), id, Poller::Client(&client.id), now).await?
            }
        };
        let transfer = waited_for(seen)?;
        let status = transfer.status_at(now);
        Ok((transfer, status))
    }

    /// What came of a transfer, for the third party that opened it. One call.
    ///
    /// # Errors
    /// [`Code::NotFound`], also for another third party's and 10 minutes after the answer; [`Code::SlowDown`] within 5 s
    /// of the last time, while it is pending.
    pub async fn decision(&self, third_party: &ThirdParty, id: TransferId) -> Result<Decision, Error> {
        let caller = &third_party.caller;
        let seen = self
            .store
            .poll_transfer(caller.tenant_id(), id, Poller::Decision(&third_party.client.id), caller.now)
            .await?;
        let transfer = waited_for(seen)?;
        let user_data = match &transfer.user_data {
            Some(sealed) => {
                let json = caller.ring.unseal(&sealed_for(transfer.id), sealed)?;
                serde_json::from_slice(&json).map_err(|_| Code::Internal.because("what was agreed does not parse"))?
            }
            None => Map::new(),
        };
        let status = transfer.status_at(caller.now);
        Ok(Decision { transfer, status, user_data })
    }
}

/// What binds sealed data to its transfer.
pub(super) fn sealed_for(id: TransferId) -> String {
    format!("transfer {id}")
}

fn waited_for(polled: Polled) -> Result<Transfer, Error> {
    match polled {
        Polled::Seen(transfer) => Ok(*transfer),
        Polled::TooSoon => {
            Err(Code::SlowDown.because("asked again too soon").retry_after((limits().poll_milliseconds + 999) / 1_000))
        }
        Polled::Gone => Err(unknown_transfer()),
    }
}

/// What is said of every transfer that is not its caller's to see, whether or not there is one.
#[must_use]
pub fn unknown_transfer() -> Error {
    let message =
        "There is no such session, its decision is over 10 minutes old, or the person took their consent back.";
    Code::NotFound.because("no such transfer of this holder").saying(message)
}
