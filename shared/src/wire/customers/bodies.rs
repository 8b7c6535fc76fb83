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
    /// [`Code::InvalidRequest`] when it is no address, or `email` and `ident` differ; [`Code::MissingField`] when neither is.
    pub fn identifier(self) -> Result<Identifier, Error> {
        let Self { email, field, value } = self;
        let email = email.as_ref().map(Identifier::email);
        let invalid = |invalid: Invalid| Error::invalid("ident", invalid);
        let ident = match (field, value) {
            (Some(IdentType::Email), Some(value)) => Identifier::email(&Email::try_from(value).map_err(invalid)?),
            (Some(IdentType::PhoneNumber), Some(value)) => {
                let PhoneNumber(phone) = PhoneNumber::try_from(value).map_err(invalid)?;
                Identifier::phone(&phone)
            }
            (Some(_), None) => return Err(Error::missing("ident")),
            (None, Some(_)) => return Err(Error::missing("ident_type")),
            (None, None) => return email.ok_or_else(|| Error::missing("email")),
        };
        if email.is_some_and(|email| email != ident) {
            let message = "email and ident differ.";
            return Err(Code::InvalidRequest.because("two ways to say who").saying(message).at("ident"));
        }
        Ok(ident)
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
