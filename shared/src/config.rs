use std::env;

use aws_sdk_dynamodb::config::Credentials;

use crate::limits::Limits;
use crate::password::Cost;
use crate::types::Email;

/// The door for the environment: what a deployment says about itself. An unsafe value stops the start (yardstick O1).
///
/// | variable | meaning |
/// |---|---|
/// | `TABLE_NAME` | the one table |
/// | `KEY_RING_KEY` | the KMS key (id, ARN or alias) that wraps the key ring |
/// | `ISSUER` | `iss` of every token, an https URL without a path |
/// | `PASSWORD_MEMORY_KIB`, `PASSWORD_PASSES` | the cost of a password hash; 19456 and 2 unless set, and never less |
/// | `LIMITS` | what differs of [`Limits`], as JSON |
/// | `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | set by Lambda |
/// | `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_KMS` | other endpoints that speak the same protocols |
/// | `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` | set by Lambda, in MB: how many hashes may run at once |
#[derive(Debug, Clone)]
pub struct Config {
    pub table_name: String,
    pub key_ring_key: String,
    pub issuer: String,
    pub password_cost: Cost,
    pub password_permits: usize,
    pub limits: Limits,
    pub region: String,
    /// Prints no secret of itself.
    pub credentials: Credentials,
    pub dynamodb_endpoint: Option<String>,
    pub kms_endpoint: Option<String>,
}

impl Config {
    /// # Errors
    /// One line that names the variable that is missing or unsafe.
    pub fn from_environment() -> Result<Self, String> {
        Self::of(required("TABLE_NAME")?, required("KEY_RING_KEY")?, required("ISSUER")?)
    }

    /// As [`from_environment`](Config::from_environment), of a deployment that is named otherwise.
    ///
    /// # Errors
    /// As [`from_environment`](Config::from_environment).
    pub fn of(table_name: String, key_ring_key: String, issuer: String) -> Result<Self, String> {
        let password_cost = Cost::new(
            number("PASSWORD_MEMORY_KIB")?.unwrap_or(Cost::FLOOR.memory_kib()),
            number("PASSWORD_PASSES")?.unwrap_or(2),
        )
        .map_err(|rule| format!("PASSWORD_MEMORY_KIB and PASSWORD_PASSES {rule}"))?;
        let host = issuer.strip_prefix("https://").unwrap_or_default();
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            return Err("ISSUER must be an https URL without a path".to_owned());
        }
        Ok(Self {
            table_name,
            key_ring_key,
            issuer,
            password_cost,
            limits: optional("LIMITS").map_or_else(
                || Ok(Limits::default()),
                |json| Limits::parse(&json).map_err(|why| format!("LIMITS: {why}")),
            )?,
            password_permits: permits(number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?.unwrap_or(1769), password_cost)?,
            region: required("AWS_REGION")?,
            credentials: Credentials::new(
                required("AWS_ACCESS_KEY_ID")?,
                required("AWS_SECRET_ACCESS_KEY")?,
                optional("AWS_SESSION_TOKEN"),
                None,
                "environment",
            ),
            dynamodb_endpoint: optional("AWS_ENDPOINT_URL_DYNAMODB"),
            kms_endpoint: optional("AWS_ENDPOINT_URL_KMS"),
        })
    }
}

/// How messages leave the deployment: the part of the environment that only their delivery reads.
///
/// | variable | meaning |
/// |---|---|
/// | `MESSAGE_SENDER` | the address that e-mails come from; SES must have verified it or its domain |
/// | `MESSAGE_CONFIGURATION_SET` | SES's configuration set that e-mails are counted in; none unless set |
/// | `MESSAGE_SMS_SENDER_ID` | what text messages come from where a country allows names; SNS chooses unless set |
/// | `AWS_ENDPOINT_URL_SESV2`, `AWS_ENDPOINT_URL_SNS` | other endpoints that speak the same protocols |
#[derive(Debug, Clone)]
pub struct Delivery {
    pub sender: Email,
    pub configuration_set: Option<String>,
    pub sms_sender_id: Option<String>,
    pub sesv2_endpoint: Option<String>,
    pub sns_endpoint: Option<String>,
}

impl Delivery {
    /// # Errors
    /// One line that names the variable that is missing or unsafe.
    pub fn from_environment() -> Result<Self, String> {
        let (set, sender_id) = (optional("MESSAGE_CONFIGURATION_SET"), optional("MESSAGE_SMS_SENDER_ID"));
        Ok(Self {
            sesv2_endpoint: optional("AWS_ENDPOINT_URL_SESV2"),
            sns_endpoint: optional("AWS_ENDPOINT_URL_SNS"),
            ..Self::new(required("MESSAGE_SENDER")?, set, sender_id)?
        })
    }

    /// # Errors
    /// As [`from_environment`](Delivery::from_environment).
    pub fn new(
        sender: String,
        configuration_set: Option<String>,
        sms_sender_id: Option<String>,
    ) -> Result<Self, String> {
        let sender = Email::try_from(sender).map_err(|rule| format!("MESSAGE_SENDER {rule}"))?;
        let fits = |set: &String| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            (1..=64).contains(&set.len()) && set.bytes().all(allowed)
        };
        if !configuration_set.as_ref().is_none_or(fits) {
            return Err("MESSAGE_CONFIGURATION_SET must be 1 to 64 letters, digits, - and _".to_owned());
        }
        let fits = |id: &String| {
            let letters = id.bytes().any(|byte| byte.is_ascii_alphabetic());
            (1..=11).contains(&id.len()) && letters && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if !sms_sender_id.as_ref().is_none_or(fits) {
            return Err("MESSAGE_SMS_SENDER_ID must be 1 to 11 letters and digits, one of them a letter".to_owned());
        }
        Ok(Self { sender, configuration_set, sms_sender_id, sesv2_endpoint: None, sns_endpoint: None })
    }
}

/// As many hashes as there are cores and as fit beside 128 MB for everything else (yardstick §3).
fn permits(function_megabytes: u32, cost: Cost) -> Result<usize, String> {
    let fitting = function_megabytes.saturating_sub(128) * 1024 / cost.memory_kib();
    if fitting == 0 {
        return Err(format!("PASSWORD_MEMORY_KIB does not fit into a function of {function_megabytes} MB"));
    }
    let cores = function_megabytes.div_ceil(1769);
    usize::try_from(fitting.min(cores)).map_err(|error| error.to_string())
}

#[expect(clippy::disallowed_methods, reason = "this is the environment's door")]
fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &str) -> Result<String, String> {
    optional(name).ok_or_else(|| format!("{name} must be set"))
}

fn number(name: &str) -> Result<Option<u32>, String> {
    let parse = |text: String| text.parse().map_err(|_| format!("{name} must be a whole number"));
    optional(name).map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_at_once_fit_into_the_functions_memory_and_cores() {
        let cost = Cost::FLOOR;
        assert_eq!(permits(256, cost), Ok(1));
        assert_eq!(permits(1769, cost), Ok(1));
        assert_eq!(permits(3538, cost), Ok(2));
        assert!(permits(256, Cost::new(262_144, 3).unwrap()).is_err());
    }

    #[test]
    fn messages_leave_by_a_sound_sender_only() {
        let delivery = |sender: &str, set: Option<&str>, id: Option<&str>| {
            Delivery::new(sender.to_owned(), set.map(str::to_owned), id.map(str::to_owned))
        };
        assert!(delivery("no-reply@example.com", None, None).is_ok());
        assert!(delivery("no-reply@example.com", Some("portal_1-eu"), Some("Nordlys1")).is_ok());
        for (sender, set, id, named) in [
            ("", None, None, "MESSAGE_SENDER"),
            ("Nordlys <no-reply@example.com>", None, None, "MESSAGE_SENDER"),
            ("no-reply@example.com\r\nBcc: x@example.com", None, None, "MESSAGE_SENDER"),
            ("no-reply@example.com", Some("a b"), None, "MESSAGE_CONFIGURATION_SET"),
            ("no-reply@example.com", None, Some("12345"), "MESSAGE_SMS_SENDER_ID"),
            ("no-reply@example.com", None, Some("Nordlys Bank"), "MESSAGE_SMS_SENDER_ID"),
        ] {
            assert!(delivery(sender, set, id).is_err_and(|why| why.starts_with(named)), "{sender:?} {set:?} {id:?}");
        }
    }

    #[test]
    fn a_cost_below_the_floor_is_refused() {
        assert!(Cost::new(19_455, 2).is_err());
        assert!(Cost::new(19_456, 1).is_err());
        assert!(Cost::new(262_145, 2).is_err());
        assert!(Cost::new(65_536, 3).is_ok());
    }
}
