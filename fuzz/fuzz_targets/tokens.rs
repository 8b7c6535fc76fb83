//! Every token: any text, and our own with some bytes of it changed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::key_ring::{Algorithm, KeyRing, Material};
use shared::random::Random;
use shared::token::{
    AccessToken, AccountLink, AuthKey, Bearer, BrowserToken, Claims, MfaToken, PasswordValidation, Portal,
    RefreshToken, Subject, TransferToken,
};
use shared::types::{AccountId, Audience, ClientId, Scopes, SessionId, TenantId, Timestamp};

const ISSUER: &str = "https://accounts.example.com";
const NOW: Timestamp = Timestamp::from_milliseconds(1_780_000_000_000);

struct Ours {
    ring: KeyRing,
    tenant: TenantId,
    client: ClientId,
    tokens: Vec<String>,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| {
    let random = Random::default();
    let material = Material::generate(&random, NOW).expect("keys");
    let ring = KeyRing::open(&material).expect("a ring");
    let tenant = TenantId::try_from("T00000001".to_owned()).expect("a tenant");
    let client = ClientId::try_from("portal".to_owned()).expect("a client");
    let tokens = minted(&ring, &tenant, &client);
    Ours { ring, tenant, client, tokens }
});

/// One of each kind.
fn minted(ring: &KeyRing, tenant: &TenantId, client: &ClientId) -> Vec<String> {
    let (account_id, session_id) = (AccountId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
    let (random, bearer) = (Random::default(), Bearer { tenant, client });
    let portal = Portal { tenant: tenant.clone(), client: client.clone() };
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: Subject::Account(account_id),
        aud: Audience::try_from(ISSUER.to_owned()).expect("an audience"),
        exp: NOW.seconds() + 300,
        iat: NOW.seconds(),
        jti: session_id,
        client_id: client.clone(),
        scope: Scopes::default(),
        tenant: tenant.clone(),
        auth_time: None,
        amr: None,
        sid: Some(session_id),
        intermediary_id: None,
        customer_id: None,
    };
    let validation = PasswordValidation {
        iss: ISSUER.to_owned(),
        sub: account_id,
        sid: session_id,
        tenant: tenant.clone(),
        client_id: client.clone(),
        stamp: "0.0".to_owned(),
        exp: NOW.seconds() + 300,
        iat: NOW.seconds(),
    };
    let tokens = [
        AccessToken::mint(&claims, ring, Algorithm::Es256, NOW).expect("signed"),
        validation.mint(ring, Algorithm::Es256, NOW).expect("signed"),
        RefreshToken { account_id, session_id, generation: 7 }.mint(ring, bearer),
        MfaToken { account_id, flow_id: session_id }.mint(ring, bearer),
        BrowserToken { tenant: tenant.clone(), account_id, session_id }.mint(ring),
        AuthKey { portal: portal.clone(), account_id, session_id }.mint(ring),
        portal.public_key(ring),
        portal.registration_token(ring),
        portal.auto_login_key(ring, NOW.seconds() + 300),
    ];
    let links = [
        AccountLink::random(account_id, &random).secret.reveal().to_owned(),
        TransferToken::random(tenant.clone(), &random).reveal().to_owned(),
    ];
    tokens.iter().map(|token| token.reveal().to_owned()).chain(links).collect()
}

/// How many kinds take it for one of theirs.
fn takers(text: &str) -> usize {
    let Ours { ring, tenant, client, .. } = &*OURS;
    let (bearer, portal) = (Bearer { tenant, client }, Portal { tenant: tenant.clone(), client: client.clone() });
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

/// What has no signature, only a form, is read as it was written.
fn links_are_their_text(text: &str) {
    if let Some(link) = AccountLink::parse(text) {
        assert_eq!(link.secret.reveal(), text);
    }
    if let Some(token) = TransferToken::parse(text) {
        assert_eq!(token.reveal(), text);
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert_eq!(takers(text), 0, "nobody guesses one of ours");
        links_are_their_text(text);
    }
    let Some((first, edits)) = bytes.split_first() else { return };
    let ours = &OURS.tokens[usize::from(*first) % OURS.tokens.len()];
    let mut changed = ours.clone().into_bytes();
    for edit in edits.chunks_exact(2) {
        let at = usize::from(edit[0]) % changed.len();
        changed[at] = edit[1];
    }
    let Ok(changed) = String::from_utf8(changed) else { return };
    links_are_their_text(&changed);
    if changed != *ours {
        assert_eq!(takers(&changed), 0, "one that was changed is nobody's");
    }
});
