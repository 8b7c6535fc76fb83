//! `GET /v1/accounts/{oid}/auth/users/{user_id}/sessions`, `DELETE /v1/accounts/{oid}/auth/users/{user_id}/sessions`,
//! `DELETE /v1/accounts/{oid}/auth/users/{user_id}/sessions/{session_id}`: a person's live sessions, and their end (ours;
//! yardstick S7).
//!
//! In: a client's own token, to look with `read:accounts` or `admin:accounts`, to end with `write:accounts` or
//! `admin:accounts`; `user_id` is `sub` of the person's tokens, on whichever surface. Out: 200 `{"sessions": [...]}`;
//! 204. What is ended opens nothing here from then on.
//! Refuses: 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`; 404 `not_found`, also for somebody else's session.

use serde::Serialize;
use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::session::Session;
use shared::types::{AccountId, ClientId, SessionId};
use shared::wire::customers;

#[derive(Serialize)]
struct Sessions<'a> {
    sessions: Vec<Shown<'a>>,
}

/// Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize)]
struct Shown<'a> {
    session_id: SessionId,
    client_id: &'a ClientId,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
    amr: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<&'a str>,
}

impl<'a> From<&'a Session> for Shown<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            session_id: session.id,
            client_id: &session.client_id,
            created_at: session.opened_at,
            last_used_at: session.last_used_at_ms().div_euclid(1000),
            expires_at: session.idle_until.min(session.ends_at),
            amr: &session.methods,
            audience: session.grant.as_ref().map(|grant| grant.audience.as_str()),
        }
    }
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == "GET" {
        let back_end = customers::back_end(app, &request, scopes::READ_SESSIONS).await?;
        let sessions = app.sessions_of(&back_end, request.path_parameter("user_id")?).await?;
        return Ok(Response::json(200, &Sessions { sessions: sessions.iter().map(Shown::from).collect() }));
    }
    let back_end = customers::back_end(app, &request, scopes::END_SESSIONS).await?;
    let person: AccountId = request.path_parameter("user_id")?;
    if request.path_parameters.contains_key("session_id") {
        app.end_session_of(&back_end, (person, request.path_parameter("session_id")?)).await?;
    } else {
        app.end_sessions_of(&back_end, person).await?;
    }
    Ok(customers::no_content())
}
