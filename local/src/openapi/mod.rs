//! `GET /openapi.yaml`, and `GET /openapi`: the same as a page to read, which needs no script and nothing from elsewhere.

mod document;
mod page;
mod rows;
mod words;

pub use document::{ApiDocument, OPENAPI, Operation};

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use data_encoding::BASE64;

/// The page, made once.
static PAGE: LazyLock<Result<String, String>> = LazyLock::new(|| page::render(&ApiDocument::built_in()?));

/// No script, no frame, nothing from elsewhere; the one style is let in by its hash.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64.encode(digest(&SHA256, page::STYLE.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
});

pub(crate) async fn show_text() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/yaml")], OPENAPI)
}

pub(crate) async fn show_page() -> Response {
    match &*PAGE {
        Ok(page) => ([(CONTENT_SECURITY_POLICY, POLICY.as_str())], Html(page.as_str())).into_response(),
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, why.as_str()).into_response(),
    }
}
