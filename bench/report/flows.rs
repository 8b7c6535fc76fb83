//! Whole requests beside what they cannot do without, and what a forged refresh token costs.

use std::sync::Mutex;
use std::time::Duration;

use crate::Outcome;
use crate::bare::{self, Bare, Hasher};
use crate::calls::CLIENT_TOKEN;
use crate::clocks::{medians, shown};
use crate::function::{Function, check_session_event};
use crate::relay::Relay;
use crate::row::{Goal, Row, verdict};

/// What a warm call may cost beside its crypto and its calls to DynamoDB.
const OVERHEAD: Duration = Duration::from_micros(300);

pub fn rows(function: &Function, relay: &Relay, rounds: usize) -> Outcome<[Row; 6]> {
    let bare = Bare::prepare(&function.runtime, &relay.endpoint)?;
    let mut last = function.sign_in()?;
    let mut refresh_token = function.sign_in()?.refresh_token;
    let check = check_session_event(&function.sign_in()?.access_token);

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
    let invoke = |name: &'static str, event: &str| function.invoke(name, event, 200).map(|(cost, _)| cost);
    let [signed_in, bare_sign_in, signed, hashed] =
        medians(rounds, [&mut sign_in, &mut || bare.sign_in(), &mut || bare.signature(), &mut || bare.argon2()])?;
    let [re_signed, bare_re_sign, rotated] =
        medians(rounds, [&mut re_sign, &mut || bare.re_sign(), &mut || bare.rotation()])?;
    let [checked, bare_check, issued, bare_signature] = medians(
        rounds,
        [
            &mut || invoke("intermediary-check-session", &check),
            &mut || bare.check(),
            &mut || invoke("customer-issue-token", CLIENT_TOKEN),
            &mut || bare.signature(),
        ],
    )?;
    let row = |what, cost, beside, base, goal| Row { what, cost, beside, base, goal };
    let (sign_in, refresh, overhead) = ("sign-in, all but Argon2", "refresh", Goal::More(OVERHEAD));
    Ok([
        row(sign_in, signed_in, "one Argon2 verification, 19456 KiB, 2 passes", hashed, Goal::Ratio(0.05)),
        row(sign_in, signed_in, "its 5 bare SDK calls and RSA signature", bare_sign_in + signed, overhead),
        row(refresh, re_signed, "bare UpdateItem and RSA signature", rotated, Goal::Ratio(1.2)),
        row(refresh, re_signed, "bare UpdateItem, GetItem and RSA signature", bare_re_sign, overhead),
        row("session checked", checked, "bare BatchGetItem and RSA check", bare_check, overhead),
        row("client's token", issued, "bare RSA signature", bare_signature, overhead),
    ])
}

/// What one Argon2 costs.
pub fn argon2(rounds: usize) -> Outcome<Duration> {
    let hasher = Mutex::new(Hasher::new()?);
    let [cost] = medians(rounds, [&mut || bare::argon2(&hasher)])?;
    Ok(cost)
}

/// What a forged token costs us, and what it costs DynamoDB: nothing.
pub fn forged(function: &Function, relay: &Relay, rounds: usize) -> Outcome<String> {
    let mut token = function.sign_in()?.refresh_token;
    // The last character holds bits that are no part of the MAC.
    let last = token.pop().ok_or("an empty token")?;
    let changed = if token.pop() == Some('A') { 'B' } else { 'A' };
    token.extend([changed, last]);
    let (calls, refused) = relay.count(|| medians(rounds, [&mut || function.refuse(&token)]));
    let [refused] = refused?;
    Ok(format!(
        "A forged refresh token is refused in {}; DynamoDB calls in {rounds} of them, none allowed: {calls}, {}.",
        shown(refused),
        verdict(calls == 0)
    ))
}
