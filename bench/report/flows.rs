//! Whole requests: what a sign-in costs outside its Argon2, a re-sign, and a forged refresh token.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use shared::password::Cost;

use crate::Outcome;
use crate::bare::Bare;
use crate::clocks::{cpu, medians};
use crate::function::Function;
use crate::relay::Relay;
use crate::row::Row;

const ROUNDS: usize = 200;

pub fn rows(function: &Function, relay: &Relay) -> Outcome<[Row; 3]> {
    let bare = Bare::prepare(&function.runtime, &relay.endpoint)?;
    let mut refresh_token = function.sign_in()?.refresh_token;
    let mut argon2 = Argon2Alone::new()?;

    // Signing out keeps the account below its cap of sessions, where a sign-in has more to do.
    let mut sign_in = || {
        let signed_in = function.sign_in()?;
        function.sign_out(&signed_in.access_token)?;
        Ok(signed_in.cost)
    };
    let mut re_sign = || {
        let signed_in = function.re_sign(&refresh_token)?;
        refresh_token = signed_in.refresh_token;
        Ok(signed_in.cost)
    };
    let [hashed, signed_in, bare_sign_in, re_signed, bare_re_sign] = medians(
        ROUNDS,
        [&mut || argon2.verify(), &mut sign_in, &mut || bare.sign_in(), &mut re_sign, &mut || bare.re_sign()],
    )?;
    let what = "sign-in, all but Argon2";
    let beside = "one Argon2 verification (19456 KiB, 2 passes)";
    let bare_sign_in_is = "bare 2 GetItem, UpdateItem, PutItem, RSA";
    let bare_re_sign_is = "bare UpdateItem, GetItem, RSA";
    Ok([
        Row { what, cost: signed_in, beside, base: hashed, goal: "goal: below 0.05" },
        Row { what, cost: signed_in, beside: bare_sign_in_is, base: bare_sign_in, goal: "" },
        Row { what: "re-sign", cost: re_signed, beside: bare_re_sign_is, base: bare_re_sign, goal: "" },
    ])
}

/// What a forged token costs us, and what it costs DynamoDB: nothing.
pub fn forged(function: &Function, relay: &Relay) -> Outcome<String> {
    let mut token = function.sign_in()?.refresh_token;
    // The last character holds bits that are no part of the MAC.
    let last = token.pop().ok_or("an empty token")?;
    let changed = if token.ends_with('A') { 'B' } else { 'A' };
    token.pop();
    token.extend([changed, last]);
    let (calls, refused) = relay.count(|| medians(ROUNDS, [&mut || function.refuse(&token)]));
    let [refused] = refused?;
    Ok(format!("forged refresh token refused in {refused:.1?}; DynamoDB calls in {ROUNDS} of them: {calls} (goal: 0)"))
}

/// A verification as the product's hasher makes it, in memory that is kept from one to the next, without the
/// product.
struct Argon2Alone {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

impl Argon2Alone {
    fn new() -> Outcome<Self> {
        let params = Params::new(Cost::FLOOR.memory_kib(), 2, 1, Some(32))?;
        let memory = vec![Block::default(); params.block_count()];
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory })
    }

    fn verify(&mut self) -> Outcome<Duration> {
        let mut tag = [0; 32];
        let (cost, hashed) =
            cpu(|| self.argon2.hash_password_into_with_memory(b"123QW@qwe!", &[7; 16], &mut tag, &mut self.memory));
        hashed?;
        Ok(cost)
    }
}
