//! `POST /v1/accounts/{aid}/auth/mfa/challenge`: sends the code that a sign-in with two factors is missing
//! (contract §4.4).
//!
//! In: a client's own token with `write:accounts:/auth/mfa`, `write:accounts` or `admin:accounts`; body
//! `{"challenge_type": "oob", "mfa_token", "oob_channel"?}`, `sms` unless set. Out: 200 `{"challenge_type",
//! "binding_method": "prompt", "oob_code"}`. `"challenge_type": "otp"` sends nothing and answers `{"challenge_type"}`.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`, `invalid_mfa_token`; 403 `forbidden`, `insufficient_scope`; 429
//! within 60 s of the last code there, after 5 in an hour or 10 in a day.

use serde::{Deserialize, Serialize};
use shared::app::App;
use shared::app::OobChannel;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response, present};
use shared::token::LinkSecret;
use shared::wire::customers::{self, Connection};

#[derive(Deserialize)]
struct Body {
    challenge_type: ChallengeType,
    mfa_token: String,
    #[serde(default, deserialize_with = "present")]
    oob_channel: Option<Connection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChallengeType {
    Oob,
    Otp,
}

#[derive(Serialize)]
struct Answer<'a> {
    challenge_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding_method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oob_code: Option<&'a str>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::SECOND_FACTOR).await?;
    let Body { challenge_type, mfa_token, oob_channel } = request.json()?;
    if matches!(challenge_type, ChallengeType::Otp) {
        app.expect_totp(&back_end.caller, &mfa_token).await?;
        return Ok(Response::json(200, &Answer { challenge_type: "otp", binding_method: None, oob_code: None }));
    }
    let channel = oob_channel.map_or(OobChannel::Sms, Connection::into);
    let respond = |handle: &LinkSecret| {
        let (binding_method, oob_code) = (Some("prompt"), Some(handle.reveal()));
        Response::json(200, &Answer { challenge_type: "oob", binding_method, oob_code })
    };
    app.challenge_mfa(&back_end.caller, &mfa_token, channel, respond).await
}
