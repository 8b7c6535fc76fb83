use serde::{Deserialize, Serialize};

use crate::password::PasswordHash;
use crate::types::{CustomerId, Name};

/// What a customer's account knows beyond what every account does (contract §4.10).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    #[serde(rename = "type")]
    pub customer_type: CustomerType,
    pub customer_id: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_name: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_name: Option<Name>,
    /// Of a pin of 6 digits, with which nobody signs in without a second factor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pin_hash: Option<PasswordHash>,
}

/// Personal data: prints the type only.
impl std::fmt::Debug for Customer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Customer({})", self.customer_type.as_str())
    }
}

impl Customer {
    pub(super) fn hints(&self) -> Vec<&str> {
        self.first_name.iter().chain(&self.last_name).map(Name::as_str).collect()
    }
}

/// `type` of contract §4.10. An e-mail address may be one account's of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustomerType {
    Customer,
    Company,
    Contact,
    Employee,
    Other,
}

impl CustomerType {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Company => "company",
            Self::Contact => "contact",
            Self::Employee => "employee",
            Self::Other => "other",
        }
    }

    /// Whether somebody of this type can sign in.
    #[must_use]
    pub fn signs_in(self) -> bool {
        matches!(self, Self::Customer | Self::Company)
    }
}
