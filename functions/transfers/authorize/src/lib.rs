//! `GET /authorize/{session_token}`, `POST /authorize/{session_token}`: where a scanned code leads, the question or how it
//! ended (RFC 10027), and the answer: agrees to a data transfer, or declines it (contract §3.5, yardstick E8).
//!
//! To look, in: the browser's cookie. Out: a page: 200 with the question or the person's own answer, 410 when it is over
//! or another's, 404 for no code of ours; 303 to `sign-in` for whoever did not sign in, with every factor, in the last 5
//! minutes. Opening it marks the data transfer as retrieved; whoever is signed in is from then on the only one to answer.
//! Refuses: 503 as a page.
//!
//! To answer, in: a form of the question's page: `csrf`, `decision` = `agree` or `decline`; to agree also `shown`,
//! `scope.NAME` for each optional scope that is ticked, `pick.NAME` with a position where there are several entries.
//! Declining needs no sign-in while nobody else has signed in to answer. Out: 303 to the page, which says how it ended:
//! what was answered before stays; 303 to `sign-in` for whoever did not sign in, with every factor, in the last 5 minutes.
//! Refuses: as a page, 400 when it is wider than what was asked; 403 a form that was not shown to this browser; 404; 409
//! when the details changed since they were shown; 410.

use std::collections::BTreeMap;

use shared::app::App;
use shared::app::transfers::{DecisionForm, Outcome, Scanned, Visitor};
use shared::error::{Code, Error};
use shared::http::{Form, Request, Response};
use shared::types::{DataScope, Invalid};
use shared::wire::pages::Visit;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (visit, scanned) = match Visit::of_code(app, &request).await? {
        Ok(visit) => visit,
        Err(page) => return Ok(page),
    };
    if request.method == "POST" {
        answer(app, &visit, &scanned, &request).await
    } else {
        show(app, &visit, &scanned).await
    }
}

async fn show(app: &App, visit: &Visit, scanned: &Scanned) -> Result<Response, Error> {
    let person = visit.visitor.as_ref().map(|visitor| visitor.account.id);
    if let Some(outcome) = Outcome::of(&scanned.transfer, person, visit.caller.now) {
        return Ok(visit.outcome(outcome));
    }
    let Some(visitor) = visit.visitor.as_ref().filter(|visitor| visitor.may_agree()) else {
        return Ok(visit.go_sign_in());
    };
    ask(app, visit, scanned, visitor, None).await
}

async fn answer(app: &App, visit: &Visit, scanned: &Scanned, request: &Request) -> Result<Response, Error> {
    let form = visit.posted(app, request)?;
    match form.get("decision") {
        Some("decline") => Ok(match app.decline(scanned, visit.visitor.as_ref()).await? {
            // It may be theirs all the same.
            Outcome::AnsweredElsewhere if visit.visitor.is_none() => visit.go_sign_in(),
            outcome @ Outcome::AnsweredElsewhere => visit.outcome(outcome),
            _ => visit.go_home(),
        }),
        Some("agree") => {
            let Some(visitor) = visit.visitor.as_ref().filter(|visitor| visitor.may_agree()) else {
                return Ok(visit.go_sign_in());
            };
            agree(app, visit, scanned, visitor, &decision(&form)?).await
        }
        _ => Err(Error::invalid("decision", Invalid("must be agree or decline"))),
    }
}

async fn agree(
    app: &App,
    visit: &Visit,
    scanned: &Scanned,
    visitor: &Visitor,
    form: &DecisionForm,
) -> Result<Response, Error> {
    let stale = match app.agree(scanned, visitor, form).await {
        Ok(()) => return Ok(visit.go_home()),
        Err(error) if error.code() == Code::Stale => error,
        Err(error) => return Err(error),
    };
    // As things are now: whoever was signed out or blocked meanwhile is shown nothing.
    let Some(visitor) = app.visitor(&visit.caller, &visit.browser).await? else { return Ok(visit.go_sign_in()) };
    ask(app, visit, scanned, &visitor, Some(&stale)).await
}

async fn ask(
    app: &App,
    visit: &Visit,
    scanned: &Scanned,
    visitor: &Visitor,
    stale: Option<&Error>,
) -> Result<Response, Error> {
    Ok(match app.ask(scanned, visitor).await? {
        Ok(question) => visit.question((scanned, visitor), &question, stale),
        Err(outcome) => visit.outcome(outcome),
    })
}

fn decision(form: &Form) -> Result<DecisionForm, Error> {
    let (mut ticked, mut picked) = (Vec::new(), BTreeMap::new());
    for (name, value) in form.iter() {
        let scope = |name| DataScope::try_from(name).map_err(|invalid| Error::invalid("scope", invalid));
        if let Some(name) = name.strip_prefix("scope.") {
            ticked.push(scope(name)?);
        } else if let Some(name) = name.strip_prefix("pick.") {
            let position = value.parse().map_err(|_| Error::invalid("pick", Invalid("must be a position")))?;
            picked.insert(scope(name)?, position);
        }
    }
    Ok(DecisionForm { ticked, picked, shown: form.get("shown").unwrap_or_default().to_owned() })
}
