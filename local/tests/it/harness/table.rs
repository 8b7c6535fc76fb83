use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use shared::random::Random;
use shared::store::Store;

pub type Item = HashMap<String, AttributeValue>;

/// The table itself, past Latchkey: what an intruder or an operator would see and could change.
pub struct Table {
    pub name: String,
    client: Client,
}

impl Table {
    pub fn at(endpoint: &str, name: &str) -> Self {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        Self { name: name.to_owned(), client: Client::from_conf(config.build()) }
    }

    /// The product's own door to the table, for what no endpoint does yet.
    pub fn store(&self) -> Store {
        Store::new(self.client.clone(), self.name.clone(), Random::default())
    }

    pub async fn rows(&self) -> Vec<Item> {
        let mut items = self.client.scan().table_name(&self.name).into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(item) = items.next().await {
            rows.push(item.expect("a row"));
        }
        rows.sort_by_key(address);
        rows
    }

    /// The rows whose sort key is `sk`, or begins with it where it ends in `#`.
    pub async fn rows_of(&self, sk: &str) -> Vec<Item> {
        let fits = |row: &Item| address(row).1 == sk || sk.ends_with('#') && address(row).1.starts_with(sk);
        self.rows().await.into_iter().filter(fits).collect()
    }

    pub async fn delete(&self, row: &Item) {
        let (pk, sk) = address(row);
        let (pk, sk) = (AttributeValue::S(pk), AttributeValue::S(sk));
        self.client.delete_item().table_name(&self.name).key("pk", pk).key("sk", sk).send().await.expect("deleted");
    }

    /// Replaces one attribute of every row that [`Table::rows_of`] finds.
    pub async fn set(&self, sk: &str, name: &str, value: AttributeValue) {
        for mut row in self.rows_of(sk).await {
            row.insert(name.to_owned(), value.clone());
            self.client.put_item().table_name(&self.name).set_item(Some(row)).send().await.expect("put");
        }
    }

    /// Lets every code that is out live until then.
    pub async fn set_code_end(&self, seconds: i64) {
        for mut row in self.rows_of("code").await {
            if let Some(AttributeValue::M(code)) = row.get_mut("code") {
                code.insert("ends_at".to_owned(), AttributeValue::N(seconds.to_string()));
                self.put(row).await;
            }
        }
    }

    pub async fn put(&self, row: Item) {
        self.client.put_item().table_name(&self.name).set_item(Some(row)).send().await.expect("put");
    }
}

fn address(row: &Item) -> (String, String) {
    let text = |name: &str| row[name].as_s().expect("a key of text").clone();
    (text("pk"), text("sk"))
}
