//! The table's stream, which the embedded engine has none of: records made of the rows themselves.

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::{Item, Latchkey};

pub const DELIVER: &str = "operation-deliver-message";

impl Latchkey {
    /// The rows of the outbox, the newest last.
    pub async fn messages(&self) -> Vec<Item> {
        let mut rows = self.table.rows_of("message").await;
        rows.sort_by_key(|row| row["created_at_ms"].as_n().expect("a time").parse::<i64>().expect("a number"));
        rows
    }

    /// Gives the stream's records of these rows to the function as one batch: the positions of those that failed.
    pub async fn deliver(&self, rows: &[Item]) -> Vec<usize> {
        let records: Vec<_> = rows.iter().enumerate().map(|(number, row)| record(row, number)).collect();
        self.deliver_records(&records).await
    }

    /// As [`deliver`](Latchkey::deliver), of records as they stand.
    pub async fn deliver_records(&self, records: &[Value]) -> Vec<usize> {
        let answer = self.invoke_delivery(&json!({ "Records": records })).await;
        let failures = answer["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let number = |failure: &Value| failure["itemIdentifier"].as_str().expect("text").parse().expect("a number");
        failures.iter().map(number).collect()
    }

    pub async fn invoke_delivery(&self, event: &Value) -> Value {
        self.server.invoke(DELIVER, &event.to_string()).await.expect("the operation")
    }

    /// Delivers one message as an operator would.
    pub async fn deliver_by_hand(&self, row: &Item) -> Value {
        let (tenant, id) = row["pk"].as_s().expect("a key").split_once("#message#").expect("a message's key");
        self.invoke_delivery(&json!({ "tenant": tenant, "message": id })).await
    }
}

/// What the stream says of a new row.
pub fn record(row: &Item, number: usize) -> Value {
    let keys: Map<_, _> = ["pk", "sk"].map(|name| (name.to_owned(), attribute(&row[name]))).into_iter().collect();
    json!({
        "eventID": format!("{number:032x}"), "eventName": "INSERT", "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "local",
        "dynamodb": { "Keys": keys, "NewImage": image(row), "SequenceNumber": number.to_string(),
                      "SizeBytes": 512, "StreamViewType": "NEW_IMAGE" },
        "eventSourceARN": "arn:aws:dynamodb:local:000000000000:table/latchkey/stream/1",
    })
}

fn image(row: &Item) -> Value {
    Value::Object(row.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
}

fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": BASE64.encode(bytes.as_ref()) }),
        AttributeValue::Bool(is) => json!({ "BOOL": is }),
        AttributeValue::Null(is) => json!({ "NULL": is }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(attribute).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": image(map) }),
        other => panic!("no row has this: {other:?}"),
    }
}
