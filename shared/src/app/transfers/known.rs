use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::lead;
use super::offer::Entry;
use crate::account::{Account, Handle, Owner, Profile};
use crate::types::{DataScope, Email, Name, Phone, Text, Timestamp, shown};

/// What is known of a person, whatever kind of account it is that knows it.
pub(super) struct Known<'a> {
    account: &'a Account,
    profile: Cow<'a, Profile>,
    now: Timestamp,
}

impl<'a> Known<'a> {
    pub(super) fn of(account: &'a Account, now: Timestamp) -> Self {
        let profile = match &account.owner {
            Owner::Lead { fields } => Cow::Owned(lead::profile(account, fields)),
            Owner::Customer(_) | Owner::Intermediary { .. } => Cow::Borrowed(&account.profile),
        };
        Self { account, profile, now }
    }

    /// One for each value of this scope that could be handed over.
    pub(super) fn entries(&self, scope: DataScope, subject: &str) -> Vec<Entry> {
        let profile = &*self.profile;
        let entries: Vec<Entry> = match scope {
            DataScope::UserId => vec![plain(subject)],
            DataScope::Picture => profile.picture.iter().map(|picture| plain(picture.as_str())).collect(),
            DataScope::Names => self.names().into_iter().collect(),
            DataScope::Email => self.emails().collect(),
            DataScope::Phone => self.phones().collect(),
            DataScope::Gender => self.gender().into_iter().collect(),
            DataScope::DocumentDetail => self.document().into_iter().collect(),
            DataScope::Birthdate => self.birthdate().into_iter().collect(),
            DataScope::Address => self.addresses().collect(),
            DataScope::BankAccount => self.bank_accounts().collect(),
            DataScope::Preferences => self.preferences().into_iter().collect(),
            DataScope::IsVerified => vec![yes_or_no(profile.is_verified)],
            DataScope::IsOver18 => self.is_over(18).into_iter().collect(),
            DataScope::IsOver21 => self.is_over(21).into_iter().collect(),
            DataScope::InstagramAccount => profile.instagram_account.iter().map(social_account).collect(),
            DataScope::XAccount => profile.x_account.iter().map(social_account).collect(),
            DataScope::TiktokAccount => profile.tiktok_account.iter().map(social_account).collect(),
        };
        entries.into_iter().filter_map(as_seen).map(with_proof).collect()
    }

    fn names(&self) -> Option<Entry> {
        let (first, family) = match &self.account.owner {
            Owner::Customer(customer) => (customer.first_name.clone(), customer.last_name.clone()),
            Owner::Lead { fields } => (lead::read(fields, "FirstName"), lead::read(fields, "LastName")),
            Owner::Intermediary { .. } => (None, None),
        };
        let (first, family) = (first.as_ref().map(Name::as_str), family.as_ref().map(Name::as_str));
        let joined = || [first, family].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let full = self.account.full_name.as_ref().map_or_else(joined, |name| name.as_str().to_owned());
        let names = [("first_name", first), ("family_name", family), ("full_name", Some(&full))];
        let known: BTreeMap<_, _> = names.into_iter().filter_map(|(member, name)| Some((member, name?))).collect();
        let entry = Entry { value: stated(known, self.profile.is_verified), shown: full };
        Some(entry).filter(|entry| !entry.shown.is_empty())
    }

    /// The account's own first; what the profile says beside it is proved by nobody.
    fn emails(&self) -> impl Iterator<Item = Entry> {
        let own = self.account.email.as_ref();
        let is_verified = self.account.email_verified_at.is_some();
        let is_other = move |email: &&Email| own.is_none_or(|own| own.canonical() != email.canonical());
        let further = self.profile.emails.iter().filter(is_other).map(|email| (email, false, false));
        let all = own.map(|email| (email, is_verified, true)).into_iter().chain(further);
        all.map(|(email, is_verified, is_primary)| {
            let value = one_of(json!({ "email": email }), is_verified, is_primary);
            Entry { shown: email.as_given().to_owned(), value }
        })
    }

    /// As [`emails`](Known::emails).
    fn phones(&self) -> impl Iterator<Item = Entry> {
        let own = self.account.phone.as_ref();
        let is_verified = self.account.phone_verified_at.is_some();
        let is_other = move |phone: &&Phone| own.is_none_or(|own| own != *phone);
        let further = self.profile.phone_numbers.iter().filter(is_other).map(|phone| (phone, false, false));
        let all = own.map(|phone| (phone, is_verified, true)).into_iter().chain(further);
        all.map(|(phone, is_verified, is_primary)| {
            let value = one_of(json!({ "phone_number": phone }), is_verified, is_primary);
            Entry { shown: phone.as_str().to_owned(), value }
        })
    }

    fn gender(&self) -> Option<Entry> {
        let gender = self.profile.gender.as_ref()?;
        let value = stated(json!({ "gender": gender }), self.profile.is_verified);
        Some(Entry { shown: gender.in_words(), value })
    }

    fn document(&self) -> Option<Entry> {
        let document = self.profile.document_detail.as_ref()?;
        Some(Entry { shown: document.in_words(), value: stated(document, self.profile.is_verified) })
    }

    fn birthdate(&self) -> Option<Entry> {
        let birthdate = self.profile.birthdate.as_ref()?;
        let value = stated(json!({ "birthdate": birthdate }), self.profile.is_verified);
        Some(Entry { shown: birthdate.in_words(), value })
    }

    /// Whoever checked who somebody is has not checked where they live.
    fn addresses(&self) -> impl Iterator<Item = Entry> {
        let addresses = self.profile.addresses.iter().enumerate();
        addresses.map(|(at, address)| Entry { shown: address.in_words(), value: one_of(address, false, at == 0) })
    }

    /// As [`addresses`](Known::addresses).
    fn bank_accounts(&self) -> impl Iterator<Item = Entry> {
        let accounts = self.profile.bank_accounts.iter().enumerate();
        accounts.map(|(at, account)| Entry { shown: account.in_words(), value: one_of(account, false, at == 0) })
    }

    fn preferences(&self) -> Option<Entry> {
        let preferences = self.profile.preferences.as_ref()?;
        Some(Entry { shown: preferences.in_words(), value: stated(preferences, false) })
    }

    /// Where no day of birth was checked nothing is said: either answer would be taken for one.
    fn is_over(&self, years: i32) -> Option<Entry> {
        let birthdate = self.profile.birthdate.as_ref().filter(|_| self.profile.is_verified)?;
        Some(yes_or_no(birthdate.is_years_ago(years, self.now)))
    }
}

/// As the pages show it: what nobody sees of a text is not handed over either, and a text of nothing else is none.
fn as_seen(entry: Entry) -> Option<Entry> {
    let shown = shown::plain(&entry.shown);
    (!shown.trim().is_empty()).then(|| Entry { shown, value: seen(entry.value) })
}

fn seen(value: Value) -> Value {
    match value {
        Value::String(text) => Value::from(shown::plain(&text)),
        Value::Array(values) => values.into_iter().map(seen).collect(),
        Value::Object(members) => {
            let seen = members.into_iter().map(|(name, value)| (name, seen(value)));
            seen.filter(|(_, value)| value.as_str().is_none_or(|text| !text.trim().is_empty())).collect()
        }
        other => other,
    }
}

/// That something was checked leaves with it, so the person is shown that, too.
fn with_proof(entry: Entry) -> Entry {
    let is_verified = entry.value.get("is_verified") == Some(&Value::Bool(true));
    let shown = if is_verified { format!("{} (checked)", entry.shown) } else { entry.shown };
    Entry { shown, ..entry }
}

fn social_account(handle: &Text<Handle>) -> Entry {
    Entry { shown: format!("@{}", handle.as_str()), value: stated(json!({ "username": handle }), false) }
}

fn plain(text: &str) -> Entry {
    Entry { shown: text.to_owned(), value: Value::from(text) }
}

fn yes_or_no(answer: bool) -> Entry {
    Entry { shown: if answer { "Yes" } else { "No" }.to_owned(), value: Value::from(answer) }
}

#[derive(Serialize)]
struct Stated<T> {
    #[serde(flatten)]
    what: T,
    is_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_primary: Option<bool>,
}

/// An object with whether anybody proved what it says.
fn stated(what: impl Serialize, is_verified: bool) -> Value {
    serde_json::to_value(Stated { what, is_verified, is_primary: None }).unwrap_or_default()
}

/// As [`stated`], of several.
fn one_of(what: impl Serialize, is_verified: bool, is_primary: bool) -> Value {
    serde_json::to_value(Stated { what, is_verified, is_primary: Some(is_primary) }).unwrap_or_default()
}
