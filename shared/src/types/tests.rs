//! What holds of every door, whatever comes to it.

use std::ops::RangeInclusive;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::shown;
use super::*;
use crate::account::{AccountNumber, Currency, Gender, Handle, Iban, Language, TimeZone};
use crate::token::Subject;
use crate::transfer::VendorData;

/// One spelling or more of every value that has a door.
const SPELLINGS: [&str; 27] = [
    "jane.broker@example.com",
    "Jane+Loans@Bücher.Example",
    "jane@xn--bcher-kva.example",
    "+19172249999",
    "+14 (157) 415-569",
    "Jane Broker",
    "می\u{200c}خواهم",
    "mx_PAN_Number",
    "SSKKPPYY222",
    "local-backend",
    "T00000001",
    "507f281e810c19729de860ea",
    "A822E018-80A4-4A86-BD9D-9855710109FF",
    "https://api.example.com/v1/accounts/T00000001",
    "read:customers write:customers",
    "pictures names email picture",
    "1999-03-24",
    "NO93 8601 1117 947",
    "8601.11.17947",
    "non-binary",
    "@anna.berg",
    "nb-NO",
    "NOK",
    "Europe/Oslo",
    "customer 4711",
    "100 %",
    "",
];

/// What a door may trip over: ends of lines and texts, what nobody sees, what turns a line around, what folds onto
/// ASCII or has another length in another form, what is a sign somewhere.
const STUMBLING_BLOCKS: &str = "\0\t\n\r\u{1b}\u{7f}\u{85}\u{a0}\u{ad}\u{200b}\u{200d}\u{202e}\u{2028}\u{2066}\
    \u{3000}\u{3164}\u{feff}\u{fffd}\u{10ffff}\u{301}\u{331}\u{345}éßİſ\u{212a}\u{fb01}Ａ１٣。 \"#%'+,-./0@\\A{}";

/// C0, DEL and C1.
const CONTROLS: &[RangeInclusive<char>] = &['\0'..='\u{1f}', '\u{7f}'..='\u{9f}'];

/// `text`, of which up to four characters were replaced, taken out or put in.
pub(crate) fn mangled(text: &str) -> impl Strategy<Value = String> + use<> {
    let letters: Vec<char> = text.chars().collect();
    let letter =
        prop_oneof![3 => proptest::sample::select(STUMBLING_BLOCKS.chars().collect::<Vec<_>>()), 1 => any::<char>()];
    let edits =
        proptest::collection::vec((any::<proptest::sample::Index>(), proptest::option::of(letter), 0..2_usize), 0..5);
    edits.prop_map(move |edits| {
        let mut letters = letters.clone();
        for (place, new, old) in edits {
            let at = place.index(letters.len() + 1);
            let end = letters.len().min(at + old);
            letters.splice(at..end, new);
        }
        letters.into_iter().collect()
    })
}

/// Right and nearly right spellings, and any text.
fn spelling() -> impl Strategy<Value = String> {
    let nearly = proptest::sample::select(&SPELLINGS[..]).prop_flat_map(mangled);
    prop_oneof![4 => nearly, 1 => any::<String>()]
}

/// What a door lets in it writes so that it lets it in again as the same, in a row and in JSON, too.
fn is_read_back<D>(text: &str)
where
    D: TryFrom<String> + Into<String> + Clone + PartialEq + std::fmt::Debug + Serialize + DeserializeOwned,
{
    let Ok(value) = D::try_from(text.to_owned()) else { return };
    let written: String = value.clone().into();
    let again = D::try_from(written.clone()).ok().unwrap_or_else(|| panic!("{written:?} is refused"));
    assert_eq!((&again, again.clone().into()), (&value, written), "{text:?}");
    let item: aws_sdk_dynamodb::types::AttributeValue = serde_dynamo::to_attribute_value(&value).unwrap();
    assert_eq!(serde_dynamo::from_attribute_value::<_, D>(item).unwrap(), value);
    assert_eq!(serde_json::from_value::<D>(serde_json::to_value(&value).unwrap()).unwrap(), value);
}

fn canonical(format: Format, text: &str) -> Option<String> {
    let identifier = Identifier::parse(SchemaName::phone(), format, text);
    identifier.ok().map(|identifier| identifier.canonical().to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_let_in_is_read_back(text in spelling()) {
        is_read_back::<AccountId>(&text);
        is_read_back::<Audience>(&text);
        is_read_back::<ClientId>(&text);
        is_read_back::<CustomerId>(&text);
        is_read_back::<DataScopes>(&text);
        is_read_back::<Date>(&text);
        is_read_back::<Email>(&text);
        is_read_back::<IntermediaryId>(&text);
        is_read_back::<Name>(&text);
        is_read_back::<Phone>(&text);
        is_read_back::<SchemaName>(&text);
        is_read_back::<Scopes>(&text);
        is_read_back::<Subject>(&text);
        is_read_back::<TenantId>(&text);
        is_read_back::<VendorData>(&text);
        is_read_back::<Text<AccountNumber>>(&text);
        is_read_back::<Text<Currency>>(&text);
        is_read_back::<Text<Gender>>(&text);
        is_read_back::<Text<Handle>>(&text);
        is_read_back::<Text<HttpsUrl>>(&text);
        is_read_back::<Text<Iban>>(&text);
        is_read_back::<Text<Language>>(&text);
        is_read_back::<Text<TimeZone>>(&text);
    }

    #[test]
    fn no_control_character_comes_in_where_a_line_is_meant(
        mut letters in spelling().prop_map(|text| text.chars().collect::<Vec<_>>()),
        control in proptest::char::ranges(CONTROLS.into()),
        place in any::<proptest::sample::Index>(),
    ) {
        letters.insert(place.index(letters.len() + 1), control);
        let text: String = letters.into_iter().collect();
        prop_assert!(Audience::try_from(text.clone()).is_err() && ClientId::try_from(text.clone()).is_err());
        prop_assert!(CustomerId::try_from(text.clone()).is_err() && Email::try_from(text.clone()).is_err());
        prop_assert!(Name::try_from(text.clone()).is_err() && Phone::written(&text).is_err());
        prop_assert!(Text::<HttpsUrl>::try_from(text.clone()).is_err());
        for format in [Format::Email, Format::Phone, Format::Text] {
            prop_assert_eq!(canonical(format, &text), None);
        }
    }

    #[test]
    fn a_canonical_form_is_its_own_and_has_nothing_that_nobody_sees(text in spelling()) {
        for format in [Format::Email, Format::Phone, Format::Text] {
            let Some(form) = canonical(format, &text) else { continue };
            prop_assert_eq!(&shown::plain(&form), &form);
            prop_assert_eq!(form.trim(), &form);
            prop_assert_eq!(canonical(format, &form), Some(form));
        }
    }

    #[test]
    fn neither_case_nor_ends_tell_two_identifiers_apart(text in spelling()) {
        if let Some(form) = canonical(Format::Text, &text) {
            for spelling in [text.to_ascii_uppercase(), text.to_ascii_lowercase(), format!("\u{a0} {text}\u{3000}")] {
                prop_assert_eq!(canonical(Format::Text, &spelling), Some(form.clone()));
            }
        }
        if let Some(form) = canonical(Format::Email, &text) {
            for spelling in [text.to_ascii_uppercase(), text.to_ascii_lowercase()] {
                prop_assert_eq!(canonical(Format::Email, &spelling), Some(form.clone()));
            }
        }
    }

    #[test]
    fn an_address_is_mailed_to_in_ascii_and_is_the_same_mailbox(text in spelling()) {
        let Ok(email) = Email::try_from(text) else { return Ok(()) };
        let mailbox = email.mailbox();
        prop_assert!(mailbox.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>,;:\\".contains(&byte)), "{}", mailbox);
        prop_assert!(email.as_given().len() <= 254 && mailbox.len() <= 254);
        let again = Email::try_from(mailbox).unwrap();
        prop_assert_eq!(again.canonical(), email.canonical());
    }

    #[test]
    fn signs_for_the_eye_change_no_number(digits in "[1-9][0-9]{6,14}", signs in "[-.() ]{0,6}", place in any::<proptest::sample::Index>()) {
        let plain = format!("+{digits}");
        let mut written = plain.clone();
        written.insert_str(place.index(plain.len() + 1), &signs);
        prop_assert_eq!(Phone::written(&written), Phone::try_from(plain));
    }

    #[test]
    fn only_days_of_the_calendar_are_dates(year in 1890..2110_i32, month in 0..14, day in 0..33) {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => if is_leap { 29 } else { 28 },
            _ => 0,
        };
        let is_day = (1900..=2099).contains(&year) && (1..=days).contains(&day);
        prop_assert_eq!(Date::try_from(format!("{year}-{month:02}-{day:02}")).is_ok(), is_day);
    }

    #[test]
    fn order_and_repetition_make_no_other_set_of_scopes(mut scopes in proptest::collection::vec("[a-z:/-]{1,8}", 0..12)) {
        let set = Scopes::try_from(scopes.join(" ")).unwrap();
        scopes.reverse();
        let again = [scopes.clone(), scopes].concat().join("  ");
        prop_assert_eq!(&Scopes::try_from(again).unwrap(), &set);
        prop_assert!(set.are_some_of(&set) || set == Scopes::default());
    }

    #[test]
    fn a_lifetime_is_30_to_10080_whole_minutes(minutes in prop_oneof![any::<i64>(), 0..20_000_i64]) {
        let lifetime = serde_json::from_str::<RefreshLifetime>(&minutes.to_string());
        prop_assert_eq!(lifetime.is_ok(), (30..=10_080).contains(&minutes));
        prop_assert!(lifetime.is_ok_and(|lifetime| lifetime.seconds() == minutes * 60) || !(30..=10_080).contains(&minutes));
    }

    #[test]
    fn what_is_shown_is_plain_already_and_no_tower(text in spelling(), marks in "[a\u{301}\u{308}\u{200b}\u{200d}\u{feff}]{0,40}") {
        let plain = shown::plain(&format!("{text}{marks}"));
        prop_assert_eq!(&shown::plain(&plain), &plain);
        let is_mark = unicode_normalization::char::is_combining_mark;
        let towers = plain.split(|letter: char| !is_mark(letter) && !matches!(letter, '\u{200c}' | '\u{200d}'));
        prop_assert!(towers.map(|tower| tower.chars().filter(|mark| is_mark(*mark)).count()).all(|marks| marks <= 4), "{:?}", plain);
        let name = shown::short_name(&text, 64);
        prop_assert!((1..=64).contains(&name.chars().count()) && !name.contains(char::is_control), "{:?}", name);
    }
}
