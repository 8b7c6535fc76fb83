use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::keys::{EXPIRES_AT, Key};
use super::{Item, Store};
use crate::error::{Code, Error};
use crate::metric::Metric;
use crate::types::Timestamp;

impl Store {
    /// The row as it is now, unless it has expired.
    pub(super) async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Item>, Error> {
        let answer = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|failure| fault("GetItem", &failure))?;
        Ok(answer.item.filter(|item| is_current(item, now)))
    }

    /// The rows as they are now, without those that have expired. At most 100 keys.
    pub(super) async fn get_all(&self, keys: &[Key], now: Timestamp) -> Result<Found, Error> {
        let mut found = Vec::new();
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().map(Key::attributes).collect()))
            .consistent_read(true)
            .build()?;
        let mut pending = Some(std::collections::HashMap::from([(self.table.clone(), wanted)]));
        for attempt in 0..3 {
            self.back_off_before(attempt).await;
            let answer = self
                .dynamodb
                .batch_get_item()
                .set_request_items(pending.take())
                .send()
                .await
                .map_err(|failure| fault("BatchGetItem", &failure))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            pending = answer.unprocessed_keys.filter(|keys| !keys.is_empty());
            if pending.is_none() {
                found.retain(|item| is_current(item, now));
                return Ok(Found(found));
            }
        }
        Err(Code::Unavailable.because("BatchGetItem left keys unread").counted(Metric::Throttled))
    }

    /// Every row of a partition whose sort key begins so, expired or not.
    pub(super) async fn query_all(&self, pk: &str, sk_begins: &str) -> Result<Vec<Item>, Error> {
        let (condition, values) = match sk_begins {
            "" => ("pk = :pk", vec![(":pk", pk)]),
            begins => ("pk = :pk AND begins_with(sk, :sk)", vec![(":pk", pk), (":sk", begins)]),
        };
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
        let mut pages = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values.collect()))
            .into_paginator()
            .send();
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await {
            rows.extend(page.map_err(|failure| fault("Query", &failure))?.items.unwrap_or_default());
        }
        Ok(rows)
    }

    /// Waits with full jitter before every attempt but the first, 0: up to 50 ms, then 100, then 200.
    pub(super) async fn back_off_before(&self, attempt: u32) {
        let Some(waits) = attempt.checked_sub(1) else { return };
        let longest = 50_u32 << waits.min(4);
        tokio::time::sleep(Duration::from_millis(u64::from(self.random.below(longest)))).await;
    }
}

/// Rows that were read together, in no order.
pub(super) struct Found(Vec<Item>);

impl Found {
    pub(super) fn take(&mut self, key: &Key) -> Option<Item> {
        let is_at = |item: &Item| string(item, "pk") == Some(&key.pk) && string(item, "sk") == Some(&key.sk);
        let position = self.0.iter().position(is_at)?;
        Some(self.0.swap_remove(position))
    }

    pub(super) fn into_items(self) -> Vec<Item> {
        self.0
    }
}

pub(super) fn is_current(item: &Item, now: Timestamp) -> bool {
    let expires_at = item.get(EXPIRES_AT).and_then(|value| value.as_n().ok());
    expires_at.is_none_or(|seconds| seconds.parse::<i64>().is_ok_and(|seconds| now.seconds() < seconds))
}

/// What DynamoDB did not do, for the log: the operation and the error's code, never the row.
pub(super) fn fault<E: ProvideErrorMetadata, R>(operation: &str, failure: &SdkError<E, R>) -> Error {
    let code = failure.as_service_error().and_then(ProvideErrorMetadata::code);
    let reason = match failure {
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(_) => "no connection",
        _ => code.unwrap_or("no readable answer"),
    };
    let ours = matches!(code, Some("ValidationException" | "AccessDeniedException" | "ResourceNotFoundException"));
    let error = if ours { Code::Internal } else { Code::Unavailable }.because(format!("{operation}: {reason}"));
    match code {
        Some("ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded") => {
            error.counted(Metric::Throttled)
        }
        Some("TransactionConflictException") => error.counted(Metric::Conflict),
        _ => error,
    }
}

pub(super) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a String> {
    item.get(name).and_then(|value: &AttributeValue| value.as_s().ok())
}
