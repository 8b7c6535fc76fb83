use std::time::Duration;

use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_types::SdkConfig;

use crate::config::Config;
use crate::limits::limits;

static AMAZON_ROOTS: &[u8] = include_bytes!("../../data/amazon-trust-services.pem");

/// How every service of AWS is reached: over one TLS stack that trusts Amazon's roots only and with every wait bounded.
/// The SDK by itself would wait for an answer without end (yardstick F1).
pub(super) fn aws(config: &Config) -> Result<SdkConfig, String> {
    let context = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS))
        .build()
        .map_err(|failure| format!("the embedded certificates are unusable: {failure}"))?;
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(limits().connect_milliseconds))
        .operation_attempt_timeout(Duration::from_millis(limits().attempt_milliseconds))
        .operation_timeout(Duration::from_millis(limits().operation_milliseconds))
        .build();
    let retries =
        RetryConfig::standard().with_max_attempts(limits().attempts).with_initial_backoff(Duration::from_millis(50));
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(config.credentials.clone()))
        .retry_config(retries)
        .timeout_config(timeouts)
        .http_client(http)
        .build())
}

pub(super) fn dynamodb(aws: &SdkConfig, config: &Config) -> aws_sdk_dynamodb::Client {
    // The SDK's own budget of retries is one for all clients of a process.
    let budget = RetryPartition::custom("dynamodb").token_bucket(TokenBucket::default()).build();
    let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(aws).retry_partition(budget);
    dynamodb.set_endpoint_url(config.dynamodb_endpoint.clone());
    aws_sdk_dynamodb::Client::from_conf(dynamodb.build())
}

pub(super) fn kms(aws: &SdkConfig, config: &Config) -> aws_sdk_kms::Client {
    let mut kms = aws_sdk_kms::config::Builder::from(aws);
    kms.set_endpoint_url(config.kms_endpoint.clone());
    aws_sdk_kms::Client::from_conf(kms.build())
}
