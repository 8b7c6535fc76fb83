use std::collections::BTreeMap;

use crate::account::{Account, Address, Profile};
use crate::types::{Date, Email, Few, Phone, SchemaName};

/// What a lead's fields say of the person, by the names that they have at every tenant (contract §2.3). They were not
/// checked when they came in: what is no such value is passed over.
pub(super) fn profile(account: &Account, fields: &BTreeMap<SchemaName, String>) -> Profile {
    let (email, phone) = (SchemaName::email_address(), SchemaName::phone());
    let further = account.identifiers.keys().filter(|field| **field != email && **field != phone);
    let further: Vec<_> = further.filter_map(|field| fields.get(field)).collect();
    Profile {
        gender: read(fields, "mx_Gender"),
        birthdate: said(fields, "mx_Date_of_Birth").and_then(birthdate),
        emails: Few::first_of(further.iter().filter_map(|value| Email::try_from((*value).clone()).ok())),
        phone_numbers: Few::first_of(further.iter().filter_map(|value| Phone::written(value).ok())),
        addresses: Few::first_of(address(fields)),
        ..Profile::default()
    }
}

/// The field's value, if it is one.
pub(super) fn read<T: TryFrom<String>>(fields: &BTreeMap<SchemaName, String>, name: &str) -> Option<T> {
    said(fields, name).and_then(|value| T::try_from(value.to_owned()).ok())
}

fn said<'a>(fields: &'a BTreeMap<SchemaName, String>, name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field.as_str() == name).map(|(_, value)| value.trim())
}

/// Of `1999-03-24`, or of `1999-03-24 00:00:00`.
fn birthdate(value: &str) -> Option<Date> {
    let day = value.split_once(' ').map_or(value, |(day, _time)| day);
    Date::try_from(day.to_owned()).ok()
}

fn address(fields: &BTreeMap<SchemaName, String>) -> Option<Address> {
    let streets = ["mx_Street1", "mx_Street2"].into_iter().filter_map(|name| said(fields, name));
    let street = streets.filter(|street| !street.is_empty()).collect::<Vec<_>>().join(", ");
    let address = Address {
        street_address: street.try_into().ok(),
        locality: read(fields, "mx_City"),
        region: read(fields, "mx_State"),
        postal_code: read(fields, "mx_Zip"),
        country: read(fields, "mx_Country"),
    };
    Some(address).filter(|address| *address != Address::default())
}
