use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Offered, offer};
use crate::account::{Account, Customer, CustomerType, Owner, Profile};
use crate::random::Random;
use crate::types::{AccountId, CustomerId, DataScope, Email, IntermediaryId, Name, Phone, SchemaName, Timestamp};

/// 2026-11-22T00:00:00Z.
const NOW: i64 = 1_795_305_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(seconds * 1000)
}

fn value<T: TryFrom<String>>(text: &str) -> T {
    T::try_from(text.to_owned()).ok().expect("a value")
}

fn blank(owner: Owner) -> Account {
    Account::blank(AccountId::random(&Random::default()), owner, at(NOW))
}

fn customer(first_name: Option<&str>, last_name: Option<&str>, profile: Value) -> Account {
    let owner = Owner::Customer(Customer {
        customer_type: CustomerType::Customer,
        customer_id: value::<CustomerId>("c-1"),
        first_name: first_name.map(value),
        last_name: last_name.map(value),
        pin_hash: None,
    });
    let profile: Profile = serde_json::from_value(profile).expect("a profile");
    Account { profile, ..blank(owner) }
}

fn intermediary() -> Account {
    blank(Owner::Intermediary { intermediary_id: value::<IntermediaryId>("507f281e810c19729de860ea") })
}

fn lead(fields: &[(&str, &str)], unique: &[&str]) -> Account {
    let given: BTreeMap<SchemaName, String> =
        fields.iter().map(|(field, text)| (value(field), (*text).to_owned())).collect();
    let identifiers = given.clone().into_iter().filter(|(field, _)| unique.contains(&field.as_str())).collect();
    Account { identifiers, ..blank(Owner::Lead { fields: given }) }
}

/// What is offered of one scope: as people and as the third party read it.
fn of(account: &Account, scope: DataScope) -> Vec<(String, Value)> {
    of_then(account, scope, NOW)
}

fn of_then(account: &Account, scope: DataScope, now: i64) -> Vec<(String, Value)> {
    let [Offered { scope: answered, entries }]: [Offered; 1] =
        offer(account, &[scope], "subject-1", at(now)).try_into().expect("one scope");
    assert_eq!(answered, scope);
    entries.into_iter().map(|entry| (entry.shown, entry.value)).collect()
}

/// What was checked is shown as checked, too.
#[track_caller]
fn is(account: &Account, scope: DataScope, expected: &[(&str, Value)]) {
    let checked = |value: &Value| if value["is_verified"] == true { " (checked)" } else { "" };
    let expected = expected.iter().map(|(shown, value)| (format!("{shown}{}", checked(value)), value.clone()));
    let expected: Vec<_> = expected.collect();
    assert_eq!(of(account, scope), expected);
}

#[test]
fn scopes_are_answered_in_the_order_in_which_they_are_asked() {
    let account = customer(Some("Anna"), None, json!({}));
    let asked = [DataScope::Names, DataScope::Phone, DataScope::UserId];
    let offered = offer(&account, &asked, "subject-1", at(NOW));
    assert_eq!(offered.iter().map(|offered| offered.scope).collect::<Vec<_>>(), asked);
    assert_eq!(offered.iter().map(|offered| offered.entries.len()).collect::<Vec<_>>(), [1, 0, 1]);
    assert_eq!(format!("{offered:?}"), "[Offered(names), Offered(phone), Offered(user_id)]");
    assert!(offer(&account, &[], "subject-1", at(NOW)).is_empty());
}

#[test]
fn of_somebody_of_whom_nothing_is_known_there_is_an_id_and_that_they_are_not_verified() {
    for account in [customer(None, None, json!({})), lead(&[], &[]), intermediary()] {
        for scope in DataScope::ALL {
            match scope {
                DataScope::UserId => is(&account, scope, &[("subject-1", json!("subject-1"))]),
                DataScope::IsVerified => is(&account, scope, &[("No", json!(false))]),
                _ => is(&account, scope, &[]),
            }
        }
    }
}

#[test]
fn names_are_whatever_is_known_of_them() {
    for (first, last, expected) in [
        (Some("Anna"), Some("Berg"), json!({ "first_name": "Anna", "family_name": "Berg", "full_name": "Anna Berg" })),
        (Some("Anna"), None, json!({ "first_name": "Anna", "full_name": "Anna" })),
        (None, Some("Berg"), json!({ "family_name": "Berg", "full_name": "Berg" })),
    ] {
        for is_verified in [false, true] {
            let mut expected = expected.clone();
            expected["is_verified"] = is_verified.into();
            let account = customer(first, last, json!({ "is_verified": is_verified }));
            is(&account, DataScope::Names, &[(expected["full_name"].as_str().unwrap(), expected.clone())]);
        }
    }
    let named = Account { full_name: Some(value::<Name>("Jane Q. Broker")), ..intermediary() };
    let expected = json!({ "full_name": "Jane Q. Broker", "is_verified": false });
    is(&named, DataScope::Names, &[("Jane Q. Broker", expected)]);
}

#[test]
fn the_accounts_own_addresses_come_first_and_only_they_can_be_proved() {
    let profile = json!({ "emails": ["ANNA@example.com", "anna@work.example"],
                          "phone_numbers": ["+4790000001", "+4799999999"], "is_verified": true });
    let mut account = customer(None, None, profile);
    let further =
        ("anna@work.example", json!({ "email": "anna@work.example", "is_verified": false, "is_primary": false }));
    let other = ("+4790000001", json!({ "phone_number": "+4790000001", "is_verified": false, "is_primary": false }));
    assert_eq!(of(&account, DataScope::Email).len(), 2);
    account.email = Some(value::<Email>("anna@example.com"));
    account.phone = Some(value::<Phone>("+4799999999"));
    for proved in [None, Some(1)] {
        (account.email_verified_at, account.phone_verified_at) = (proved, proved);
        let email = json!({ "email": "anna@example.com", "is_verified": proved.is_some(), "is_primary": true });
        is(&account, DataScope::Email, &[("anna@example.com", email), further.clone()]);
        let phone = json!({ "phone_number": "+4799999999", "is_verified": proved.is_some(), "is_primary": true });
        is(&account, DataScope::Phone, &[("+4799999999", phone), other.clone()]);
    }
}

#[test]
fn an_intermediary_offers_what_signs_them_in() {
    let jane = Account {
        email: Some(value::<Email>("jane.broker@example.com")),
        email_verified_at: Some(1),
        phone: Some(value::<Phone>("+19172249999")),
        ..intermediary()
    };
    let email = json!({ "email": "jane.broker@example.com", "is_verified": true, "is_primary": true });
    is(&jane, DataScope::Email, &[("jane.broker@example.com", email)]);
    let phone = json!({ "phone_number": "+19172249999", "is_verified": false, "is_primary": true });
    is(&jane, DataScope::Phone, &[("+19172249999", phone)]);
}

#[test]
fn an_account_that_is_unclaimed_offers_like_any_other() {
    let unclaimed = Account { is_unclaimed: true, ..lead(&[("FirstName", "John")], &[]) };
    assert_eq!(of(&unclaimed, DataScope::Names).len(), 1);
}

#[test]
fn what_says_who_somebody_is_is_as_verified_as_they_are() {
    for is_verified in [false, true] {
        let document = json!({ "document_type": "driving_licence", "document_number": "A 1", "issuing_country": "Norway",
                               "issued_on": "2020-05-01", "expires_on": "2030-05-01" });
        let account = customer(
            None,
            None,
            json!({ "gender": "female", "birthdate": "1999-03-24", "document_detail": document, "is_verified": is_verified }),
        );
        let gender = json!({ "gender": "female", "is_verified": is_verified });
        is(&account, DataScope::Gender, &[("Female", gender)]);
        let birthdate = json!({ "birthdate": "1999-03-24", "is_verified": is_verified });
        is(&account, DataScope::Birthdate, &[("24 March 1999", birthdate)]);
        let mut expected = document.clone();
        expected["is_verified"] = is_verified.into();
        let shown = "Driving licence A 1, Norway, issued on 1 May 2020, expires on 1 May 2030";
        is(&account, DataScope::DocumentDetail, &[(shown, expected)]);
        is(&account, DataScope::IsVerified, &[(if is_verified { "Yes" } else { "No" }, json!(is_verified))]);
    }
    let account =
        customer(None, None, json!({ "document_detail": { "document_type": "passport", "document_number": "1" } }));
    let expected = json!({ "document_type": "passport", "document_number": "1", "is_verified": false });
    is(&account, DataScope::DocumentDetail, &[("Passport 1", expected)]);
}

#[test]
fn of_several_the_first_is_primary_and_nobody_verified_them() {
    let account = customer(
        None,
        None,
        json!({
            "addresses": [{ "street_address": "1 Main Street", "postal_code": "0150", "locality": "Oslo", "country": "Norway" },
                          { "locality": "Springfield", "region": "IL" }, { "postal_code": "0150" }],
            "bank_accounts": [{ "iban": "NO9386011117947", "account_holder": "Anna Berg" },
                              { "account_number": "12345678", "bank_code": "021000021", "bank_name": "Example Bank" }],
            "is_verified": true,
        }),
    );
    let first = json!({ "street_address": "1 Main Street", "postal_code": "0150", "locality": "Oslo", "country": "Norway",
                        "is_verified": false, "is_primary": true });
    let second = json!({ "locality": "Springfield", "region": "IL", "is_verified": false, "is_primary": false });
    let third = json!({ "postal_code": "0150", "is_verified": false, "is_primary": false });
    let shown = ["1 Main Street, 0150 Oslo, Norway", "Springfield, IL", "0150"];
    is(&account, DataScope::Address, &[(shown[0], first), (shown[1], second), (shown[2], third)]);
    let iban =
        json!({ "iban": "NO9386011117947", "account_holder": "Anna Berg", "is_verified": false, "is_primary": true });
    let number = json!({ "account_number": "12345678", "bank_code": "021000021", "bank_name": "Example Bank",
                         "is_verified": false, "is_primary": false });
    let shown = ["IBAN NO93 8601 1117 947, Anna Berg", "Account 12345678, 021000021, Example Bank"];
    is(&account, DataScope::BankAccount, &[(shown[0], iban), (shown[1], number)]);
}

#[test]
fn pictures_preferences_and_social_accounts_are_as_somebody_gave_them() {
    let account = customer(
        None,
        None,
        json!({ "picture": "https://example.com/anna.png", "preferences": { "language": "nb-NO", "currency": "NOK" },
                "instagram_account": "@anna.berg", "x_account": "anna_berg", "tiktok_account": "annaberg", "is_verified": true }),
    );
    is(&account, DataScope::Picture, &[("https://example.com/anna.png", json!("https://example.com/anna.png"))]);
    let preferences = json!({ "language": "nb-NO", "currency": "NOK", "is_verified": false });
    is(&account, DataScope::Preferences, &[("nb-NO, NOK", preferences)]);
    for (scope, name) in [
        (DataScope::InstagramAccount, "anna.berg"),
        (DataScope::XAccount, "anna_berg"),
        (DataScope::TiktokAccount, "annaberg"),
    ] {
        is(&account, scope, &[(&format!("@{name}"), json!({ "username": name, "is_verified": false }))]);
    }
}

#[test]
fn somebody_is_over_an_age_from_their_birthday_on() {
    const DAY: i64 = 86_400;
    // Today is 22 November 2026.
    for (birthdate, is_over_18, is_over_21) in [
        ("2005-11-22", true, true),
        ("2005-11-23", true, false),
        ("2008-11-22", true, false),
        ("2008-11-23", false, false),
        ("2026-11-22", false, false),
        ("2090-01-01", false, false),
        ("1900-01-01", true, true),
    ] {
        let account = customer(None, None, json!({ "birthdate": birthdate, "is_verified": true }));
        for (scope, is_over) in [(DataScope::IsOver18, is_over_18), (DataScope::IsOver21, is_over_21)] {
            for now in [NOW, NOW + DAY - 1] {
                let expected = (if is_over { "Yes" } else { "No" }.to_owned(), json!(is_over));
                assert_eq!(of_then(&account, scope, now), [expected], "{birthdate}");
            }
        }
    }
    let unchecked = customer(None, None, json!({ "birthdate": "1980-11-22" }));
    assert!(of_then(&unchecked, DataScope::IsOver18, NOW).is_empty(), "nobody checked it");
    let account = customer(None, None, json!({ "birthdate": "2008-11-22", "is_verified": true }));
    assert_eq!(of_then(&account, DataScope::IsOver18, NOW - 1)[0].1, json!(false), "a second before");
    let leap = customer(None, None, json!({ "birthdate": "2008-02-29", "is_verified": true }));
    // 1 March 2026 and the second before it.
    let march = NOW - 266 * DAY;
    assert_eq!(of_then(&leap, DataScope::IsOver18, march - 1)[0].1, json!(false));
    assert_eq!(of_then(&leap, DataScope::IsOver18, march)[0].1, json!(true));
}

#[test]
fn a_lead_offers_what_its_fields_say() {
    let john = lead(
        &[
            ("FirstName", " John "),
            ("LastName", "Wick"),
            ("mx_Gender", "Male"),
            ("mx_Date_of_Birth", "1964-09-02 00:00:00"),
            ("mx_Street1", "1 Main Street"),
            ("mx_Street2", "Floor 2"),
            ("mx_City", "Oslo"),
            ("mx_State", "Oslo"),
            ("mx_Zip", "0150"),
            ("mx_Country", "Norway"),
            ("mx_Work_Email", "Wick@work.example"),
            ("mx_Second_Phone", "+1 (415) 741-5569"),
            ("mx_Third_Phone", "+14157410000"),
            ("mx_PAN_Number", "SSKKPPYY222"),
        ],
        &["mx_Work_Email", "mx_Second_Phone", "mx_PAN_Number"],
    );
    let john = Account { email: Some(value::<Email>("johnwick@example.com")), email_verified_at: Some(1), ..john };
    let names = json!({ "first_name": "John", "family_name": "Wick", "full_name": "John Wick", "is_verified": false });
    is(&john, DataScope::Names, &[("John Wick", names)]);
    is(&john, DataScope::Gender, &[("Male", json!({ "gender": "male", "is_verified": false }))]);
    let birthdate = json!({ "birthdate": "1964-09-02", "is_verified": false });
    is(&john, DataScope::Birthdate, &[("2 September 1964", birthdate)]);
    is(&john, DataScope::IsOver21, &[]);
    let address = json!({ "street_address": "1 Main Street, Floor 2", "locality": "Oslo", "region": "Oslo",
                          "postal_code": "0150", "country": "Norway", "is_verified": false, "is_primary": true });
    is(&john, DataScope::Address, &[("1 Main Street, Floor 2, 0150 Oslo, Oslo, Norway", address)]);
    let own = json!({ "email": "johnwick@example.com", "is_verified": true, "is_primary": true });
    let further = json!({ "email": "Wick@work.example", "is_verified": false, "is_primary": false });
    is(&john, DataScope::Email, &[("johnwick@example.com", own), ("Wick@work.example", further)]);
    let phone = json!({ "phone_number": "+14157415569", "is_verified": false, "is_primary": false });
    is(&john, DataScope::Phone, &[("+14157415569", phone)]);
}

#[test]
fn what_a_leads_fields_say_that_is_no_such_value_is_passed_over() {
    let long = "x".repeat(300);
    let odd = lead(
        &[
            ("FirstName", " "),
            ("LastName", "a\nb"),
            ("mx_Gender", "1"),
            ("mx_Date_of_Birth", "24/03/1999"),
            ("mx_Street1", &long),
            ("mx_City", "a\tb"),
            ("mx_zip", "0150"),
            ("mx_Work_Email", "none"),
        ],
        &["mx_Work_Email"],
    );
    for scope in [
        DataScope::Names,
        DataScope::Gender,
        DataScope::Birthdate,
        DataScope::IsOver18,
        DataScope::IsOver21,
        DataScope::Address,
        DataScope::Email,
        DataScope::Phone,
    ] {
        is(&odd, scope, &[]);
    }
    for (text, is_known) in [
        ("1999-03-24", true),
        ("1999-03-24 12:30:00", true),
        ("1999-03-24T12:30:00", false),
        ("1999-02-29 00:00:00", false),
        ("", false),
    ] {
        let lead = lead(&[("mx_Date_of_Birth", text)], &[]);
        assert_eq!(of(&lead, DataScope::Birthdate).len(), usize::from(is_known), "{text}");
    }
    let street = lead(&[("mx_Street2", "Floor 2"), ("mx_City", " Oslo")], &[]);
    assert_eq!(of(&street, DataScope::Address)[0].0, "Floor 2, Oslo");
}
