use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use serde::{Deserialize, Serialize};

use super::write::Written;
use super::{Store, from_item, keys};
use crate::error::{Code, Error};
use crate::key_ring::WrappedRing;
use crate::types::Timestamp;

#[derive(Serialize, Deserialize)]
struct Row<R> {
    ring: R,
}

impl Store {
    /// The key ring as it lies in the table, sealed.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn key_ring(&self, now: Timestamp) -> Result<Option<WrappedRing>, Error> {
        let item = self.get(&keys::key_ring(), now).await?;
        item.map(|item| from_item::<Row<WrappedRing>>(item).map(|row| row.ring)).transpose()
    }

    /// Puts `ring` where `read` is, or where none is. Of two at once one wins: `false` says that another ring is there.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer; then the ring may be there or not.
    pub async fn put_key_ring(&self, read: Option<&WrappedRing>, ring: &WrappedRing) -> Result<bool, Error> {
        let mut put = self.row(&keys::key_ring(), &Row { ring }, None)?;
        put.return_values_on_condition_check_failure = Some(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(read) = read {
            put.condition_expression = Some("ring = :read".to_owned());
            let read = serde_dynamo::to_attribute_value(read);
            let read = read.map_err(|_| Code::Internal.because("a key ring could not be written as an attribute"))?;
            put.expression_attribute_values = Some([(":read".to_owned(), read)].into());
        } else {
            put.condition_expression = Some("attribute_not_exists(pk)".to_owned());
        }
        match self.put(put).await? {
            Written::Done(_) => Ok(true),
            // A retry finds what the first try wrote before its answer was lost.
            Written::Refused(Some(item)) => Ok(from_item::<Row<WrappedRing>>(item)?.ring == *ring),
            Written::Refused(None) => Ok(false),
        }
    }
}
