//! `GET /v1/accounts/{oid}/auth/users/{user_id}/sessions`, `DELETE /v1/accounts/{oid}/auth/users/{user_id}/sessions`,
//! `DELETE /v1/accounts/{oid}/auth/users/{user_id}/sessions/{session_id}`: a person's live sessions, and their end (ours;
//! yardstick S7).
//!
//! In: a client's own token, to look with `read:accounts` or `admin:accounts`, to end with `write:accounts` or
//! `admin:accounts`; `user_id` is `sub` of the person's tokens, on whichever surface. Out: 200 `{"sessions": [...]}`;
//! 204. What is ended opens nothing here from then on.
//! Refuses: 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`; 404 `not_found`, also for somebody else's session.

use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::types::AccountId;
use shared::wire::customers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == "GET" {
        let back_end = customers::back_end(app, &request, scopes::READ_SESSIONS).await?;
        let sessions = app.sessions_of(&back_end, request.path_parameter("user_id")?).await?;
        return Ok(customers::sessions(&sessions));
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
