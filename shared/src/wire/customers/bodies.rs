use serde::Deserialize;

use crate::account::CustomerType;
use crate::app::OobChannel;
use crate::app::customers::PhoneNumber;
use crate::error::{Code, Error};
use crate::http::present;
use crate::types::{Email, Identifier, Invalid};

/// Who: `email`, or `ident_type` with `ident` (document 004).
#[derive(Deserialize)]
pub struct Ident {
    #[serde(default, deserialize_with = "present")]
    email: Option<Email>,
    #[serde(default, deserialize_with = "present")]
    #[serde(rename = "ident_type")]
    field: Option<IdentType>,
    #[serde(default, deserialize_with = "present")]
    #[serde(rename = "ident")]
    value: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum IdentType {
    Email,
    PhoneNumber,
}

impl Ident {
    /// # Errors
    /// [`Code::InvalidRequest`] when it is no address, or both ways are taken; [`Code::MissingField`] when neither is.
    pub fn identifier(self) -> Result<Identifier, Error> {
        let Self { email, field, value } = self;
        let invalid = |invalid: Invalid| Error::invalid("ident", invalid);
        match (email, field, value) {
            (Some(email), None, None) => Ok(Identifier::email(&email)),
            (None, Some(IdentType::Email), Some(value)) => {
                Ok(Identifier::email(&Email::try_from(value).map_err(invalid)?))
            }
            (None, Some(IdentType::PhoneNumber), Some(value)) => {
                let PhoneNumber(phone) = PhoneNumber::try_from(value).map_err(invalid)?;
                Ok(Identifier::phone(&phone))
            }
            (None, None, None) => Err(Error::missing("email")),
            (None, Some(_), None) => Err(Error::missing("ident")),
            (None, None, Some(_)) => Err(Error::missing("ident_type")),
            (Some(_), ..) => {
                let message = "Send email, or ident_type and ident, not both.";
                Err(Code::InvalidRequest.because("two ways to say who").saying(message))
            }
        }
    }
}

impl std::fmt::Debug for Ident {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ident(…)")
    }
}

/// `type` where somebody signs in: only customers and companies do.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignInType {
    #[default]
    Customer,
    Company,
}

impl From<SignInType> for CustomerType {
    fn from(kind: SignInType) -> Self {
        match kind {
            SignInType::Customer => Self::Customer,
            SignInType::Company => Self::Company,
        }
    }
}

/// `connection` and `oob_channel`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Connection {
    Sms,
    Email,
}

impl From<Connection> for OobChannel {
    fn from(connection: Connection) -> Self {
        match connection {
            Connection::Sms => Self::Sms,
            Connection::Email => Self::Email,
        }
    }
}
