//! `GET /authorize/consents`, `POST /authorize/consents`: what a person agreed to share, and taking it back.
//!
//! In: the browser's cookie, or `tenant` in the query to sign in at; a form of the page: `csrf` and `revoke` with the
//! consent's id, or `sign_out`. Out: a page; 303 to it after a change, and to `sign-in` for whoever is not signed in.
//! What was read before stays with whoever read it; a decision that was not read yet is gone.
//! Refuses: as a page, 403 a form that was not shown to this browser; 404 without a tenant.

use shared::app::App;
use shared::app::transfers::{Browser, Visitor};
use shared::consent::Consent;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::types::TransferId;
use shared::wire::pages::{GivenConsent, Visit, YourConsentsPage, date, handed_over, keep_browser};

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let visit = Visit::of_consents(app, &request).await?;
    let Some(visitor) = visit.visitor.as_ref().filter(|visitor| visitor.proved_every_factor()) else {
        return Ok(visit.go_sign_in());
    };
    if request.method == "POST" {
        return change(app, &visit, visitor, &request).await;
    }
    let consents = app.consents_of(visitor).await?;
    Ok(list(&visit, visitor, &consents))
}

async fn change(app: &App, visit: &Visit, visitor: &Visitor, request: &Request) -> Result<Response, Error> {
    let form = visit.posted(app, request)?;
    if form.get("sign_out").is_some() {
        app.sign_visitor_out(visitor).await?;
        return Ok(keep_browser(app, &Browser::fresh(&app.random), visit.go_sign_in()));
    }
    let id = form.required("revoke")?.to_owned();
    let id = TransferId::try_from(id).map_err(|invalid| Error::invalid("revoke", invalid))?;
    app.revoke_consent(visitor, id).await?;
    Ok(visit.go_home())
}

fn list(visit: &Visit, visitor: &Visitor, consents: &[Consent]) -> Response {
    let scopes: Vec<_> = consents.iter().map(|consent| handed_over(&consent.scope)).collect();
    let given = consents.iter().zip(&scopes).map(|(consent, scopes)| GivenConsent {
        id: consent.id.to_string(),
        client: &consent.client_name,
        scopes,
        given_at: date(consent.given_at),
        revoked_at: consent.revoked_at.map(date),
    });
    let page = YourConsentsPage {
        tenant: visit.tenant_name(),
        signed_in_as: visitor.name(),
        action: &visit.home,
        csrf: &visit.csrf(),
        consents: given.collect(),
    };
    page.render(200)
}
