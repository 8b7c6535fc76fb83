use proptest::prelude::*;
use serde_json::{Value, json};

use super::Profile;
use crate::account::{Account, Owner};
use crate::types::tests::mangled;
use crate::types::{AccountId, IntermediaryId, Timestamp};

/// Everything that a profile can say.
pub(crate) fn full() -> Value {
    json!({
        "picture": "https://example.com/anna.png",
        "gender": "female",
        "birthdate": "1999-03-24",
        "emails": ["anna@work.example"],
        "phone_numbers": ["+4790000001"],
        "addresses": [{ "street_address": "1 Main Street", "locality": "Oslo", "region": "Oslo",
                        "postal_code": "0150", "country": "Norway" }],
        "bank_accounts": [{ "iban": "NO9386011117947", "bank_code": "DNBANOKK", "bank_name": "Example Bank",
                            "account_holder": "Anna Berg" }],
        "document_detail": { "document_type": "passport", "document_number": "12345678", "issuing_country": "Norway",
                             "issued_on": "2020-05-01", "expires_on": "2030-05-01" },
        "preferences": { "language": "nb-NO", "currency": "NOK", "time_zone": "Europe/Oslo" },
        "instagram_account": "anna.berg",
        "x_account": "anna_berg",
        "tiktok_account": "annaberg",
        "is_verified": true,
    })
}

fn read(profile: Value) -> Result<Profile, String> {
    serde_json::from_value(profile).map_err(|error| error.to_string())
}

#[test]
fn what_a_profile_says_it_says_again() {
    assert_eq!(serde_json::to_value(read(full()).unwrap()).unwrap(), full());
    let item: std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> =
        serde_dynamo::to_item(read(full()).unwrap()).unwrap();
    assert_eq!(serde_dynamo::from_item::<_, Profile>(item).unwrap(), read(full()).unwrap(), "in a row");
    assert!(read(json!({})).unwrap().is_empty());
    let nothing = json!({ "emails": [], "addresses": [], "is_verified": false, "shoe_size": 42 });
    assert!(read(nothing).unwrap().is_empty());
    assert!(!read(json!({ "is_verified": true })).unwrap().is_empty());
    assert_eq!(format!("{:?}", read(full()).unwrap()), "Profile(…)");
}

#[test]
fn two_spellings_of_a_value_are_kept_as_one() {
    for (member, given, kept) in [
        ("gender", json!("Female"), json!("female")),
        ("gender", json!("MALE"), json!("male")),
        ("gender", json!("Non-binary"), json!("Non-binary")),
        ("instagram_account", json!("@anna.berg"), json!("anna.berg")),
        (
            "bank_accounts",
            json!([{ "iban": "no93 8601 1117 947" }, { "iban": "GB29 NWBK 6016 1331 9268 19" }]),
            json!([{ "iban": "NO9386011117947" }, { "iban": "GB29NWBK60161331926819" }]),
        ),
        (
            "bank_accounts",
            json!([{ "account_number": "8601.11.17947" }]),
            json!([{ "account_number": "8601.11.17947" }]),
        ),
    ] {
        let profile = read(json!({ member: given })).unwrap();
        assert_eq!(serde_json::to_value(profile).unwrap()[member], kept);
    }
}

#[test]
fn what_is_no_such_value_is_refused() {
    let long = "x".repeat(257);
    for (member, values) in [
        ("picture", json!(["http://example.com/a.png", "", "anna.png", null, 5])),
        ("gender", json!(["", " ", "fe\u{7}male", "x".repeat(33), "1", null, ["female"]])),
        ("birthdate", json!(["24.03.1999", "1999-02-29", "1899-12-31", "2100-01-01", "", null, 19_990_324])),
        ("emails", json!(["anna@work.example", ["none"], [null], null, {}, ["a@b.example\n"]])),
        ("emails", json!([vec!["anna@work.example"; 6]])),
        ("phone_numbers", json!([["4790000001"], ["+47 900"], [4_790_000_001_u64], null, vec!["+4790000001"; 6]])),
        ("addresses", json!([[{}], [["1 Main Street"]], [{ "locality": "" }], [{ "locality": "a\nb" }], null, {}])),
        ("addresses", json!([[{ "country": long }], [{ "country": null }], vec![json!({ "country": "NO" }); 6]])),
        (
            "bank_accounts",
            json!([
                [{}],
                [{ "bank_name": "Example Bank" }],
                [{ "iban": "NO9386011117947", "account_number": "86011117947" }],
                [{ "iban": "NO9386011117948" }],
                [{ "iban": "NO93" }],
                [{ "iban": "N09386011117947" }],
                [{ "iban": "ÅO9386011117947" }],
                [{ "iban": "NO9386011117947\n" }],
                [{ "account_number": "123" }],
                [{ "account_number": "1234 " }],
                [{ "account_number": "12_34" }],
                [{ "account_number": "1".repeat(35) }],
                [["NO9386011117947"]],
                vec![json!({ "account_number": "1234" }); 6],
            ]),
        ),
        (
            "document_detail",
            json!([
                {},
                { "document_type": "passport" },
                { "document_number": "1" },
                { "document_type": "library_card", "document_number": "1" },
                { "document_type": "passport", "document_number": "" },
                { "document_type": "passport", "document_number": "1", "issued_on": "2030-01-02", "expires_on": "2030-01-01" },
                { "document_type": "passport", "document_number": "1", "expires_on": "2030-02-30" },
                ["passport", "1"],
                null,
            ]),
        ),
        (
            "preferences",
            json!([
                {},
                { "language": "n" },
                { "language": "nb_NO" },
                { "language": "nb-" },
                { "language": "nb-Norwegian" },
                { "language": format!("nb{}", "-abcdefgh".repeat(4)) },
                { "currency": "nok" },
                { "currency": "NO1" },
                { "currency": "" },
                { "time_zone": "" },
                { "time_zone": "+01:00" },
                { "time_zone": "Europe//Oslo" },
                { "time_zone": "../Oslo" },
                { "time_zone": "E".repeat(65) },
                ["nb"],
                null,
            ]),
        ),
        ("x_account", json!(["", "@", "@@anna", "anna berg", "https://x.com/anna", "å", "x".repeat(31), null, {}])),
        ("is_verified", json!(["true", 1, null])),
    ] {
        for value in values.as_array().unwrap() {
            assert!(read(json!({ member: value })).is_err(), "{member}: {value}");
        }
    }
}

#[test]
fn languages_and_time_zones_are_known_by_their_form() {
    for preferences in [
        json!({ "language": "en" }),
        json!({ "language": "zh-Hant-TW" }),
        json!({ "language": "es-419" }),
        json!({ "time_zone": "UTC" }),
        json!({ "time_zone": "Etc/GMT+1" }),
        json!({ "time_zone": "America/Argentina/Buenos_Aires" }),
    ] {
        assert!(read(json!({ "preferences": preferences })).is_ok(), "{preferences}");
    }
}

#[test]
fn no_password_is_made_of_it_and_an_account_without_one_has_no_such_attribute() {
    let owner = Owner::Intermediary {
        intermediary_id: IntermediaryId::try_from("507f281e810c19729de860ea".to_owned()).unwrap(),
    };
    let id = AccountId::random(&crate::random::Random::default());
    let mut account = Account::blank(id, owner, Timestamp::from_milliseconds(0));
    assert!(serde_json::to_value(&account).unwrap().get("profile").is_none());
    account.profile = read(full()).unwrap();
    let hints = account.hints();
    for known in
        ["anna@work.example", "+4790000001", "1 Main Street", "NO9386011117947", "12345678", "1999-03-24", "annaberg"]
    {
        assert!(hints.contains(&known), "{known}");
    }
    let kept = serde_json::to_value(&account).unwrap();
    assert_eq!(serde_json::from_value::<Account>(kept).unwrap(), account);
}

proptest! {
    #[test]
    fn whatever_is_read_of_a_profile_is_read_back(text in mangled(&full().to_string())) {
        let Ok(profile) = serde_json::from_str::<Profile>(&text) else { return Ok(()) };
        prop_assert!(read(serde_json::to_value(&profile).unwrap()).unwrap() == profile, "{}", text);
        prop_assert!(profile.hints().iter().all(|hint| !hint.contains(char::is_control)));
        let addresses = profile.addresses.iter().map(super::Address::in_words);
        let bank_accounts = profile.bank_accounts.iter().map(super::BankAccount::in_words);
        let others = profile.document_detail.iter().map(super::Document::in_words);
        prop_assert!(addresses.chain(bank_accounts).chain(others).all(|words| !words.is_empty()));
    }
}
