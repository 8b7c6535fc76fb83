//! `GET /authorize/{session_token}`: where a scanned code leads: the question, or how it ended (RFC 10027).
//!
//! In: the browser's cookie. Out: a page: 200 with the question or the person's own answer, 410 when it is over or
//! another's, 404 for no code of ours; 303 to `sign-in` for whoever did not sign in, with every factor, in the last 5
//! minutes. Opening it marks the data transfer as retrieved; whoever is signed in is from then on the only one to answer.
//! Refuses: 503 as a page.

use shared::app::App;
use shared::app::transfers::Outcome;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::pages::Visit;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (visit, scanned) = match Visit::of_code(app, &request).await? {
        Ok(visit) => visit,
        Err(page) => return Ok(page),
    };
    let person = visit.visitor.as_ref().map(|visitor| visitor.account.id);
    if let Some(outcome) = Outcome::of(&scanned.transfer, person, visit.caller.now) {
        return Ok(visit.outcome(outcome));
    }
    let Some(visitor) = visit.visitor.as_ref().filter(|visitor| visitor.may_agree()) else {
        return Ok(visit.go_sign_in());
    };
    Ok(match app.ask(&scanned, visitor).await? {
        Ok(question) => visit.question((&scanned, visitor), &question, None),
        Err(outcome) => visit.outcome(outcome),
    })
}
