//! Every value that has a door of its own.
#![no_main]

use fuzz::is_read_back;
use libfuzzer_sys::fuzz_target;
use shared::account::{AccountNumber, Currency, Gender, Handle, Iban, Language, TimeZone};
use shared::app::customers::PhoneNumber;
use shared::history::{Happened, Place};
use shared::store::MessageId;
use shared::token::{OneTimeCode, RecoveryCode, Subject};
use shared::transfer::VendorData;
use shared::types::{
    AccountId, Audience, ClientId, CustomerId, DataScopes, Date, Email, Format, HttpsUrl, Identifier, IntermediaryId,
    Name, Phone, SchemaName, Scopes, TenantId, Text, shown,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    is_read_back::<AccountId>(text);
    is_read_back::<Audience>(text);
    is_read_back::<ClientId>(text);
    is_read_back::<CustomerId>(text);
    is_read_back::<DataScopes>(text);
    is_read_back::<Date>(text);
    is_read_back::<Email>(text);
    is_read_back::<Happened>(text);
    is_read_back::<IntermediaryId>(text);
    is_read_back::<Name>(text);
    is_read_back::<Phone>(text);
    is_read_back::<SchemaName>(text);
    is_read_back::<Scopes>(text);
    is_read_back::<Subject>(text);
    is_read_back::<TenantId>(text);
    is_read_back::<VendorData>(text);
    is_read_back::<Text<AccountNumber>>(text);
    is_read_back::<Text<Currency>>(text);
    is_read_back::<Text<Gender>>(text);
    is_read_back::<Text<Handle>>(text);
    is_read_back::<Text<HttpsUrl>>(text);
    is_read_back::<Text<Iban>>(text);
    is_read_back::<Text<Language>>(text);
    is_read_back::<Text<TimeZone>>(text);
    canonical_forms_are_their_own(text);
    if let Ok(place) = Place::try_from(text.to_owned()) {
        assert_eq!(Place::try_from(place.to_string()), Ok(place));
    }
    let _ = (OneTimeCode::try_from(text.to_owned()), PhoneNumber::try_from(text.to_owned()));
    let _ = RecoveryCode::from(text.to_owned()).digest();
    let (partition, sort) = text.split_once('\n').unwrap_or((text, ""));
    let _ = MessageId::of_row(partition, sort);
    let plain = shown::plain(text);
    assert_eq!(shown::plain(&plain), plain);
    assert!(shown::short_name(text, 64).chars().count() <= 64);
});

fn canonical_forms_are_their_own(text: &str) {
    for format in [Format::Email, Format::Phone, Format::Text] {
        let Ok(identifier) = Identifier::parse(SchemaName::phone(), format, text) else { continue };
        let again = Identifier::parse(SchemaName::phone(), format, identifier.canonical());
        assert!(again.is_ok_and(|again| again == identifier));
    }
    if let Ok(email) = Email::try_from(text.to_owned()) {
        let mailbox = Email::try_from(email.mailbox()).expect("mail goes to an address");
        assert_eq!(mailbox.canonical(), email.canonical());
        assert!(email.mailbox().bytes().all(|byte| byte.is_ascii_graphic()));
    }
}
