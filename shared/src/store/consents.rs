use aws_sdk_dynamodb::types::Put;

use super::write::{Steps, delete, update};
use super::{Store, from_item, keys, number};
use crate::consent::Consent;
use crate::error::Error;
use crate::types::{AccountId, TenantId, Timestamp, TransferId};

impl Store {
    pub(super) fn consent_row(&self, tenant: &TenantId, account: AccountId, consent: &Consent) -> Result<Put, Error> {
        self.row(&keys::consent(tenant, account, consent.id), consent, None)
    }

    /// Every consent that an account gave, the newest first.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn consents(&self, tenant: &TenantId, account: AccountId) -> Result<Vec<Consent>, Error> {
        let rows = self.query_all(&keys::account(tenant, account).pk, keys::CONSENT).await?;
        let mut consents = rows.into_iter().map(from_item).collect::<Result<Vec<Consent>, Error>>()?;
        consents.sort_by_key(|consent| std::cmp::Reverse(consent.given_at));
        Ok(consents)
    }

    /// Revokes a consent: what it handed over is not read from here again. `false`: there is none, or it was revoked
    /// before.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn revoke_consent(
        &self,
        tenant: &TenantId,
        (account, id): (AccountId, TransferId),
        now: Timestamp,
    ) -> Result<bool, Error> {
        let revoke = self
            .update_at(&keys::consent(tenant, account, id))
            .update_expression("SET revoked_at = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked_at)")
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        let handed_over = self.delete_at(&keys::transfer(tenant, id));
        let mut steps = Steps::new();
        steps.add(update(revoke), ());
        steps.add_sure(delete(handed_over.build()?));
        Ok(self.carry_out(steps).await?.is_none())
    }
}
