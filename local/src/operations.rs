use shared::app::App;
use shared::error::Error;
use shared::operation::{Handler, answer};

use crate::functions::logical_id;
use crate::template::Template;

/// One function of `template.yaml` that no route leads to, as this process runs it.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The name of its package, binary and event file.
    pub name: &'static str,
    pub handler: Handler,
}

/// Every operation there is. When they are due is `template.yaml`'s to say.
pub const OPERATIONS: [Operation; 1] = [Operation::new("operation-rotate-keys", |app, event, request_id| {
    Box::pin(answer(app, operation_rotate_keys::handle, event, request_id))
})];

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
    pub async fn invoke(&self, app: &App, event: &str) -> Result<serde_json::Value, Error> {
        (self.handler)(app, event, &app.random.uuid().to_string()).await
    }
}

/// Runs every operation that has a schedule, whether one fails or not.
///
/// # Errors
/// That of the last one that failed.
pub(crate) async fn run_scheduled(app: &App, template: &Template) -> Result<(), Error> {
    let mut outcome = Ok(());
    for operation in OPERATIONS {
        let id = operation.logical_id();
        if template.schedules.iter().any(|schedule| schedule.function == id) {
            outcome = operation.invoke(app, SCHEDULED).await.map(drop).and(outcome);
        }
    }
    outcome
}
