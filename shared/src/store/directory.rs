//! Tenants, and where they are listed.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::message_texts::LONGEST_NAME;
use super::read::string;
use super::tenant_settings::TenantSettings;
use super::write::Written;
use super::{Store, from_item, keys, number};
use crate::error::{Code, Error};
use crate::types::{TenantId, Timestamp, shown};

/// A tenant and what it has chosen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    #[serde(default)]
    pub settings: TenantSettings,
    /// One more with each change of the settings.
    #[serde(default)]
    pub settings_version: u32,
}

impl Tenant {
    #[must_use]
    pub fn new(id: TenantId, settings: TenantSettings) -> Self {
        Self { id, settings, settings_version: 0 }
    }

    /// What people know it by.
    #[must_use]
    pub fn name(&self) -> &str {
        self.settings.display_name.as_deref().unwrap_or(self.id.as_str())
    }

    /// As [`name`](Tenant::name), fit for a line of a message and for its sender.
    #[must_use]
    pub fn short_name(&self) -> String {
        shown::short_name(self.name(), LONGEST_NAME)
    }
}

#[derive(Serialize)]
struct ListedTenant {}

impl Store {
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn tenant(&self, id: &TenantId, now: Timestamp) -> Result<Option<Tenant>, Error> {
        self.get(&keys::tenant(id), now).await?.map(from_item).transpose()
    }

    /// Every tenant, in the order of their ids.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn tenants(&self, now: Timestamp) -> Result<Vec<Tenant>, Error> {
        let mut tenants = Vec::new();
        for row in self.query_all(keys::TENANTS, "").await? {
            let id = string(&row, "sk").and_then(|id| TenantId::try_from(id.clone()).ok());
            let id = id.ok_or_else(|| Code::Internal.because("a listed tenant has no id"))?;
            tenants.extend(self.tenant(&id, now).await?);
        }
        Ok(tenants)
    }

    /// Registers a tenant, unless it is there already: `false`. It is listed first, so that none is there unlisted.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn register_tenant(&self, tenant: &Tenant, now: Timestamp) -> Result<bool, Error> {
        self.put(self.row(&keys::listed_tenant(&tenant.id), &ListedTenant {}, None)?).await?;
        let row = self.new_row(&keys::tenant(&tenant.id), tenant, None, now)?;
        let ours = row.item.clone();
        Ok(match self.put(row).await? {
            Written::Done(_) => true,
            // Ours, written before its answer was lost.
            Written::Refused(known) => known == Some(ours),
        })
    }

    /// Changes a tenant's settings. `None`: they are not as they were read.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn change_settings(&self, before: &Tenant, settings: TenantSettings) -> Result<Option<Tenant>, Error> {
        let failed = |_| Code::Internal.because("settings could not be written as an item");
        let item: AttributeValue = serde_dynamo::to_attribute_value(&settings).map_err(failed)?;
        let after = Tenant { settings, settings_version: before.settings_version + 1, ..before.clone() };
        let unchanged = match before.settings_version {
            0 => "attribute_exists(pk) AND (attribute_not_exists(settings_version) OR settings_version = :seen)",
            _ => "settings_version = :seen",
        };
        let change = self
            .update_at(&keys::tenant(&before.id))
            .update_expression("SET settings = :after, settings_version = :next")
            .condition_expression(unchanged)
            .expression_attribute_values(":seen", number(before.settings_version))
            .expression_attribute_values(":next", number(after.settings_version))
            .expression_attribute_values(":after", item.clone())
            .build()?;
        Ok(match self.update(change).await? {
            Written::Done(_) => Some(after),
            // Ours, written before its answer was lost.
            Written::Refused(Some(row)) if row.get("settings") == Some(&item) => Some(after),
            Written::Refused(_) => None,
        })
    }
}
