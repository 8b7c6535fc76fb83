//! What all pages have in common: one style, and the headers that let nothing else in and nothing out.

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64;

use crate::http::Response;

/// Inside each page, so that a page is one answer.
pub(super) const STYLE: &str = include_str!("../../../templates/style.css");

/// No script, no frame, no other origin; the one style is let in by its hash.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64.encode(digest(&SHA256, STYLE.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
         base-uri 'none'"
    )
});

/// One page. Its `referrer-policy` is not `no-referrer`: forms would be sent with the origin `null`, which tells our
/// own from a stranger's no more.
pub(super) fn html(status: u16, page: &impl Template) -> Response {
    // Writing into a string fails only where a value does not say how it is shown, and all of ours do.
    let body = page.render().unwrap_or_default();
    let response = Response { status, headers: Vec::new(), body };
    response
        .with("content-type", "text/html; charset=utf-8")
        .with("cache-control", "no-store")
        .with("content-security-policy", POLICY.as_str())
        .with("x-frame-options", "DENY")
        .with("x-content-type-options", "nosniff")
        .with("referrer-policy", "same-origin")
        .with("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        .with("cross-origin-opener-policy", "same-origin")
        .with("cross-origin-resource-policy", "same-origin")
}
