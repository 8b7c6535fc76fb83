//! Whole requests: what a sign-in costs outside its Argon2, a re-sign, and a forged refresh token.

use crate::Outcome;
use crate::bare::Bare;
use crate::clocks::medians;
use crate::function::Function;
use crate::relay::Relay;
use crate::row::Row;

const ROUNDS: usize = 200;

pub fn rows(function: &Function, relay: &Relay) -> Outcome<[Row; 3]> {
    let bare = Bare::prepare(&function.runtime, &relay.endpoint)?;
    let mut last = function.sign_in()?;
    let mut refresh_token = function.sign_in()?.refresh_token;

    // Signing out keeps the account below its cap of sessions, where a sign-in has more to do.
    let mut sign_in = || {
        function.sign_out(&last.access_token)?;
        last = function.sign_in()?;
        Ok(last.cost)
    };
    let mut re_sign = || {
        let signed_in = function.re_sign(&refresh_token)?;
        refresh_token = signed_in.refresh_token;
        Ok(signed_in.cost)
    };
    let [signed_in, bare_sign_in, hashed] =
        medians(ROUNDS, [&mut sign_in, &mut || bare.sign_in(), &mut || bare.argon2()])?;
    let [re_signed, bare_re_sign] = medians(ROUNDS, [&mut re_sign, &mut || bare.re_sign()])?;
    let beside = "one Argon2 verification, 19456 KiB, 2 passes";
    let own = signed_in.saturating_sub(bare_sign_in);
    let needed = "bare UpdateItem, GetItem and RSA signature";
    Ok([
        Row { what: "sign-in, all but Argon2", cost: signed_in, beside, base: hashed, goal: "goal: below 0.05" },
        Row { what: "  less its 4 bare SDK calls", cost: own, beside, base: hashed, goal: "" },
        Row { what: "re-sign", cost: re_signed, beside: needed, base: bare_re_sign, goal: "" },
    ])
}

/// What a forged token costs us, and what it costs DynamoDB: nothing.
pub fn forged(function: &Function, relay: &Relay) -> Outcome<String> {
    let mut token = function.sign_in()?.refresh_token;
    // The last character holds bits that are no part of the MAC.
    let last = token.pop().ok_or("an empty token")?;
    let changed = if token.pop() == Some('A') { 'B' } else { 'A' };
    token.extend([changed, last]);
    let (calls, refused) = relay.count(|| medians(ROUNDS, [&mut || function.refuse(&token)]));
    let [refused] = refused?;
    Ok(format!("forged refresh token refused in {refused:.1?}; DynamoDB calls in {ROUNDS} of them: {calls} (goal: 0)"))
}
