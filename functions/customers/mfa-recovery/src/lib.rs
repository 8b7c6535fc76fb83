//! `POST /v1/accounts/{aid}/customers/mfa_login_recovery`, `POST /v1/accounts/{aid}/auth/mfa/recovery`: begins to sign
//! somebody in who forgot the password or pin (contract §4.5). The code that is sent stands in for it, and no second
//! factor is spared.
//!
//! In: a client's own token, for the first with `write:accounts:/auth/users` and body `{"ident_type", "ident",
//! "audience", "type"}`, for the second with `write:accounts:/auth/mfa`, `write:accounts` or `admin:accounts` and body
//! `{"challenge_type": "oob", "username", "audience", "oob_channel"?, "type"?}`. Out: 200 `{"links", "oob_code",
//! "mfa_token", "challenge_type", "binding_method"}`, alike for somebody unknown.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`, `invalid_target`; 429
//! within 60 s of the last one in this name, after 5 in an hour or 10 in a day.

use serde::Deserialize;
use shared::app::App;
use shared::app::OobChannel;
use shared::app::customers::{PhoneNumber, scopes};
use shared::error::Error;
use shared::http::{Request, Response, present};
use shared::types::{Audience, Email, Identifier};
use shared::wire::customers::{self, Connection, Ident, SignInType};

#[derive(Deserialize)]
struct Body {
    audience: Audience,
    r#type: SignInType,
}

#[derive(Deserialize)]
struct UserBody {
    audience: Audience,
    #[serde(default)]
    r#type: SignInType,
    #[serde(rename = "challenge_type")]
    _challenge_type: ChallengeType,
    username: String,
    #[serde(default, deserialize_with = "present")]
    oob_channel: Option<Connection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChallengeType {
    Oob,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    if request.route.ends_with("/mfa_login_recovery") {
        let back_end = customers::back_end(app, &request, scopes::SET_SECRETS).await?;
        let Body { audience, r#type } = request.json()?;
        let identifier = request.json::<Ident>()?.identifier()?;
        let (back_end, who) = (back_end.about(r#type.into()), (&identifier, &audience));
        return app.begin_recovery(&back_end, who, OobChannel::Email, customers::recovery_begun).await;
    }
    let back_end = customers::back_end(app, &request, scopes::SECOND_FACTOR).await?;
    let UserBody { audience, r#type, username, oob_channel, .. } = request.json()?;
    let channel = oob_channel.map_or(OobChannel::Email, Connection::into);
    let (back_end, identifier) = (back_end.about(r#type.into()), identifier(username)?);
    app.begin_recovery(&back_end, (&identifier, &audience), channel, customers::recovery_begun).await
}

/// An e-mail address or a telephone number.
fn identifier(username: String) -> Result<Identifier, Error> {
    let invalid = |invalid| Error::invalid("username", invalid);
    if username.contains('@') {
        return Ok(Identifier::email(&Email::try_from(username).map_err(invalid)?));
    }
    let PhoneNumber(phone) = PhoneNumber::try_from(username).map_err(invalid)?;
    Ok(Identifier::phone(&phone))
}
