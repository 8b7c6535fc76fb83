use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::types::{Invalid, Line, Name, Rule, Text, present};

/// A bank account, known by its IBAN or by the number that its country gives it, never both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub iban: Option<Text<Iban>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub account_number: Option<Text<AccountNumber>>,
    /// BIC, routing number, sort code: what the bank is known by.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub bank_code: Option<Text<Line>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub bank_name: Option<Text<Line>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub account_holder: Option<Name>,
}

impl BankAccount {
    pub(super) fn hints(&self) -> impl Iterator<Item = &str> {
        let number = self.iban.as_ref().map(Text::as_str).or(self.account_number.as_ref().map(Text::as_str));
        number.into_iter().chain(self.account_holder.as_ref().map(Name::as_str))
    }

    /// On one line: `IBAN NO93 8601 1117 947, Example Bank`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let iban = self.iban.as_ref().map(|iban| format!("IBAN {}", iban.in_groups()));
        let number = self.account_number.as_ref().map(|number| format!("Account {}", number.as_str()));
        let bank = [&self.bank_code, &self.bank_name].into_iter().flatten().map(|text| text.as_str().to_owned());
        let holder = self.account_holder.iter().map(|holder| holder.as_str().to_owned());
        iban.into_iter().chain(number).chain(bank).chain(holder).collect::<Vec<_>>().join(", ")
    }
}

impl Entry for BankAccount {
    const RULE: Invalid = Invalid("must have either an iban or an account_number");

    fn is_sound(&self) -> bool {
        self.iban.is_some() != self.account_number.is_some()
    }
}

/// Personal data: prints nothing of it.
impl std::fmt::Debug for BankAccount {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BankAccount(…)")
    }
}

/// An International Bank Account Number (ISO 13616) whose check digits hold: 15 to 34 letters and digits. Kept in
/// upper case without the spaces that are for the eye only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iban;

impl Rule for Iban {
    const RULE: Invalid = Invalid("must be an IBAN, like NO93 8601 1117 947");

    fn keep(given: String) -> Option<String> {
        let kept = given.replace(' ', "").to_ascii_uppercase();
        let fits = (15..=34).contains(&kept.len()) && kept.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (country, rest) = kept.split_at_checked(2)?;
        let (check, number) = rest.split_at_checked(2)?;
        let begins_well = country.bytes().all(|byte| byte.is_ascii_uppercase())
            && check.bytes().all(|byte| byte.is_ascii_digit())
            && (2..=98).contains(&check.parse::<u8>().ok()?);
        (fits && begins_well && remainder(number.bytes().chain(country.bytes()).chain(check.bytes())) == 1)
            .then_some(kept)
    }
}

impl Text<Iban> {
    /// As it is printed, in groups of four.
    fn in_groups(&self) -> String {
        let letters = self.as_str().chars().enumerate();
        letters.fold(String::new(), |text, (at, letter)| {
            if at > 0 && at % 4 == 0 { format!("{text} {letter}") } else { format!("{text}{letter}") }
        })
    }
}

/// What is left of the number modulo 97 (ISO 7064), a letter standing for 10 to 35.
fn remainder(characters: impl Iterator<Item = u8>) -> u32 {
    characters.fold(0, |left, byte| match byte {
        b'0'..=b'9' => (left * 10 + u32::from(byte - b'0')) % 97,
        letter => (left * 100 + u32::from(letter - b'A') + 10) % 97,
    })
}

/// An account's number where it has no IBAN: 4 to 34 letters, digits, spaces, hyphens, dots and slashes, the first and
/// the last a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountNumber;

impl Rule for AccountNumber {
    const RULE: Invalid = Invalid("must be an account number of 4 to 34 letters and digits");

    fn keep(given: String) -> Option<String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" -./".contains(&byte);
        let ends_well = [given.bytes().next(), given.bytes().last()]
            .into_iter()
            .all(|end| end.is_some_and(|byte| byte.is_ascii_alphanumeric()));
        ((4..=34).contains(&given.len()) && ends_well && given.bytes().all(allowed)).then_some(given)
    }
}
