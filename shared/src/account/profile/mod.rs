//! What a tenant says of a person for third parties to ask for (contract §3.6).

mod address;
mod bank_account;
mod document;
mod entry;
mod gender;
mod handle;
mod preferences;

pub use address::Address;
pub use bank_account::{AccountNumber, BankAccount, Iban};
pub use document::{Document, DocumentType};
pub use gender::Gender;
pub use handle::Handle;
pub use preferences::{Currency, Language, Preferences, TimeZone};

use serde::{Deserialize, Serialize};

use crate::types::{Date, Email, Few, HttpsUrl, Phone, Text, present};

/// What is known of a person beyond what signs them in or reaches them. Its JSON form is the row's, the request's and
/// the answer's.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub picture: Option<Text<HttpsUrl>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub gender: Option<Text<Gender>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub birthdate: Option<Date>,
    /// Beyond the account's own. Nobody has proved them: they sign nobody in and nothing is sent there.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub emails: Few<Email>,
    /// As [`emails`](Profile::emails).
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub phone_numbers: Few<Phone>,
    /// The first is the primary one.
    #[serde(skip_serializing_if = "Few::is_empty", deserialize_with = "entry::list")]
    pub addresses: Few<Address>,
    /// The first is the primary one.
    #[serde(skip_serializing_if = "Few::is_empty", deserialize_with = "entry::list")]
    pub bank_accounts: Few<BankAccount>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "entry::one")]
    pub document_detail: Option<Document>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "entry::one")]
    pub preferences: Option<Preferences>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub instagram_account: Option<Text<Handle>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub x_account: Option<Text<Handle>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub tiktok_account: Option<Text<Handle>>,
    /// Whether the tenant's back end says that it checked the person's identity.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_verified: bool,
}

impl Profile {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn hints(&self) -> Vec<&str> {
        let emails = self.emails.iter().flat_map(|email| [email.as_given(), email.canonical()]);
        let phones = self.phone_numbers.iter().map(Phone::as_str);
        let handles = [&self.instagram_account, &self.x_account, &self.tiktok_account].into_iter().flatten();
        let addresses = self.addresses.iter().flat_map(Address::lines);
        let bank_accounts = self.bank_accounts.iter().flat_map(BankAccount::hints);
        let document = self.document_detail.iter().map(|document| document.document_number.as_str());
        let birthdate = self.birthdate.iter().map(Date::as_str);
        let numbers = bank_accounts.chain(document).chain(birthdate);
        emails.chain(phones).chain(handles.map(Text::as_str)).chain(addresses).chain(numbers).collect()
    }
}

/// Personal data: prints nothing of it.
impl std::fmt::Debug for Profile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Profile(…)")
    }
}

#[cfg(test)]
mod tests;
