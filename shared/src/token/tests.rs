//! What holds of every token, whatever text comes in its place.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{jws, signed, *};
use crate::key_ring::{Algorithm, KeyRing, Mac, Material};
use crate::random::Random;
use crate::types::tests::mangled;
use crate::types::{AccountId, ClientId, SessionId, TenantId, Timestamp};

const ISSUER: &str = "https://accounts.example.com";
const NOW: Timestamp = Timestamp::from_milliseconds(1_780_000_000_000);
const ACCOUNT: [u8; 16] = [1; 16];
const SESSION: [u8; 16] = [2; 16];

/// A key ring with one token of each kind that it made.
struct Ours {
    ring: KeyRing,
    portal: Portal,
    tokens: Vec<String>,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| {
    let random = Random::default();
    let ring = KeyRing::open(&Material::generate(&random, NOW).unwrap()).unwrap();
    let tenant = TenantId::try_from("T00000001".to_owned()).unwrap();
    let portal = Portal { tenant, client: ClientId::try_from("portal".to_owned()).unwrap() };
    let bearer = Bearer { tenant: &portal.tenant, client: &portal.client };
    let (account_id, session_id) = (AccountId::from_bytes(ACCOUNT), SessionId::from_bytes(SESSION));
    let claims: Claims = serde_json::from_value(claims()).unwrap();
    let validation: PasswordValidation = serde_json::from_value(claims_of_validation()).unwrap();
    let tokens = [
        AccessToken::mint(&claims, &ring, Algorithm::Es256, NOW).unwrap(),
        AccessToken::mint(&claims, &ring, Algorithm::Rs256, NOW).unwrap(),
        validation.mint(&ring, Algorithm::Es256, NOW).unwrap(),
        RefreshToken { account_id, session_id, generation: 7 }.mint(&ring, bearer),
        MfaToken { account_id, flow_id: session_id }.mint(&ring, bearer),
        BrowserToken { tenant: portal.tenant.clone(), account_id, session_id }.mint(&ring),
        AuthKey { portal: portal.clone(), account_id, session_id }.mint(&ring),
        portal.public_key(&ring),
        portal.registration_token(&ring),
        portal.auto_login_key(&ring, NOW.seconds() + 300),
    ];
    let tokens = tokens.iter().map(|token| token.reveal().to_owned()).collect();
    Ours { ring, portal, tokens }
});

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": AccountId::from_bytes(ACCOUNT), "aud": ISSUER, "exp": NOW.seconds() + 300,
        "iat": NOW.seconds(), "jti": SessionId::from_bytes(SESSION), "client_id": "portal", "scope": "lead",
        "tenant": "T00000001", "sid": SessionId::from_bytes(SESSION),
    })
}

fn claims_of_validation() -> Value {
    json!({
        "iss": ISSUER, "sub": AccountId::from_bytes(ACCOUNT), "sid": SessionId::from_bytes(SESSION),
        "tenant": "T00000001", "client_id": "portal", "stamp": "0.0", "exp": NOW.seconds() + 300, "iat": NOW.seconds(),
    })
}

/// How many kinds take it for one of theirs.
fn takers(text: &str) -> usize {
    let Ours { ring, portal, .. } = &*OURS;
    let bearer = Bearer { tenant: &portal.tenant, client: &portal.client };
    let takes = [
        AccessToken::open(text, ring, ISSUER, NOW).is_ok(),
        PasswordValidation::open(text, ring, ISSUER, NOW).is_ok(),
        RefreshToken::parse(text, ring, bearer).is_some(),
        MfaToken::parse(text, ring, bearer).is_some(),
        BrowserToken::parse(text, ring).is_some(),
        AuthKey::parse(text, ring).is_some(),
        Portal::of_public_key(text, ring).is_some(),
        portal.has_registration_token(text, ring),
        portal.has_auto_login_key(text, ring, NOW),
    ];
    takes.into_iter().filter(|takes| *takes).count()
}

/// Any JSON in place of one claim, or of all.
fn wrong_claims() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(json!([ISSUER])),
        Just(json!({ "iss": ISSUER })),
    ];
    let members: Vec<String> = claims().as_object().unwrap().keys().cloned().collect();
    (proptest::option::of(proptest::sample::select(members)), value).prop_map(|(member, value)| match member {
        Some(member) => {
            let mut claims = claims();
            claims[member] = value;
            claims
        }
        None => value,
    })
}

#[test]
fn each_kind_takes_its_own_only() {
    for token in &OURS.tokens {
        assert_eq!(takers(token), 1, "{token}");
    }
}

proptest! {
    #[test]
    fn no_text_is_a_token_that_we_did_not_make(
        text in any::<String>(),
        form in "(lk[rmbtl]_)?[A-Za-z0-9_-]{0,140}(\\.[A-Za-z0-9_-]{0,40}){0,4}={0,2}",
    ) {
        prop_assert_eq!((takers(&text), takers(&form)), (0, 0));
    }

    #[test]
    fn a_token_that_was_changed_is_nobodys(
        (token, changed) in proptest::sample::select(OURS.tokens.clone())
            .prop_flat_map(|token| (Just(token.clone()), mangled(&token)))
    ) {
        prop_assert_eq!(takers(&changed), usize::from(changed == token), "{}", changed);
    }

    #[test]
    fn what_we_never_signed_of_that_length_or_kind_is_no_token(content in proptest::collection::vec(any::<u8>(), 0..120)) {
        let Ours { ring, portal, .. } = &*OURS;
        let bearer = Bearer { tenant: &portal.tenant, client: &portal.client };
        let base64url = |mac, bound_to: &[&[u8]]| data_encoding::BASE64URL_NOPAD.encode(&signed::sign(ring, mac, bound_to, &content));
        let base64 = |mac| {
            let once = data_encoding::BASE64.encode(&signed::sign(ring, mac, &[], &content));
            data_encoding::BASE64.encode(once.as_bytes())
        };
        let refresh = RefreshToken::parse(&format!("lkr_{}", base64url(Mac::RefreshToken, &bearer.parts())), ring, bearer);
        prop_assert_eq!(refresh.is_some(), content.len() == 36);
        let mfa = MfaToken::parse(&format!("lkm_{}", base64url(Mac::MfaToken, &bearer.parts())), ring, bearer);
        prop_assert_eq!(mfa.is_some(), content.len() == 32);
        let browser = BrowserToken::parse(&format!("lkb_{}", base64url(Mac::BrowserToken, &[])), ring);
        prop_assert!(browser.is_none() || content.len() == 41);
        let auth_key = AuthKey::parse(&base64(Mac::AuthKey), ring);
        prop_assert!(auth_key.is_none() || content.len() > 41);
        let public = Portal::of_public_key(&base64(Mac::PublicKey), ring);
        prop_assert!(public.is_none_or(|portal| [portal.tenant.as_str(), portal.client.as_str()].concat().as_bytes() == content));
    }

    #[test]
    fn claims_that_are_not_ours_open_nothing_though_we_signed_them(claims in wrong_claims()) {
        let ring = &OURS.ring;
        let key = ring.signing_key(Algorithm::Es256, NOW).unwrap();
        let token = jws::sign(key, key.access_token_header(), &claims).unwrap();
        let opened = AccessToken::open(token.reveal(), ring, ISSUER, NOW);
        if let Ok(opened) = &opened {
            let lasts = opened.exp > NOW.seconds() && opened.iat <= NOW.seconds() + 30;
            prop_assert!(opened.iss == ISSUER && lasts, "{}", claims);
        }
        prop_assert!(PasswordValidation::open(token.reveal(), ring, ISSUER, NOW).is_err(), "of another kind");
    }

    #[test]
    fn a_link_is_read_as_it_was_written(text in "lk[lt]_[A-Za-z0-9_-]{60,80}", random in any::<[u8; 16]>()) {
        if let Some(link) = AccountLink::parse(&text) {
            prop_assert_eq!(link.secret.reveal(), &text);
        }
        if let Some(token) = TransferToken::parse(&text) {
            prop_assert_eq!(token.reveal(), &text);
        }
        let ours = AccountLink::random(AccountId::from_bytes(random), &Random::default());
        prop_assert_eq!(AccountLink::parse(ours.secret.reveal()).map(|link| link.account_id), Some(ours.account_id));
    }

    #[test]
    fn only_six_digits_are_a_code(text in prop_oneof![any::<String>(), "[0-9٣１]{5,7}", "[0-9]{6}"]) {
        let is_code = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        prop_assert_eq!(OneTimeCode::try_from(text.clone()).is_ok_and(|code| code.reveal() == text), is_code);
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed(letters in "[A-Z2-7]{16}", signs in "[ -]{0,4}", place in 0..17_usize) {
        let known = RecoveryCode::from(letters.clone());
        prop_assert_eq!(RecoveryCode::from(known.reveal().to_lowercase()).digest(), known.digest());
        let mut typed = letters;
        typed.insert_str(place, &signs);
        prop_assert_eq!(RecoveryCode::from(typed).digest(), known.digest());
    }

    #[test]
    fn no_two_credentials_have_one_hash(
        one in ("[!-~]{1,6}", "[!-~]{1,6}"),
        other in ("[!-~]{1,6}", "[!-~]{1,6}"),
        text in any::<String>(),
    ) {
        let secrets = |(id, secret): &(String, String)| {
            [ClientSecret::api_key(&format!("{id}{secret}")), ClientSecret::access_key(id, secret), ClientSecret::oauth(id, secret)]
                .map(|secret| secret.expect("visible ASCII").hash())
        };
        let [a, b, c] = secrets(&one);
        prop_assert!(a != b && b != c && a != c);
        if one != other {
            let [_, d, e] = secrets(&other);
            prop_assert!(b != d && c != e && b != e && c != d);
        }
        let is_key = (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        prop_assert_eq!(ClientSecret::api_key(&text).is_some(), is_key);
        prop_assert_eq!(ClientSecret::oauth("portal", &text).is_some(), is_key);
    }
}
