//! The least that a Rust function on DynamoDB is: the SDK without what it can spare, our TLS stack and roots, one thread,
//! one `GetItem` a request, and one before the first, so that its connection stands.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use lambda_http::{Error, service_fn};

static AMAZON_ROOTS: &[u8] = include_bytes!("../../shared/data/amazon-trust-services.pem");

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (client, table) = (connect()?, variable("TABLE_NAME")?);
    runtime.block_on(async {
        get_item(&client, &table).await?;
        lambda_http::run(service_fn(async |_| get_item(&client, &table).await)).await
    })
}

fn connect() -> Result<Client, Error> {
    let context =
        TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)).build()?;
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https();
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")?))
        .credentials_provider(Credentials::new(id, secret, None, None, "environment"))
        .endpoint_url(variable("AWS_ENDPOINT_URL_DYNAMODB")?)
        .http_client(http);
    Ok(Client::from_conf(config.build()))
}

/// One row that every request of ours needs, the demo tenant's.
async fn get_item(client: &Client, table: &str) -> Result<String, Error> {
    let (pk, sk) = (AttributeValue::S("T00000001".to_owned()), AttributeValue::S("tenant".to_owned()));
    let answer = client.get_item().table_name(table).key("pk", pk).key("sk", sk).consistent_read(true).send().await?;
    let row = answer.item.ok_or("there is no such row")?;
    Ok(row.get("id").and_then(|id| id.as_s().ok()).cloned().unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, without `Config`")]
fn variable(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("{name} must be set").into())
}
