use std::borrow::Cow;
use std::fmt::Display;

use crate::metric::{self, Metric};
use crate::types::Invalid;

/// Every public refusal of every surface. How one leaves is the surface's matter (`wire/`).
///
/// Add a code only where a client would act on it. Many private reasons, one public code, wherever the
/// difference would tell an attacker something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    InvalidRequest,
    /// Nothing but one field is missing. Some surfaces tell it from [`InvalidRequest`](Code::InvalidRequest).
    MissingField,
    WeakPassword,
    EmailTaken,
    AccountExists,
    LeadExists,
    LeadNotFound,
    InvalidApiKey,
    InvalidAccessKey,
    InvalidPublicKey,
    InvalidAuthKey,
    InvalidCredentials,
    InvalidResetLink,
    /// One of `intermediaries` that is not out (any more).
    InvalidLink,
    /// A code that was sent to prove an address, and any try at it is the last.
    InvalidCode,
    InvalidPasswordValidation,
    InvalidRefreshToken,
    InvalidAccessToken,
    CustomerExists,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedTokenType,
    InvalidScope,
    MissingToken,
    InvalidToken,
    InvalidClient,
    InvalidMfaToken,
    Forbidden,
    InsufficientScope,
    InvalidTarget,
    ReauthenticationRequired,
    NotFound,
    IntermediaryNotFound,
    MethodNotAllowed,
    /// A form was filled in under a state of things that is no more.
    Stale,
    BodyTooLarge,
    UnsupportedMediaType,
    IdempotencyKeyReused,
    TooManyRequests,
    /// Polled too fast (RFC 8628 §3.5).
    SlowDown,
    Internal,
    Unavailable,
}

impl Code {
    pub const ALL: [Self; 43] = [
        Self::InvalidRequest,
        Self::MissingField,
        Self::WeakPassword,
        Self::EmailTaken,
        Self::AccountExists,
        Self::LeadExists,
        Self::LeadNotFound,
        Self::InvalidApiKey,
        Self::InvalidAccessKey,
        Self::InvalidPublicKey,
        Self::InvalidAuthKey,
        Self::InvalidCredentials,
        Self::InvalidResetLink,
        Self::InvalidLink,
        Self::InvalidCode,
        Self::InvalidPasswordValidation,
        Self::InvalidRefreshToken,
        Self::InvalidAccessToken,
        Self::CustomerExists,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedTokenType,
        Self::InvalidScope,
        Self::MissingToken,
        Self::InvalidToken,
        Self::InvalidClient,
        Self::InvalidMfaToken,
        Self::Forbidden,
        Self::InsufficientScope,
        Self::InvalidTarget,
        Self::ReauthenticationRequired,
        Self::NotFound,
        Self::IntermediaryNotFound,
        Self::MethodNotAllowed,
        Self::Stale,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::IdempotencyKeyReused,
        Self::TooManyRequests,
        Self::SlowDown,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The HTTP status, always 4xx or 5xx.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest
            | Self::MissingField
            | Self::WeakPassword
            | Self::EmailTaken
            | Self::AccountExists
            | Self::LeadExists
            | Self::LeadNotFound
            | Self::CustomerExists
            | Self::InvalidCode
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::UnsupportedTokenType
            | Self::InvalidScope => 400,
            Self::InvalidApiKey
            | Self::InvalidAccessKey
            | Self::InvalidPublicKey
            | Self::InvalidAuthKey
            | Self::InvalidCredentials
            | Self::InvalidResetLink
            | Self::InvalidPasswordValidation
            | Self::InvalidRefreshToken
            | Self::InvalidAccessToken
            | Self::MissingToken
            | Self::InvalidToken
            | Self::InvalidClient
            | Self::InvalidMfaToken => 401,
            Self::Forbidden | Self::InsufficientScope | Self::InvalidTarget | Self::ReauthenticationRequired => 403,
            Self::NotFound | Self::IntermediaryNotFound | Self::InvalidLink => 404,
            Self::MethodNotAllowed => 405,
            Self::Stale => 409,
            Self::BodyTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::IdempotencyKeyReused => 422,
            Self::TooManyRequests | Self::SlowDown => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// The stable name that clients may act on.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::MissingField => "invalid_request",
            Self::WeakPassword => "weak_password",
            Self::EmailTaken => "email_taken",
            Self::AccountExists => "account_exists",
            Self::LeadExists => "lead_exists",
            Self::LeadNotFound => "lead_not_found",
            Self::InvalidApiKey => "invalid_api_key",
            Self::InvalidAccessKey => "invalid_access_key",
            Self::InvalidPublicKey => "invalid_public_key",
            Self::InvalidAuthKey => "invalid_auth_key",
            Self::InvalidCredentials => "invalid_credentials",
            Self::InvalidResetLink => "invalid_reset_link",
            Self::InvalidLink => "invalid_link",
            Self::InvalidCode => "invalid_code",
            Self::InvalidPasswordValidation => "invalid_password_validation_token",
            Self::InvalidRefreshToken => "invalid_refresh_token",
            Self::InvalidAccessToken => "invalid_access_token",
            Self::CustomerExists => "customer_exists",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidScope => "invalid_scope",
            Self::MissingToken => "missing_token",
            Self::InvalidToken => "invalid_token",
            Self::InvalidClient => "invalid_client",
            Self::InvalidMfaToken => "invalid_mfa_token",
            Self::Forbidden => "forbidden",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidTarget => "invalid_target",
            Self::ReauthenticationRequired => "reauthentication_required",
            Self::NotFound => "not_found",
            Self::IntermediaryNotFound => "intermediary_not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Stale => "stale",
            Self::BodyTooLarge => "body_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::TooManyRequests => "too_many_requests",
            Self::SlowDown => "slow_down",
            Self::Internal => "internal_error",
            Self::Unavailable => "unavailable",
        }
    }

    /// What the caller is told unless the error says it better.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request is malformed.",
            Self::MissingField => "A field of the request is missing.",
            Self::WeakPassword => "The password is too weak.",
            Self::EmailTaken => "An account with this e-mail address exists.",
            Self::AccountExists => "This intermediary has an account.",
            Self::LeadExists => "A lead with one of these identifiers exists.",
            Self::LeadNotFound => "There is no such lead.",
            Self::InvalidApiKey => "The api-key header is missing or not valid.",
            Self::InvalidAccessKey => "The access credentials are not valid. Check your AccessKey and SecretKey.",
            Self::InvalidPublicKey => "The Authorization header must be a valid public auth key.",
            Self::InvalidAuthKey => "The AuthKey is not valid. Sign in again.",
            Self::InvalidCredentials => "The credentials are not valid.",
            Self::InvalidResetLink => "The reset link is not valid. Ask for another one.",
            Self::InvalidLink => "The link is not valid, has run out or was used. Ask for another one.",
            Self::InvalidCode => "The code is not valid, has run out or was tried before. Ask for another one.",
            Self::InvalidPasswordValidation => {
                "The accountPasswordValidationToken header is missing or not valid. Check the password again."
            }
            Self::InvalidRefreshToken => "The refresh token is not valid. Sign in again.",
            Self::InvalidAccessToken => "The access token is not valid. Re-sign the session or sign in again.",
            Self::CustomerExists => "A customer with this id, e-mail address or telephone number exists.",
            Self::InvalidGrant => "The grant is not valid, has run out or was used before.",
            Self::UnauthorizedClient => "This client may not ask for tokens in this way.",
            Self::UnsupportedGrantType => "This grant_type is not supported.",
            Self::UnsupportedTokenType => {
                "The token of a client itself cannot be revoked. It runs out, or the client is deleted."
            }
            Self::InvalidScope => "A scope that was asked for was not granted.",
            Self::MissingToken => "The Authorization header must be Bearer with an access token.",
            Self::InvalidToken => "The access token is not valid. Get another one.",
            Self::InvalidClient => "The client id or secret is not valid.",
            Self::InvalidMfaToken => "The mfa_token is not valid, has run out or was used up. Sign in again.",
            Self::Forbidden => "The access token is not for this.",
            Self::InsufficientScope => "The access token lacks a scope.",
            Self::InvalidTarget => "The audience is not one of the client's grants.",
            Self::ReauthenticationRequired => "Sign in again, with every factor, and repeat this soon after.",
            Self::NotFound => "The API could not be found. Please check the API signature.",
            Self::IntermediaryNotFound => "There is no such intermediary.",
            Self::MethodNotAllowed => "This takes another method.",
            Self::Stale => "Things changed in the meantime. Look again.",
            Self::BodyTooLarge => "The request body is larger than 16 KiB.",
            Self::UnsupportedMediaType => "The request body must be JSON with content-type application/json.",
            Self::IdempotencyKeyReused => "This idempotency key was used for another request.",
            Self::TooManyRequests => "Too many requests. Try again later.",
            Self::SlowDown => "Nothing is decided yet. Ask again later, as retry-after says.",
            Self::Internal => "Something failed on our side.",
            Self::Unavailable => "The service cannot answer just now. Try again.",
        }
    }

    /// This refusal with the private reason for it, which goes to the log and nowhere else.
    /// A reason is never made of a secret.
    #[must_use]
    pub fn because(self, reason: impl Display) -> Error {
        let retry_after_seconds = (self == Self::Unavailable).then_some(1);
        Error { code: self, message: None, field: None, scope: None, retry_after_seconds, reason: reason.to_string() }
    }
}

/// A refusal: a public code, and beside it what the log is told.
#[derive(Debug, Clone)]
pub struct Error {
    code: Code,
    message: Option<Cow<'static, str>>,
    field: Option<String>,
    scope: Option<&'static str>,
    retry_after_seconds: Option<u32>,
    reason: String,
}

impl Error {
    /// A malformed field of the request, with the rule that it breaks.
    #[must_use]
    pub fn invalid(field: &str, invalid: Invalid) -> Self {
        Code::InvalidRequest.because(invalid).saying(format!("{field} {invalid}.")).at(field)
    }

    /// A field that the request lacks.
    #[must_use]
    pub fn missing(field: &str) -> Self {
        Code::MissingField.because("a field is missing").saying(format!("{field} is required.")).at(field)
    }

    /// A token that lacks a scope; any one of `accepted`, the first of which is the narrowest, would do.
    #[must_use]
    pub fn lacking_scope(accepted: &[&'static str]) -> Self {
        let message = format!("The access token lacks the scope {}.", accepted.join(" or "));
        let error = Code::InsufficientScope.because("a scope is missing").saying(message);
        Self { scope: accepted.first().copied(), ..error }
    }

    /// Others changed the same rows at the same time, and nothing was done; trying again may help.
    #[must_use]
    pub fn conflict(reason: &str) -> Self {
        Code::Unavailable.because(reason).counted(Metric::Conflict)
    }

    /// Replaces the public message. It never repeats what the caller sent.
    #[must_use]
    pub fn saying(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Names the request's field at fault.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// Counts it as `metric`, too, beside what its status is counted as.
    #[must_use]
    pub fn counted(self, metric: Metric) -> Self {
        metric::count(metric);
        self
    }

    /// Tells the caller to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after_seconds = Some(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX));
        self
    }

    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    #[must_use]
    pub fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_else(|| self.code.message())
    }

    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The scope that would do.
    #[must_use]
    pub fn scope(&self) -> Option<&'static str> {
        self.scope
    }

    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.retry_after_seconds
    }

    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
