use std::collections::BTreeMap;

use crate::account::{Account, Owner};
use crate::error::Error;
use crate::store::TenantSettings;
use crate::types::{Email, Identifier, Invalid, Phone, SchemaName};

/// What is said of a lead, field by field (contract §2.3), found in order.
#[derive(Debug)]
pub struct LeadForm {
    /// In the order in which they were given.
    pub identifiers: Vec<Identifier>,
    given: Vec<(SchemaName, String)>,
}

const MOST_FIELDS: usize = 64;
/// Characters of one value.
const LONGEST_VALUE: usize = 2_000;
/// Bytes of all values of a lead: far below what a row holds.
const LARGEST_LEAD: usize = 64 * 1024;
/// A transaction takes 100 items, and a change may free and take as many.
const MOST_IDENTIFIERS: usize = 40;

impl LeadForm {
    /// # Errors
    /// [`crate::error::Code::InvalidRequest`], naming the field, when one is given twice, is no identifier though
    /// the tenant says that it identifies, or is too long.
    pub fn parse(given: Vec<(SchemaName, String)>, settings: &TenantSettings) -> Result<Self, Error> {
        if given.len() > MOST_FIELDS {
            return Err(Error::invalid("LeadFields", Invalid("must be at most 64 fields")));
        }
        let mut identifiers = Vec::new();
        for (position, (field, value)) in given.iter().enumerate() {
            let invalid = |invalid| Error::invalid(field.as_str(), invalid);
            if given.iter().take(position).any(|(earlier, _)| earlier == field) {
                return Err(invalid(Invalid("must be given once")));
            }
            // What a portal's own fields are called, passwords among them, is never kept.
            if field.as_str().to_ascii_lowercase().starts_with("mx_portal_") {
                return Err(invalid(Invalid("cannot be set here")));
            }
            if value.chars().count() > LONGEST_VALUE || value.contains('\0') {
                return Err(invalid(Invalid("must have at most 2000 characters, none of them NUL")));
            }
            if value.is_empty() {
                continue;
            }
            if *field == SchemaName::email_address() {
                Email::try_from(value.clone()).map_err(invalid)?;
            } else if *field == SchemaName::phone() {
                Phone::written(value).map_err(invalid)?;
            }
            if let Some(format) = settings.lead_key(field) {
                identifiers.push(Identifier::parse(field.clone(), format, value).map_err(invalid)?);
            }
        }
        if identifiers.len() > MOST_IDENTIFIERS {
            return Err(Error::invalid("LeadFields", Invalid("must hold at most 40 unique identifiers")));
        }
        Ok(Self { identifiers, given })
    }

    /// # Errors
    /// [`crate::error::Code::MissingField`] when nothing in it identifies the lead.
    pub fn identified(self) -> Result<Self, Error> {
        if self.identifiers.is_empty() { Err(Error::missing("One unique identifier")) } else { Ok(self) }
    }

    #[must_use]
    pub fn says(&self, field: &SchemaName) -> bool {
        self.given.iter().any(|(given, value)| given == field && !value.is_empty())
    }

    /// The account with what the form says of it; a field that is given empty is removed.
    ///
    /// # Errors
    /// [`crate::error::Code::InvalidRequest`] when the account would have too much in it.
    pub fn applied_to(&self, before: &Account) -> Result<Account, Error> {
        let mut after = before.clone();
        let mut described = BTreeMap::new();
        if let Owner::Lead { fields } = &before.owner {
            described.clone_from(fields);
        }
        for (field, value) in &self.given {
            after.identifiers.remove(field);
            let value = Some(value.clone()).filter(|value| !value.is_empty());
            if *field == SchemaName::email_address() {
                after.email = value.and_then(|value| Email::try_from(value).ok());
            } else if *field == SchemaName::phone() {
                after.phone = value.and_then(|value| Phone::written(&value).ok());
            } else if let Some(value) = value {
                described.insert(field.clone(), value);
            } else {
                described.remove(field);
            }
        }
        for identifier in &self.identifiers {
            after.identifiers.insert(identifier.field.clone(), identifier.canonical().to_owned());
        }
        after.unprove_what_moved(before);
        let same = after.identifiers == before.identifiers && after.reached_by() == before.reached_by();
        after.identity_version += u32::from(!same);
        after.revision += 1;
        let size: usize = described.iter().map(|(field, value)| field.as_str().len() + value.len()).sum();
        if described.len() > MOST_FIELDS || size > LARGEST_LEAD || after.identifiers.len() > MOST_IDENTIFIERS {
            let rule = Invalid("would leave the lead with over 64 fields, 64 KiB or 40 unique identifiers");
            return Err(Error::invalid("LeadFields", rule));
        }
        after.owner = Owner::Lead { fields: described };
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::leads::register::blank_lead;
    use crate::types::tests::mangled;
    use crate::types::{AccountId, Timestamp};

    fn field() -> impl Strategy<Value = (SchemaName, String)> {
        let given = |name: &str, value: &str| {
            let name = SchemaName::try_from(name.to_owned()).unwrap();
            mangled(value).prop_map(move |value| (name.clone(), value))
        };
        prop_oneof![
            given("EmailAddress", "jane@example.com"),
            given("Phone", "+14-157415569"),
            given("FirstName", "Jane"),
            given("mx_City", ""),
            given("mx_portal_password", "Samplepassword@123"),
        ]
    }

    proptest! {
        #[test]
        fn what_is_said_of_a_lead_twice_is_said_once(given in proptest::collection::vec(field(), 0..5)) {
            let Ok(form) = LeadForm::parse(given.clone(), &TenantSettings::default()) else { return Ok(()) };
            prop_assert!(given.iter().all(|(name, value)| !name.as_str().contains("portal") && !value.contains('\0')));
            let lead = blank_lead(AccountId::from_bytes([1; 16]), Timestamp::from_milliseconds(0));
            let once = form.applied_to(&lead).unwrap();
            let twice = form.applied_to(&once).unwrap();
            prop_assert_eq!(&once.identifiers, &twice.identifiers);
            prop_assert!(once.email == twice.email && once.phone == twice.phone && once.owner == twice.owner);
            let kept: Vec<_> = form.identifiers.iter().map(Identifier::canonical).collect();
            prop_assert!(once.identifiers.values().all(|value| kept.contains(&value.as_str())));
        }
    }
}
