//! A back end or portal of a tenant, as a value.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::token::CredentialHash;
use crate::types::{Audience, ClientId, DataScopes, Invalid, Scopes, Timestamp};

/// A back end or portal of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    pub name: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub created_at: i64,
    /// What it may ask tokens for. Never changed: who needs another one makes another client.
    pub grants: Vec<Grant>,
    /// What data it may ask people for (contract §3.6); nothing where it is no third party.
    #[serde(default)]
    pub data_scope: DataScopes,
    /// Of the intermediaries surface; these and the next, the newest last, at most two of each.
    #[serde(default)]
    pub api_keys: Vec<KeptSecret>,
    /// Access key with secret key, of the leads surface.
    #[serde(default)]
    pub access_keys: Vec<KeptSecret>,
    /// OAuth secrets.
    pub secrets: Vec<KeptSecret>,
}

/// What a client can prove itself by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    ApiKey,
    AccessKey,
    ClientSecret,
}

impl CredentialKind {
    pub const ALL: [Self; 3] = [Self::ApiKey, Self::AccessKey, Self::ClientSecret];
}

/// A credential as the table knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSecret {
    pub hash: CredentialHash,
    /// Seconds since 1970-01-01T00:00:00Z; absent while it is in use without an end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<i64>,
}

impl KeptSecret {
    /// One in use without an end.
    #[must_use]
    pub fn lasting(hash: CredentialHash) -> Self {
        Self { hash, expires_at: None }
    }
}

/// What tokens a client may ask for (contract §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub audience: Audience,
    pub scope: Scopes,
    #[serde(rename = "type")]
    pub grant_type: GrantType,
}

/// Which way of asking a grant is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    #[default]
    Any,
    /// A person signed in by a code.
    AuthorizationCode,
    /// The client itself.
    ClientCredentials,
    /// A person signed in by a password.
    Password,
}

impl Grant {
    fn is_for(&self, asked: GrantType) -> bool {
        self.grant_type == asked || self.grant_type == GrantType::Any
    }
}

impl Client {
    /// One that has nothing yet.
    #[must_use]
    pub fn blank(id: ClientId, name: String, now: Timestamp) -> Self {
        let created_at = now.seconds();
        let (grants, data_scope) = (Vec::new(), DataScopes::default());
        let (api_keys, access_keys, secrets) = (Vec::new(), Vec::new(), Vec::new());
        Self { id, name, created_at, grants, data_scope, api_keys, access_keys, secrets }
    }

    /// The scopes of all grants for this audience and way of asking; `None` when there is no such grant.
    ///
    /// # Errors
    /// When together they are too many for one token.
    pub fn granted(&self, audience: &Audience, asked: GrantType) -> Result<Option<Scopes>, Invalid> {
        let fits = |grant: &&Grant| grant.audience == *audience && grant.is_for(asked);
        let mut scopes = self.grants.iter().filter(fits).map(|grant| grant.scope.clone());
        let Some(first) = scopes.next() else { return Ok(None) };
        scopes.try_fold(first, Scopes::and).map(Some)
    }

    /// Every audience that a way of asking is granted for, once each.
    #[must_use]
    pub fn audiences(&self, asked: GrantType) -> Vec<&Audience> {
        let fitting = self.grants.iter().filter(|grant| grant.is_for(asked));
        let audiences: BTreeSet<_> = fitting.map(|grant| &grant.audience).collect();
        audiences.into_iter().collect()
    }

    /// Everything that it proves itself by, with the end of each (seconds since 1970-01-01T00:00:00Z).
    pub fn credentials(&self) -> impl Iterator<Item = (&CredentialHash, Option<i64>)> {
        let kept = CredentialKind::ALL.into_iter().flat_map(|kind| self.kept(kind));
        kept.map(|secret| (&secret.hash, secret.expires_at))
    }

    /// Its credentials of one kind.
    #[must_use]
    pub fn kept(&self, kind: CredentialKind) -> &[KeptSecret] {
        match kind {
            CredentialKind::ApiKey => &self.api_keys,
            CredentialKind::AccessKey => &self.access_keys,
            CredentialKind::ClientSecret => &self.secrets,
        }
    }

    /// With these credentials of a kind in place of those that it has.
    #[must_use]
    pub fn with(self, kind: CredentialKind, kept: Vec<KeptSecret>) -> Self {
        match kind {
            CredentialKind::ApiKey => Self { api_keys: kept, ..self },
            CredentialKind::AccessKey => Self { access_keys: kept, ..self },
            CredentialKind::ClientSecret => Self { secrets: kept, ..self },
        }
    }

    /// With another credential of a kind that it has. The one before works on until `ends_at` at the latest, in seconds
    /// since 1970-01-01T00:00:00Z, or `None` no more; any older one no more. `None`: it has none of this kind.
    #[must_use]
    pub fn rotated(&self, kind: CredentialKind, new: CredentialHash, ends_at: Option<i64>) -> Option<Self> {
        let last = self.kept(kind).last()?;
        let last = ends_at.map(|ends_at| {
            let expires_at = Some(last.expires_at.map_or(ends_at, |end| end.min(ends_at)));
            KeptSecret { expires_at, ..last.clone() }
        });
        Some(self.clone().with(kind, last.into_iter().chain([KeptSecret::lasting(new)]).collect()))
    }
}
