//! What a flow cannot do without: one Argon2, the same calls on rows of the same size through a plain client, one
//! RSA signature or its check.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue};
use local::TABLE;
use shared::password::Cost;
use tokio::runtime::Runtime;

use crate::Outcome;
use crate::clocks::cpu;
use crate::function::{REGION, credentials};

type Item = HashMap<String, AttributeValue>;

pub struct Bare<'a> {
    runtime: &'a Runtime,
    client: Client,
    argon2: Arc<Mutex<Hasher>>,
    key: KeyPair,
    public: ParsedPublicKey,
    signature: [u8; 256],
    email: Item,
    account: Item,
    session: Item,
    entry: Item,
}

/// A plain client of the engine.
pub fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(credentials())
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

impl<'a> Bare<'a> {
    /// Works on copies of an account's rows, under addresses of their own.
    pub fn prepare(runtime: &'a Runtime, endpoint: &str) -> Outcome<Self> {
        let client = client(endpoint);
        let rows = runtime.block_on(client.scan().table_name(TABLE).send())?.items.unwrap_or_default();
        let copy = |kind: &str| {
            let fits =
                |row: &&Item| row.get("sk").and_then(|sk| sk.as_s().ok()?.split_inclusive('#').next()) == Some(kind);
            let mut row = rows.iter().find(fits).ok_or("the account lacks a row")?.clone();
            row.insert("pk".to_owned(), AttributeValue::S("bench".to_owned()));
            runtime.block_on(client.put_item().table_name(TABLE).set_item(Some(row.clone())).send())?;
            Outcome::Ok(row)
        };
        let (email, account) = (copy("identifier")?, copy("account")?);
        let (session, entry) = (copy("session#")?, copy("history#")?);
        let (argon2, key) = (Arc::new(Mutex::new(Hasher::new()?)), KeyPair::generate(KeySize::Rsa2048)?);
        let public: PublicKeyX509Der<'_> = key.public_key().as_der()?;
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())?;
        let signature = sign(&key)?;
        Ok(Self { runtime, client, argon2, key, public, signature, email, account, session, entry })
    }

    /// One Argon2 verification.
    pub fn argon2(&self) -> Outcome<Duration> {
        argon2(&self.argon2)
    }

    /// `GetItem`, `GetItem`, `UpdateItem` beside two `PutItem`. An Argon2 on another thread stands between them, for
    /// it leaves the caches cold, but is not counted.
    pub fn sign_in(&self) -> Outcome<Duration> {
        let argon2 = Arc::clone(&self.argon2);
        let calls = async {
            self.get(&self.email).await?;
            self.get(&self.account).await?;
            tokio::task::spawn_blocking(move || hash(&argon2)).await??;
            let (updated, session, entry) = tokio::join!(
                self.update(&self.account, "last_active_at"),
                self.put(&self.session),
                self.put(&self.entry),
            );
            updated.and(session).and(entry)
        };
        let (cost, done) = cpu(|| self.runtime.block_on(calls));
        done.map(|()| cost)
    }

    /// `UpdateItem` beside `GetItem`, and the signature.
    pub fn re_sign(&self) -> Outcome<Duration> {
        let calls = async {
            let (updated, read) = tokio::join!(self.update(&self.session, "generation"), self.get(&self.account));
            updated.and(read)
        };
        let (cost, done) = cpu(|| self.runtime.block_on(calls).and_then(|()| self.sign().map(drop)));
        done.map(|()| cost)
    }

    /// `UpdateItem` and the signature.
    pub fn rotation(&self) -> Outcome<Duration> {
        let update = self.update(&self.session, "generation");
        let (cost, done) = cpu(|| self.runtime.block_on(update).and_then(|()| self.sign().map(drop)));
        done.map(|()| cost)
    }

    /// `BatchGetItem` of three rows, and a signature's check.
    pub fn check(&self) -> Outcome<Duration> {
        let keys = [&self.account, &self.session, &self.email].map(address);
        let keys = KeysAndAttributes::builder().set_keys(Some(keys.into())).consistent_read(true).build()?;
        let read = self.client.batch_get_item().request_items(TABLE, keys).send();
        let (cost, done) = cpu(|| {
            self.runtime.block_on(read)?;
            Ok(self.public.verify_sig(&MESSAGE, &self.signature)?)
        });
        done.map(|()| cost)
    }

    /// One signature.
    pub fn signature(&self) -> Outcome<Duration> {
        let (cost, done) = cpu(|| self.sign());
        done.map(|_| cost)
    }

    fn sign(&self) -> Outcome<[u8; 256]> {
        sign(&self.key)
    }

    async fn get(&self, row: &Item) -> Outcome<()> {
        let call = self.client.get_item().table_name(TABLE).set_key(Some(address(row))).consistent_read(true);
        call.send().await?.item.ok_or("the row is gone")?;
        Ok(())
    }

    async fn put(&self, row: &Item) -> Outcome<()> {
        self.client.put_item().table_name(TABLE).set_item(Some(row.clone())).send().await?;
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

/// As long as what is signed of a token.
const MESSAGE: [u8; 500] = [0; 500];

fn sign(key: &KeyPair) -> Outcome<[u8; 256]> {
    let mut signature = [0; 256];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &MESSAGE, &mut signature)?;
    Ok(signature)
}

fn address(row: &Item) -> Item {
    row.iter().filter(|(name, _)| matches!(name.as_str(), "pk" | "sk")).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Argon2 as the product's hasher runs it by default, in memory that is kept from one to the next.
pub struct Hasher {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

impl Hasher {
    pub fn new() -> Result<Self, argon2::Error> {
        let params = Params::new(Cost::FLOOR.memory_kib(), 2, 1, Some(32))?;
        let memory = vec![Block::default(); params.block_count()];
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory })
    }
}

pub fn argon2(hasher: &Mutex<Hasher>) -> Outcome<Duration> {
    let (cost, done) = cpu(|| hash(hasher));
    Ok(done.map(|()| cost)?)
}

fn hash(hasher: &Mutex<Hasher>) -> Result<(), argon2::Error> {
    let Hasher { argon2, memory } = &mut *hasher.lock().unwrap_or_else(PoisonError::into_inner);
    argon2.hash_password_into_with_memory(b"123QW@qwe!", &[7; 16], &mut [0; 32], memory)
}
