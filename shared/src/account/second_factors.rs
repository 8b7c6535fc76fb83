use serde::{Deserialize, Serialize};

/// What an account proves itself by beside a password. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecondFactors {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totp: Option<Totp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totp_pending: Option<PendingTotp>,
    /// SHA-256 of each of the codes that are left, enough because one has 80 bits of chance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recovery_codes: Vec<String>,
    /// Wrong second factors since the last sign-in with two.
    #[serde(skip_serializing_if = "is_zero")]
    pub mfa_failures: u32,
    /// Codes entered in place of a password since then, right ones too.
    #[serde(skip_serializing_if = "is_zero")]
    pub recovery_failures: u32,
}

/// An authenticator app that was tried once (yardstick C6). Its secret is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    pub sealed_secret: String,
    /// The last time step whose code was used: no step is used twice.
    pub last_step: u64,
}

/// One that was set up and not tried yet. Its secret is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTotp {
    pub sealed_secret: String,
    pub tries: u32,
    pub ends_at: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
