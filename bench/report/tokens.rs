//! Access tokens beside the bare signature and its check by aws-lc-rs, under the same key.

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use data_encoding::BASE64;
use serde_json::Value;
use shared::clock::Clock;
use shared::key_ring::{Algorithm, KeyRing, Material};
use shared::random::Random;
use shared::token::{AccessToken, Claims, Subject};
use shared::types::{AccountId, Invalid, SessionId, Timestamp};

use crate::Outcome;
use crate::clocks::{cpu, medians};
use crate::function::ISSUER;
use crate::row::{Goal, Row};

/// A sample of what takes microseconds is many of them.
const BATCH: u32 = 20;

pub fn rows(rounds: usize) -> Outcome<[Row; 2]> {
    let (random, now) = (Random::default(), Clock::default().now());
    let material = Material::generate(&random, now).map_err(|error| error.reason().to_owned())?;
    let ring = KeyRing::open(&material).map_err(|error| error.reason().to_owned())?;
    let bare = bare_key(&material)?;
    let public: PublicKeyX509Der<'_> = bare.public_key().as_der()?;
    let bare_public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())?;

    let claims = claims(&random, now).map_err(|invalid| invalid.to_string())?;
    let token = AccessToken::mint(&claims, &ring, Algorithm::Rs256, now).map_err(|error| error.reason().to_owned())?;
    let (message, signature) = token.reveal().rsplit_once('.').ok_or("a token without a signature")?;
    let signature = data_encoding::BASE64URL_NOPAD.decode(signature.as_bytes())?;

    let mint = || {
        AccessToken::mint(&claims, &ring, Algorithm::Rs256, now)
            .map(drop)
            .map_err(|error| error.reason().to_owned().into())
    };
    let sign = || {
        let mut signature = [0; 256];
        Ok(bare.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)?)
    };
    let verify = || AccessToken::open(token.reveal(), &ring, ISSUER, now).map(drop).map_err(Into::into);
    let check = || Ok(bare_public.verify_sig(message.as_bytes(), &signature)?);
    let [minted, signed, verified, checked] =
        medians(rounds, [&mut || each(mint), &mut || each(sign), &mut || each(verify), &mut || each(check)])?;
    let goal = Goal::Ratio(1.2);
    Ok([
        Row { what: "access token minted", cost: minted, beside: "the bare RSA signature", base: signed, goal },
        Row { what: "access token verified", cost: verified, beside: "the bare RSA check", base: checked, goal },
    ])
}

fn each(work: impl Fn() -> Outcome<()>) -> Outcome<Duration> {
    let (cost, result) = cpu(|| (0..BATCH).try_for_each(|_| work()));
    result.map(|()| cost / BATCH)
}

fn bare_key(material: &Material) -> Outcome<RsaKeyPair> {
    let material = serde_json::to_value(material)?;
    let pkcs8 = material.pointer("/signing_keys/0/pkcs8").and_then(Value::as_str).ok_or("no signing key")?;
    Ok(RsaKeyPair::from_pkcs8(&BASE64.decode(pkcs8.as_bytes())?)?)
}

/// Claims as a sign-in makes them.
fn claims(random: &Random, now: Timestamp) -> Result<Claims, Invalid> {
    Ok(Claims {
        iss: ISSUER.to_owned(),
        sub: Subject::Account(AccountId::random(random)),
        aud: format!("{ISSUER}/T00000001/intermediaries").try_into()?,
        exp: now.seconds() + 900,
        iat: now.seconds(),
        jti: SessionId::random(random),
        client_id: "local-portal".to_owned().try_into()?,
        scope: "intermediary".to_owned().try_into()?,
        tenant: "T00000001".to_owned().try_into()?,
        auth_time: Some(now.seconds()),
        amr: Some(vec!["pwd".to_owned()]),
        sid: Some(SessionId::random(random)),
        intermediary_id: Some(local::INTERMEDIARY_ID.to_owned().try_into()?),
        customer_id: None,
    })
}
