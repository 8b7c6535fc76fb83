use serde::{Deserialize, Serialize};

use super::write::Written;
use super::{Store, from_item, keys};
use crate::error::Error;
use crate::key_ring::WrappedRing;
use crate::types::Timestamp;

#[derive(Serialize, Deserialize)]
struct Row {
    ring: WrappedRing,
}

impl Store {
    /// The key ring as it lies in the table, sealed.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn key_ring(&self, now: Timestamp) -> Result<Option<WrappedRing>, Error> {
        let item = self.get(&keys::key_ring(), now).await?;
        item.map(|item| from_item::<Row>(item).map(|row| row.ring)).transpose()
    }

    /// Puts the first key ring. Of two at once one wins: `false` says that there was one already.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn found_key_ring(&self, ring: WrappedRing, now: Timestamp) -> Result<bool, Error> {
        let put = self.new_row(&keys::key_ring(), &Row { ring }, None, now)?;
        Ok(matches!(self.put(put).await?, Written::Done(_)))
    }
}
