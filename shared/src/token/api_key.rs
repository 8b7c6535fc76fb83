use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

/// A client's key as it came in the `api-key` header (contract §1.0): 1 to 256 visible ASCII characters.
pub struct ApiKey(Zeroizing<String>);

/// What the table knows of an api key: its SHA-256, enough because a key has at least 256 bits of chance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApiKeyHash(String);

impl ApiKey {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (visible && (1..=256).contains(&text.len())).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    #[must_use]
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(BASE64URL_NOPAD.encode(digest(&SHA256, self.0.as_bytes()).as_ref()))
    }
}

impl ApiKeyHash {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}
