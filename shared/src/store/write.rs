use std::collections::HashMap;

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    WriteRequest,
};

use super::keys::{EXPIRES_AT, Key};
use super::read::fault;
use super::{Item, Store, number, to_item};
use crate::error::{Code, Error};
use crate::metric::Metric;
use crate::types::Timestamp;

/// What became of a conditional write.
#[derive(Debug)]
pub(super) enum Written {
    /// Done; the row as it is now.
    Done(Item),
    /// The condition did not hold; the row as it was then, if there was one.
    Refused(Option<Item>),
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) enum Transacted {
    Done,
    /// Nothing was written. By position, the rows whose conditions did not hold.
    Refused(Vec<Option<Refusal>>),
}

/// A row whose condition did not hold, as it was then.
#[derive(Debug, Clone)]
pub(super) struct Refusal(pub Option<Item>);

/// What a transaction does, step by step, and what a refused step stands for.
pub(super) struct Steps<M> {
    items: Vec<TransactWriteItem>,
    meanings: Vec<Option<M>>,
}

impl<M> Steps<M> {
    pub(super) fn new() -> Self {
        Self { items: Vec::new(), meanings: Vec::new() }
    }

    /// A step whose refusal means something.
    pub(super) fn add(&mut self, item: TransactWriteItem, meaning: M) {
        self.items.push(item);
        self.meanings.push(Some(meaning));
    }

    /// A step that nothing refuses.
    pub(super) fn add_sure(&mut self, item: TransactWriteItem) {
        self.items.push(item);
        self.meanings.push(None);
    }
}

/// How often a write that met another transaction is tried again; the SDK does not.
const CONFLICT_RETRIES: u32 = 3;

/// How often what a batch left unwritten is sent.
const BATCH_WRITES: u32 = 3;

impl Store {
    /// A row at its address, put where none is or where the one that is has expired.
    pub(super) fn new_row(
        &self,
        key: &Key,
        body: &impl serde::Serialize,
        expires_at: Option<i64>,
        now: Timestamp,
    ) -> Result<Put, Error> {
        let free = "attribute_not_exists(pk) OR expires_at <= :now";
        let mut put = self.row(key, body, expires_at)?;
        put.condition_expression = Some(free.to_owned());
        put.expression_attribute_values = Some([(":now".to_owned(), number(now.seconds()))].into());
        put.return_values_on_condition_check_failure = Some(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(put)
    }

    /// A row at its address, replacing what is there.
    pub(super) fn row(&self, key: &Key, body: &impl serde::Serialize, expires_at: Option<i64>) -> Result<Put, Error> {
        let mut item = to_item(body)?;
        item.extend(key.attributes());
        item.extend(expires_at.map(|seconds| (EXPIRES_AT.to_owned(), number(seconds))));
        Ok(Put::builder().table_name(&self.table).set_item(Some(item)).build()?)
    }

    pub(super) fn update_at(&self, key: &Key) -> UpdateBuilder {
        Update::builder().table_name(&self.table).set_key(Some(key.attributes()))
    }

    pub(super) fn delete_at(&self, key: &Key) -> DeleteBuilder {
        Delete::builder().table_name(&self.table).set_key(Some(key.attributes()))
    }

    pub(super) fn check_at(&self, key: &Key) -> ConditionCheckBuilder {
        ConditionCheck::builder().table_name(&self.table).set_key(Some(key.attributes()))
    }

    pub(super) async fn put(&self, put: Put) -> Result<Written, Error> {
        let request = self
            .dynamodb
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values)
            .set_return_values_on_condition_check_failure(put.return_values_on_condition_check_failure);
        self.conditional("PutItem", || request.clone().send(), |_| Item::new()).await
    }

    /// Answers with the row after the change, or before it where the condition did not hold.
    pub(super) async fn update(&self, update: Update) -> Result<Written, Error> {
        let request = self
            .dynamodb
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let new = |answer: UpdateItemOutput| answer.attributes.unwrap_or_default();
        self.conditional("UpdateItem", || request.clone().send(), new).await
    }

    async fn conditional<T, E, R, F>(
        &self,
        operation: &str,
        send: impl Fn() -> F,
        new: impl Fn(T) -> Item,
    ) -> Result<Written, Error>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
        E: Conditional + ProvideErrorMetadata,
    {
        for attempt in 0..=CONFLICT_RETRIES {
            self.back_off_before(attempt).await;
            let failure = match send().await {
                Ok(answer) => return Ok(Written::Done(new(answer))),
                Err(failure) => failure,
            };
            match failure.as_service_error().and_then(ProvideErrorMetadata::code) {
                Some("ConditionalCheckFailedException") => return Ok(Written::Refused(old_item(failure))),
                Some("TransactionConflictException") => {}
                _ => return Err(fault(operation, &failure)),
            }
        }
        Err(held_up(Metric::Conflict))
    }

    /// Each of these writes, and none for the sake of another: 1 to 25.
    pub(super) async fn write_all(&self, writes: Vec<WriteRequest>) -> Result<(), Error> {
        let mut pending = HashMap::from([(self.table.clone(), writes)]);
        for attempt in 0..BATCH_WRITES {
            self.back_off_before(attempt).await;
            let sent = self.dynamodb.batch_write_item().set_request_items(Some(pending)).send().await;
            let answer = sent.map_err(|failure| fault("BatchWriteItem", &failure))?;
            pending = answer.unprocessed_items.unwrap_or_default();
            if pending.is_empty() {
                return Ok(());
            }
        }
        Err(Code::Unavailable.because("BatchWriteItem left rows unwritten").counted(Metric::Throttled))
    }

    /// All of it or nothing. Every attempt, the SDK's and ours, carries one client token, so one that commits
    /// after its answer was given up is the same transaction.
    pub(super) async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<Transacted, Error> {
        let token = self.random.uuid().to_string();
        let request = self.dynamodb.transact_write_items().client_request_token(token).set_transact_items(Some(items));
        let mut passing = Metric::Conflict;
        for attempt in 0..=CONFLICT_RETRIES {
            self.back_off_before(attempt).await;
            let Err(failure) = request.clone().send().await else { return Ok(Transacted::Done) };
            match Obstacle::of(&failure) {
                Some(Obstacle::Conditions(reasons)) => return Ok(Transacted::Refused(reasons)),
                Some(Obstacle::Passing(what)) => passing = what,
                Some(Obstacle::Invalid) => return Err(Code::Internal.because("TransactWriteItems: ValidationError")),
                None => return Err(fault("TransactWriteItems", &failure)),
            }
        }
        Err(held_up(passing))
    }
}

impl Store {
    /// As [`transact`](Store::transact): `None` once all is done, else what the first refused step stands for and
    /// the row that refused it.
    pub(super) async fn carry_out<M>(&self, steps: Steps<M>) -> Result<Option<(M, Refusal)>, Error> {
        let transacted = self.transact(steps.items).await?;
        if matches!(transacted, Transacted::Done) {
            return Ok(None);
        }
        let meanings = steps.meanings.into_iter().enumerate();
        let mut refused = meanings.filter_map(|(at, meaning)| Some((meaning?, transacted.refusal(at)?)));
        let first = refused.next().ok_or_else(|| Code::Internal.because("a step was refused that nothing refuses"))?;
        Ok(Some(first))
    }
}

impl Transacted {
    /// The refusal at `position`, if there is one.
    pub(super) fn refusal(&self, position: usize) -> Option<Refusal> {
        match self {
            Self::Done => None,
            Self::Refused(reasons) => reasons.get(position).cloned().flatten(),
        }
    }
}

/// A part of a request lacks what it must have: a fault of the code.
impl From<BuildError> for Error {
    fn from(_: BuildError) -> Self {
        Code::Internal.because("an incomplete request to DynamoDB")
    }
}

/// The same, refused where a row is at its address.
pub(super) fn unless_there(mut put: Put) -> Put {
    put.condition_expression = Some("attribute_not_exists(pk)".to_owned());
    put
}

pub(super) fn put(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

pub(super) fn update(mut update: Update) -> TransactWriteItem {
    update.return_values_on_condition_check_failure = Some(ReturnValuesOnConditionCheckFailure::AllOld);
    TransactWriteItem::builder().update(update).build()
}

pub(super) fn check(check: ConditionCheck) -> TransactWriteItem {
    TransactWriteItem::builder().condition_check(check).build()
}

pub(super) fn delete(delete: Delete) -> TransactWriteItem {
    TransactWriteItem::builder().delete(delete).build()
}

fn held_up(by: Metric) -> Error {
    Code::Unavailable.because("other transactions or throttling, four times in a row").counted(by)
}

/// What stood in a transaction's way.
enum Obstacle {
    /// By position, the rows whose conditions did not hold.
    Conditions(Vec<Option<Refusal>>),
    /// Other transactions, the same one still under way, or throttling. Conditions that failed beside them are
    /// not believed yet: the row may be in the middle of becoming ours.
    Passing(Metric),
    /// An item that the table cannot hold.
    Invalid,
}

impl Obstacle {
    /// `None` for a failure that is neither.
    fn of<R>(failure: &SdkError<TransactWriteItemsError, R>) -> Option<Self> {
        let error = failure.as_service_error()?;
        if error.is_transaction_in_progress_exception() {
            return Some(Self::Passing(Metric::Conflict));
        }
        let TransactWriteItemsError::TransactionCanceledException(canceled) = error else { return None };
        let (mut refusals, mut passing) = (Vec::new(), None);
        for reason in canceled.cancellation_reasons() {
            match reason.code().unwrap_or("None") {
                "None" => refusals.push(None),
                "ConditionalCheckFailed" => refusals.push(Some(Refusal(reason.item.clone()))),
                // What cannot be written is our doing, and no retry will help.
                "ValidationError" => return Some(Self::Invalid),
                "TransactionConflict" => passing = Some(Metric::Conflict),
                "ThrottlingError" | "ProvisionedThroughputExceeded" => passing = Some(Metric::Throttled),
                _ => return None,
            }
        }
        let refused = refusals.iter().any(Option::is_some);
        passing.map(Self::Passing).or_else(|| refused.then_some(Self::Conditions(refusals)))
    }
}

/// The row that a failed condition answered with.
fn old_item<E: Conditional, R>(failure: SdkError<E, R>) -> Option<Item> {
    match failure {
        SdkError::ServiceError(context) => context.into_err().into_failed_condition().and_then(|failed| failed.item),
        _ => None,
    }
}

/// The error of an operation that takes a condition.
trait Conditional {
    fn into_failed_condition(self) -> Option<ConditionalCheckFailedException>;
}

impl Conditional for PutItemError {
    fn into_failed_condition(self) -> Option<ConditionalCheckFailedException> {
        match self {
            Self::ConditionalCheckFailedException(failed) => Some(failed),
            _ => None,
        }
    }
}

impl Conditional for UpdateItemError {
    fn into_failed_condition(self) -> Option<ConditionalCheckFailedException> {
        match self {
            Self::ConditionalCheckFailedException(failed) => Some(failed),
            _ => None,
        }
    }
}
