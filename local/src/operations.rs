use std::pin::Pin;

use operation_deliver_message::Senders;
use serde_json::Value;
use shared::app::App;
use shared::error::{Code, Error};
use shared::operation::{answer, answer_with};

use crate::functions::logical_id;
use crate::template::Template;

/// One function of `template.yaml` that no route leads to, as this process runs it.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The name of its package, binary and event file.
    pub name: &'static str,
    handler: Handler,
}

/// An operation from its raw event and the id of its request to its raw answer.
type Handler =
    for<'a> fn(Outside<'a>, &'a str, &'a str) -> Pin<Box<dyn Future<Output = Result<Value, Error>> + Send + 'a>>;

/// What operations are given.
#[derive(Debug, Clone, Copy)]
pub struct Outside<'a> {
    pub app: &'a App,
    /// `None`: messages stay in the outbox.
    pub senders: Option<&'a Senders>,
}

/// Every operation there is. When they are due is `template.yaml`'s to say.
pub const OPERATIONS: [Operation; 2] = [
    Operation::new("operation-rotate-keys", |outside, event, request_id| {
        Box::pin(answer(outside.app, operation_rotate_keys::handle, event, request_id))
    }),
    Operation::new("operation-deliver-message", |outside, event, request_id| match outside.senders {
        Some(senders) => {
            Box::pin(answer_with(outside.app, senders, operation_deliver_message::handle, event, request_id))
        }
        None => Box::pin(async { Err(Code::Unavailable.because("messages stay in the outbox here")) }),
    }),
];

/// What this process sends in the scheduler's stead.
const SCHEDULED: &str = r#"{"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}"#;

impl Operation {
    const fn new(name: &'static str, handler: Handler) -> Self {
        Self { name, handler }
    }

    /// The logical id in `template.yaml`.
    #[must_use]
    pub fn logical_id(&self) -> String {
        logical_id(self.name)
    }

    /// Gives it an event, as Lambda does.
    ///
    /// # Errors
    /// The operation's.
    pub async fn invoke(&self, outside: Outside<'_>, event: &str) -> Result<Value, Error> {
        (self.handler)(outside, event, &outside.app.random.uuid().to_string()).await
    }
}

/// Runs every operation that has a schedule, whether one fails or not.
///
/// # Errors
/// That of the last one that failed.
pub(crate) async fn run_scheduled(outside: Outside<'_>, template: &Template) -> Result<(), Error> {
    let mut outcome = Ok(());
    for operation in OPERATIONS {
        let id = operation.logical_id();
        if template.schedules.iter().any(|schedule| schedule.function == id) {
            outcome = operation.invoke(outside, SCHEDULED).await.map(drop).and(outcome);
        }
    }
    outcome
}
