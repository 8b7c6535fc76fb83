//! `POST /v1/accounts/{oid}/auth/passwordless`, `POST /v1/accounts/{oid}/auth/passwordless/code`: sends a code to sign
//! in by, or hands it to the back end (contract §4.9). It is exchanged for tokens at `.../auth/token`.
//!
//! In: a client's own token, to send with `write:accounts:/auth/passwordless` (or `-email`, `-sms`), `write:accounts` or
//! `admin:accounts`, to be handed the code with one of the last two; body `{"audience", "client_id", "connection",
//! "email" or "phone_number", "type"?, "send"?, "login_session_id"?}` or `{"audience", "client_id", "user_id"}`.
//! Out: 204, alike for somebody unknown; 200 `{"verification_code"}`.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`, `invalid_target`; 404
//! `not_found` (the second, of person or client); 429 within 60 s of the last code in this name this way (of
//! the second: not), after 5 in an hour or 10 in a day.

use serde::{Deserialize, Serialize};
use shared::app::OobChannel;
use shared::app::customers::{PhoneNumber, scopes, scopes_to_send};
use shared::app::{App, Memory};
use shared::error::{Code, Error};
use shared::http::{Request, Response, present};
use shared::token::OneTimeCode;
use shared::types::{Audience, ClientId, CustomerId, Email, Identifier, SessionId};
use shared::wire::customers::{self, Connection, SignInType};

#[derive(Deserialize)]
struct Body {
    audience: Audience,
    client_id: ClientId,
    connection: Connection,
    #[serde(default, deserialize_with = "present")]
    email: Option<Email>,
    #[serde(default, deserialize_with = "present")]
    phone_number: Option<PhoneNumber>,
    #[serde(default)]
    r#type: SignInType,
    #[serde(default, rename = "send")]
    _send: Send,
    #[serde(default, deserialize_with = "present")]
    login_session_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Send {
    #[default]
    Code,
}

#[derive(Deserialize)]
struct CodeBody {
    audience: Audience,
    client_id: ClientId,
    user_id: CustomerId,
}

#[derive(Serialize)]
struct Answer<'a> {
    verification_code: &'a str,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    if request.route.ends_with("/code") {
        let back_end = customers::back_end(app, &request, scopes::READ_CODES).await?;
        let CodeBody { audience, client_id, user_id } = request.json()?;
        let respond = |code: &OneTimeCode| Response::json(200, &Answer { verification_code: code.reveal() });
        return app.read_passwordless_code(&back_end, (user_id, &client_id, &audience), respond).await;
    }
    let token = app.back_end(customers::bearer(&request)?, customers::tenant(&request), &request).await?;
    let Body { audience, client_id, connection, email, phone_number, r#type, login_session_id, .. } = request.json()?;
    let channel = OobChannel::from(connection);
    token.require(scopes_to_send(channel))?;
    let back_end = token.about(r#type.into());
    if client_id != back_end.client.id {
        let message = "client_id must be the client of the access token.";
        return Err(Code::Forbidden.because("another client's id").saying(message).at("client_id"));
    }
    let identifier = match (email, phone_number) {
        (Some(_), Some(_)) => {
            let message = "Send email or phone_number, not both.";
            return Err(Code::InvalidRequest.because("two ways to say who").saying(message));
        }
        (Some(email), None) => Identifier::email(&email),
        (None, Some(PhoneNumber(phone))) => Identifier::phone(&phone),
        (None, None) => return Err(Error::missing("email")),
    };
    let session = login_session_id.map(SessionId::try_from).transpose();
    let session = session.map_err(|invalid| Error::invalid("login_session_id", invalid))?;
    let send = async |memory: &Memory| {
        let (who, what) = ((&identifier, channel), (&audience, session));
        app.send_passwordless_code(&back_end, who, what, memory, customers::no_content()).await
    };
    app.once(&back_end.caller, &request, send).await
}
