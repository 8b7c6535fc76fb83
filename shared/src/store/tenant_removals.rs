use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};

use super::read::fault;
use super::{Item, Store, keys};
use crate::error::Error;
use crate::types::{TenantId, Timestamp};

/// What `BatchWriteItem` takes.
const MOST_AT_ONCE: usize = 25;

impl Store {
    /// Takes a tenant away with every row of it: first what its clients prove themselves by, so that nobody comes in any
    /// more, then the tenant, then the rest, in the order of the table. `progress` is told how many rows of the table were
    /// looked at. What was begun can be done again from the start. `false`: there is no such tenant.
    ///
    /// The rest is found by `Scan`, which no function of the product may do: nothing lists a tenant's rows.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer, or a client is changed at the same time.
    pub async fn delete_tenant(
        &self,
        tenant: &TenantId,
        progress: impl Fn(u64),
        now: Timestamp,
    ) -> Result<bool, Error> {
        let listed = keys::listed_tenant(tenant);
        if self.get(&listed, now).await?.is_none() && self.tenant(tenant, now).await?.is_none() {
            return Ok(false);
        }
        for client in self.clients(tenant).await? {
            if !self.delete_client(tenant, &client).await? {
                return Err(Error::conflict("a client was changed at the same time"));
            }
        }
        self.delete_all(vec![keys::tenant(tenant).attributes()]).await?;
        let mut pages = self
            .dynamodb
            .scan()
            .table_name(&self.table)
            .filter_expression("begins_with(pk, :rows)")
            .expression_attribute_values(":rows", AttributeValue::S(format!("{tenant}#")))
            .projection_expression("pk, sk")
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut seen = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|failure| fault("Scan", &failure))?;
            self.delete_all(page.items.unwrap_or_default()).await?;
            seen += u64::try_from(page.scanned_count).unwrap_or_default();
            progress(seen);
        }
        self.delete_all(vec![listed.attributes()]).await?;
        Ok(true)
    }

    /// The rows at these addresses, and none for the sake of another.
    async fn delete_all(&self, addresses: Vec<Item>) -> Result<(), Error> {
        let row = |address| {
            let row = DeleteRequest::builder().set_key(Some(address)).build();
            row.map(|row| WriteRequest::builder().delete_request(row).build())
        };
        let rows: Vec<_> = addresses.into_iter().map(row).collect::<Result<_, _>>()?;
        for rows in rows.chunks(MOST_AT_ONCE) {
            self.write_all(rows.to_vec()).await?;
        }
        Ok(())
    }
}
