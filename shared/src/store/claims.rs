use super::accounts::{Change, Saved};
use super::flow_codes::{FlowAddress, FlowCode};
use super::outbox::Message;
use super::passwords::{AcceptedLink, verified};
use super::write::{Steps, put, update};
use super::{Store, keys, number};
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
    /// Notes that an address of the account was proved by a code, which is spent by it. `false`: the code or the
    /// account changed meanwhile, and nothing was written.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn confirm_address(
        &self,
        tenant: &TenantId,
        account: &Account,
        (address, code): (FlowAddress<'_>, &FlowCode),
        now: Timestamp,
    ) -> Result<bool, Error> {
        let set = code.field.as_ref().and_then(verified).and_then(|set| set.strip_prefix(", ")).unwrap_or_default();
        let confirm = self
            .update_at(&keys::account(tenant, account.id))
            .update_expression(format!("SET {set}"))
            .condition_expression("identity_version = :identity AND password_version = :password")
            .expression_attribute_values(":verified_at", number(now.seconds()))
            .expression_attribute_values(":identity", number(account.identity_version))
            .expression_attribute_values(":password", number(account.password_version))
            .build()?;
        let mut steps = Steps::new();
        steps.add(self.spend_flow_code(tenant, address, code, now)?, ());
        steps.add(update(confirm), ());
        Ok(self.carry_out(steps).await?.is_none())
    }

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
        self.add_change(&mut steps, tenant, Change { before, after, only_if_unused: false, displaced: None }, now)?;
        steps.add_sure(put(self.message(tenant, notice, ring, now)?));
        Ok(self.save(steps).await? == Saved::Saved)
    }
}
