//! What a flow cannot do without: the same calls on rows of the same size through a plain client, and one RSA
//! signature.

use std::collections::HashMap;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use local::TABLE;
use tokio::runtime::Runtime;

use crate::Outcome;
use crate::clocks::cpu;
use crate::function::{REGION, credentials};

type Item = HashMap<String, AttributeValue>;

pub struct Bare<'a> {
    runtime: &'a Runtime,
    client: Client,
    key: KeyPair,
    email: Item,
    account: Item,
    session: Item,
}

impl<'a> Bare<'a> {
    /// Works on copies of an account's rows, under addresses of their own.
    pub fn prepare(runtime: &'a Runtime, endpoint: &str) -> Outcome<Self> {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(credentials())
            .endpoint_url(endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        let client = Client::from_conf(config.build());
        let copies = runtime.block_on(async {
            let rows = client.scan().table_name(TABLE).send().await?.items.unwrap_or_default();
            let mut copies = Vec::new();
            for kind in ["email", "account", "session#"] {
                let sort_key = |row: &Item| row.get("sk").and_then(|sk| sk.as_s().ok().cloned()).unwrap_or_default();
                let row = rows.iter().find(|row| sort_key(row).starts_with(kind)).ok_or("the account lacks a row")?;
                let mut copy = row.clone();
                copy.insert("pk".to_owned(), AttributeValue::S("bench".to_owned()));
                client.put_item().table_name(TABLE).set_item(Some(copy.clone())).send().await?;
                copies.push(copy);
            }
            Outcome::Ok(copies)
        })?;
        let [email, account, session] = copies.try_into().map_err(|_| "three rows were copied")?;
        Ok(Self { runtime, client, key: KeyPair::generate(KeySize::Rsa2048)?, email, account, session })
    }

    /// `GetItem`, `GetItem`, `UpdateItem` beside `PutItem`, a signature.
    pub fn sign_in(&self) -> Outcome<Duration> {
        self.measure(async {
            self.get(&self.email).await?;
            self.get(&self.account).await?;
            let put = self.client.put_item().table_name(TABLE).set_item(Some(self.session.clone()));
            let (updated, put) = tokio::join!(self.update(&self.account, "last_active_at"), put.send());
            put?;
            updated
        })
    }

    /// `UpdateItem` beside `GetItem`, a signature.
    pub fn re_sign(&self) -> Outcome<Duration> {
        self.measure(async {
            let (updated, read) = tokio::join!(self.update(&self.session, "generation"), self.get(&self.account));
            updated.and(read)
        })
    }

    fn measure(&self, calls: impl Future<Output = Outcome<()>>) -> Outcome<Duration> {
        let (cost, result) = cpu(|| {
            self.runtime.block_on(calls)?;
            let mut signature = [0; 256];
            self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &[0; 500], &mut signature)?;
            Ok(())
        });
        result.map(|()| cost)
    }

    async fn get(&self, row: &Item) -> Outcome<()> {
        let call = self.client.get_item().table_name(TABLE).set_key(Some(address(row))).consistent_read(true);
        call.send().await?.item.ok_or("the row is gone")?;
        Ok(())
    }

    async fn update(&self, row: &Item, attribute: &str) -> Outcome<()> {
        let call = self.client.update_item().table_name(TABLE).set_key(Some(address(row)));
        let call = call
            .update_expression("SET #attribute = :next")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":next", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::AllNew);
        call.send().await?;
        Ok(())
    }
}

fn address(row: &Item) -> Item {
    row.iter().filter(|(name, _)| matches!(name.as_str(), "pk" | "sk")).map(|(k, v)| (k.clone(), v.clone())).collect()
}
