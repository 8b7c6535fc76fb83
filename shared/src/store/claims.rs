use super::Store;
use super::accounts::{Change, Saved};
use super::flow_codes::{FlowAddress, FlowCode};
use super::outbox::Message;
use super::passwords::AcceptedLink;
use super::write::{Steps, put};
use crate::account::Account;
use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::session::Session;
use crate::types::{TenantId, Timestamp};

/// What proves that an address of an unclaimed account is one's own.
#[derive(Debug, Clone, Copy)]
pub enum AddressProof<'a> {
    /// A code, which is spent by it, and the session that it opens.
    Code(FlowAddress<'a>, &'a FlowCode, &'a Session),
    /// A link, which is spent by it.
    Link(&'a AcceptedLink),
}

impl Store {
    /// Makes an unclaimed account its owner's: the proof spent, the account as it is from then on, the identifiers
    /// that it no longer has free, the session and the notice, all of it or nothing (yardstick E6).
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn claim_account(
        &self,
        tenant: &TenantId,
        (before, after): (&Account, &Account),
        proof: AddressProof<'_>,
        (notice, ring): (&Message, &KeyRing),
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut steps = Steps::new();
        match proof {
            AddressProof::Code(address, code, session) => {
                steps.add(self.spend_flow_code(tenant, address, code, now)?, Saved::AccountChanged);
                steps.add_sure(put(self.session_row(tenant, session)?));
            }
            AddressProof::Link(link) => {
                steps.add(self.spend_link(tenant, before.id, link, now)?, Saved::AccountChanged);
            }
        }
        self.add_change(&mut steps, tenant, Change { before, after, only_if_unused: false }, now)?;
        steps.add_sure(put(self.message(tenant, notice, ring, now)?));
        Ok(self.save(steps).await? == Saved::Saved)
    }
}
