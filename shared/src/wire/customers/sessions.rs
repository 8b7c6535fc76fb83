use serde::Serialize;

use crate::http::Response;
use crate::session::Session;
use crate::types::{ClientId, SessionId};

#[derive(Serialize)]
struct WireSessions<'a> {
    sessions: Vec<WireSession<'a>>,
}

/// Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize)]
struct WireSession<'a> {
    session_id: SessionId,
    client_id: &'a ClientId,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
    amr: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<&'a str>,
}

impl<'a> From<&'a Session> for WireSession<'a> {
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

/// 200 with somebody's sessions.
#[must_use]
pub fn sessions(sessions: &[Session]) -> Response {
    Response::json(200, &WireSessions { sessions: sessions.iter().map(WireSession::from).collect() })
}
