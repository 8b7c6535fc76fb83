use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a client proves itself by, as it came in: an api key (contract §1.0), or an access key with its secret key
/// (contract §2.0). Each key has 1 to 256 visible ASCII characters.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

/// What the table knows of a [`ClientSecret`]: its SHA-256, enough because one has at least 256 bits of chance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialHash(String);

impl ClientSecret {
    #[must_use]
    pub fn api_key(key: &str) -> Option<Self> {
        is_key(key).then(|| Self(Zeroizing::new(key.to_owned())))
    }

    /// The two are one secret: an access key with another's secret key is nobody's.
    #[must_use]
    pub fn access_key(access_key: &str, secret_key: &str) -> Option<Self> {
        // No key holds a line feed, so no pair reads as another pair or as an api key.
        let pair = || Zeroizing::new(format!("{access_key}\n{secret_key}"));
        (is_key(access_key) && is_key(secret_key)).then(|| Self(pair()))
    }

    /// What a client sends by HTTP Basic authentication (RFC 6749 §2.3.1).
    #[must_use]
    pub fn oauth(client_id: &str, secret: &str) -> Option<Self> {
        // Three parts: no access key reads as one.
        let parts = || Zeroizing::new(format!("oauth\n{client_id}\n{secret}"));
        (is_key(client_id) && is_key(secret)).then(|| Self(parts()))
    }

    #[must_use]
    pub fn hash(&self) -> CredentialHash {
        CredentialHash(BASE64URL_NOPAD.encode(digest(&SHA256, self.0.as_bytes()).as_ref()))
    }
}

fn is_key(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl CredentialHash {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ClientSecret(…)")
    }
}
