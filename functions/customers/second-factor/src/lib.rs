//! `POST /v1/accounts/{aid}/customers/mfa_login`, `POST /v1/accounts/{aid}/auth/mfa/challenge`: begins a sign-in with two
//! factors by a password or pin (contract §4.3), and sends the code that it is missing (contract §4.4).
//!
//! To begin, in: a client's own token with `write:accounts:/auth/users`; body `{"ident_type", "ident", "audience", "type",
//! "secret"}`. Out: 200 `{"links", "mfa_token", "challenge_type", "oob_channel"?}`; the token lives 5 minutes.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`, `invalid_credentials` (every reason alike); 403 `forbidden`,
//! `insufficient_scope`, `invalid_target`.
//!
//! For the code, in: a client's own token with `write:accounts:/auth/mfa`, `write:accounts` or `admin:accounts`; body
//! `{"challenge_type": "oob", "mfa_token", "oob_channel"?}`, `sms` unless set. Out: 200 `{"challenge_type",
//! "binding_method": "prompt", "oob_code"}`. `"challenge_type": "otp"` sends nothing and answers `{"challenge_type"}`.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`, `invalid_mfa_token`; 403 `forbidden`, `insufficient_scope`; 429
//! within 60 s of the last code there, after 5 in an hour or 10 in a day.

use serde::{Deserialize, Serialize};
use shared::app::customers::{SignInForm, scopes};
use shared::app::{App, OobChannel};
use shared::error::Error;
use shared::http::{Request, Response, present};
use shared::password::Password;
use shared::token::LinkSecret;
use shared::types::Audience;
use shared::wire::customers::{self, Connection, Ident, SignInType};

#[derive(Deserialize)]
struct Body {
    audience: Audience,
    r#type: SignInType,
    secret: Password,
}

#[derive(Deserialize)]
struct ChallengeBody {
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
struct Challenged<'a> {
    challenge_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding_method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oob_code: Option<&'a str>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    if request.route.ends_with("/challenge") { challenge(app, &request).await } else { begin(app, &request).await }
}

async fn begin(app: &App, request: &Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, request, scopes::SET_SECRETS).await?;
    let Body { audience, r#type, secret } = request.json()?;
    let identifier = request.json::<Ident>()?.identifier()?;
    let secret = customers::secret("secret", secret)?;
    let form = SignInForm { identifier, audience, secret };
    app.begin_mfa_sign_in(&back_end.about(r#type.into()), form, customers::mfa_begun).await
}

async fn challenge(app: &App, request: &Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, request, scopes::SECOND_FACTOR).await?;
    let ChallengeBody { challenge_type, mfa_token, oob_channel } = request.json()?;
    if matches!(challenge_type, ChallengeType::Otp) {
        app.expect_totp(&back_end.caller, &mfa_token).await?;
        return Ok(Response::json(200, &Challenged { challenge_type: "otp", binding_method: None, oob_code: None }));
    }
    let channel = oob_channel.map_or(OobChannel::Sms, Connection::into);
    let respond = |handle: &LinkSecret| {
        let (binding_method, oob_code) = (Some("prompt"), Some(handle.reveal()));
        Response::json(200, &Challenged { challenge_type: "oob", binding_method, oob_code })
    };
    app.challenge_mfa(&back_end.caller, &mfa_token, channel, respond).await
}
