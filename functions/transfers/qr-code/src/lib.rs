//! `GET /authorize/{session_token}/qr.svg`: the code that a person scans, as a picture.
//!
//! Out: 200 `image/svg+xml`, which any page may show; it leads to the `url` of document 003.
//! Refuses: 404, also once somebody scanned it or it is over; 503.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use shared::app::App;
use shared::error::{Code, Error};
use shared::http::{Request, Response};

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let code = request.path_secret("session_token");
    let unknown = || Code::NotFound.because("no transfer to scan").saying("This code cannot be scanned any more.");
    let url = app.url_to_scan(code).await?.ok_or_else(unknown)?;
    let too_long = |_| Code::Internal.because("an address that fits into no QR code");
    let qr = QrCode::with_error_correction_level(&url, EcLevel::M).map_err(too_long)?;
    // Dark on light in both colour schemes, or scanners do not see it.
    let mut picture = qr.render::<svg::Color<'_>>();
    picture.min_dimensions(240, 240).dark_color(svg::Color("#000")).light_color(svg::Color("#fff"));
    let response = Response { status: 200, headers: Vec::new(), body: picture.build() };
    Ok(response
        .with("content-type", "image/svg+xml")
        .with("cache-control", "no-store")
        .with("content-security-policy", "default-src 'none'")
        .with("cross-origin-resource-policy", "cross-origin")
        .with("x-content-type-options", "nosniff"))
}
