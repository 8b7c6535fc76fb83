//! `GET /intermediaries/accounts/history`: what happened to an account, the newest first.
//!
//! In: `api-key`; `accountAccessToken` for the account behind it, or `id` in the query; `limit`?, 1 to 100, which is
//! 50 unless set; `before`?, the `next` of an answer before. Out: 200 `{"events", "next"?}`, each event `{"id", "event",
//! "at", "clientId", "sessionId"?, "source"?, "requestId", "reason"?}`, its time in milliseconds; without `next` there
//! are no more.
//! Refuses: 400 `invalid_request`; 401 `invalid_api_key`, `invalid_access_token`; 404 `not_found`.

use serde::Serialize;
use shared::app::{App, Caller};
use shared::error::{Code, Error};
use shared::history::{Entry, Page, Place};
use shared::http::{Request, Response};
use shared::types::{AccountId, Invalid};
use shared::wire::intermediaries;

const LIMIT: u8 = 50;
const MOST: u8 = 100;

#[derive(Serialize)]
struct Answer {
    events: Vec<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: String,
    event: &'static str,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    at: i64,
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let (limit, before) = (limit(&request)?, before(&request)?);
    let account = account(app, &caller, &request).await?;
    let page = app.store.history(caller.tenant_id(), account, (before.as_ref(), limit), caller.now).await?;
    let Page { entries, next } = page;
    let events = entries.into_iter().map(|(id, entry)| shown(id.to_string(), entry)).collect();
    Ok(Response::json(200, &Answer { events, next: next.map(|place| place.to_string()) }))
}

/// Whose history is asked for: the owner shows their token, a back end says an id.
async fn account(app: &App, caller: &Caller, request: &Request) -> Result<AccountId, Error> {
    match (intermediaries::access_token(request)?, request.query("id")?) {
        (token @ Some(_), None) => Ok(app.authenticate(caller, token).await?.account.id),
        (None, Some(id)) => {
            let id = AccountId::try_from(id.to_owned()).map_err(|invalid| Error::invalid("id", invalid))?;
            Ok(app.account(caller, id).await?.id)
        }
        (None, None) | (Some(_), Some(_)) => {
            let message = "Send accountAccessToken or id, and not both.";
            Err(Code::InvalidRequest.because("no account, or two").saying(message).at("id"))
        }
    }
}

fn limit(request: &Request) -> Result<u8, Error> {
    let Some(text) = request.query("limit")? else { return Ok(LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| Error::invalid("limit", Invalid("must be 1 to 100")))
}

fn before(request: &Request) -> Result<Option<Place>, Error> {
    let place = request.query("before")?.map(|text| Place::try_from(text.to_owned()));
    place.transpose().map_err(|invalid| Error::invalid("before", invalid))
}

fn shown(id: String, entry: Entry) -> Shown {
    Shown {
        id,
        event: entry.event.name(),
        at: entry.at_ms,
        client_id: entry.client_id.to_string(),
        session_id: entry.session_id.map(|session| session.to_string()),
        source: entry.source,
        request_id: entry.request_id,
        reason: entry.reason,
    }
}
