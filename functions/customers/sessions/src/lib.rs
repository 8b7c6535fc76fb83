//! `GET /v1/accounts/{oid}/auth/users/{user_id}/sessions`, `DELETE /v1/accounts/{oid}/auth/users/{user_id}/sessions`,
//! `DELETE /v1/accounts/{oid}/auth/users/{user_id}/sessions/{session_id}`: a person's live sessions, and their end (ours;
//! yardstick S7).
//!
//! In: the person's own access token, to end signed in within 5 minutes; or a client's own token, to look with
//! `read:accounts` or `admin:accounts`, to end with `write:accounts` or `admin:accounts`; `user_id` is `sub` of the
//! person's tokens, on whichever surface. Out: 200 `{"sessions": [...]}`; 204. What is ended opens nothing here from then
//! on.
//! Refuses: 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`, `reauthentication_required`; 404 `not_found`, also
//! for somebody else's session and, to a person, for everybody else.

use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::types::AccountId;
use shared::wire::customers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let looks = request.method == "GET";
    let accepted = if looks { scopes::READ_SESSIONS } else { scopes::END_SESSIONS };
    let (token, tenant) = (customers::bearer(&request)?, customers::tenant(&request));
    let keeper = app.session_keeper(token, tenant, &request, accepted).await?;
    let person: AccountId = request.path_parameter("user_id")?;
    if looks {
        return Ok(customers::sessions(&app.sessions_of(keeper.of(person)?, person).await?));
    }
    let caller = keeper.who_ends(person)?;
    if request.path_parameters.contains_key("session_id") {
        app.end_session_of(caller, (person, request.path_parameter("session_id")?)).await?;
    } else {
        app.end_sessions_of(caller, person).await?;
    }
    Ok(customers::no_content())
}
