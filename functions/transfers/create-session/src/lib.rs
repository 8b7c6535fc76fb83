//! `POST /auth/v2/session`, `POST /auth/v2/session/`: opens a data transfer (document 003).
//!
//! In: a client token; body `{"scope", "optional_scope"?, "vendor_data"?}`: what is asked for, separated by spaces; what
//! of it the person may leave out (ours); up to 1,024 characters that come back with the decision. Out: 201
//! `{"session_id", "session_token", "url"}`; the url is to be shown as a QR code, and is one at `{url}/qr.svg`.
//! Refuses: 400 `invalid_request`, `invalid_scope` (naming it); 401 `invalid_token`; 403 `insufficient_scope` for what
//! this third party may not ask for.

use shared::app::App;
use shared::app::transfers::TransferForm;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::transfers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let third_party = transfers::third_party(app, &request).await?;
    let form: TransferForm = request.json()?;
    Ok(transfers::opened(&app.open_transfer(&third_party, form).await?))
}
