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
const LONGEST_VALUE: usize = 2_000;

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
    #[must_use]
    pub fn applied_to(&self, before: &Account) -> Account {
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
        after.is_email_verified &= after.email == before.email;
        after.is_phone_verified &= after.phone == before.phone;
        after.profile_version += 1;
        after.owner = Owner::Lead { fields: described };
        after
    }
}
