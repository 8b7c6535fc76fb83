//! Published prices, US dollars, us-east-1, as read on 20 September 2026 (DynamoDB's on demand, since 1 November 2024: on
//! 21 July 2025). Free tiers are Cognito's alone, whose list begins with one.

/// One request of an HTTP API; the first 300 million a month.
pub const GATEWAY_REQUEST: f64 = 1.00 / 1e6;
pub const LAMBDA_REQUEST: f64 = 0.20 / 1e6;
/// arm64, as the template has it.
pub const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
/// Of 4 KB, strongly consistent.
pub const READ_UNIT: f64 = 0.125 / 1e6;
/// Of 1 KB.
pub const WRITE_UNIT: f64 = 0.625 / 1e6;

/// Amazon Cognito, for a month with so many active users; however often each of them calls.
pub fn cognito_lite(users: f64) -> f64 {
    let dearer = users.min(100_000.0) - COGNITO_FREE_USERS;
    dearer.max(0.0) * 0.0055 + (users - 100_000.0).max(0.0) * 0.0046
}

pub fn cognito_essentials(users: f64) -> f64 {
    (users - COGNITO_FREE_USERS).max(0.0) * 0.015
}

const COGNITO_FREE_USERS: f64 = 10_000.0;
