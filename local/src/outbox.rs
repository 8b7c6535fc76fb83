//! `GET /local/outbox`: what a deployment would send, as JSON with the newest last, or to a browser as a page that shows
//! each message as its person would see it, the newest first.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use shared::store::{Channel, Message, MessageId};

use crate::server::Running;

pub(crate) async fn show(State(running): State<Arc<Running>>, headers: HeaderMap) -> Response {
    let unavailable = |why: String| (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "message": why }))).into_response();
    let messages = match read(&running).await {
        Ok(messages) => messages,
        Err(why) => return unavailable(why),
    };
    if !prefers_a_page(&headers) {
        let messages: Vec<_> = messages.into_iter().map(|sent| sent.message).collect();
        return Json(messages).into_response();
    }
    let page = Page { messages: messages.iter().rev().map(Shown::of).collect() };
    page.render().map_or_else(|_| unavailable("the page cannot be made".to_owned()), |page| Html(page).into_response())
}

/// A message, and what people know its tenant by.
struct Written {
    tenant: String,
    message: Message,
}

async fn read(running: &Running) -> Result<Vec<Written>, String> {
    let app = &running.gateway.app;
    let failed = |error: shared::error::Error| error.reason().to_owned();
    let ring = app.key_ring().await.map_err(failed)?;
    let mut pages = running.dynamodb.scan().table_name(&running.table).into_paginator().items().send();
    let mut messages = Vec::new();
    while let Some(item) = pages.next().await {
        let item = item.map_err(|_| "the engine does not answer".to_owned())?;
        let Some((at_ms, message)) = Message::open(&item, &ring).map_err(failed)? else { continue };
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
        let Some(id) = MessageId::of_row(text("pk"), text("sk")).filter(|_| message.is_for_somebody()) else {
            continue;
        };
        let tenant = app.tenant(&id.tenant, app.clock.now()).await.map_err(failed)?;
        let tenant = tenant.map_or_else(|| id.tenant.to_string(), |tenant| tenant.short_name());
        messages.push((at_ms, Written { tenant, message }));
    }
    messages.sort_by_key(|(at_ms, _)| *at_ms);
    Ok(messages.into_iter().map(|(_, written)| written).collect())
}

/// Whether HTML is asked for by name, and no less than JSON. Programs send `*/*`, or nothing, and get JSON.
fn prefers_a_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let quality = |wanted: &str| {
        let mut ranges = accepted.split(',').map(|range| range.split(';').map(str::trim));
        let mut parameters = ranges.find_map(|mut range| (range.next() == Some(wanted)).then_some(range))?;
        let quality = parameters.find_map(|parameter| parameter.strip_prefix("q="));
        quality.map_or(Some(1.0), |quality| quality.parse::<f32>().ok())
    };
    let (page, json) = (quality("text/html").unwrap_or(0.0), quality("application/json").unwrap_or(0.0));
    page > 0.0 && page >= json
}

#[derive(Template)]
#[template(path = "outbox.html")]
struct Page<'a> {
    messages: Vec<Shown<'a>>,
}

/// A message as the page has it.
struct Shown<'a> {
    is_email: bool,
    tenant: &'a str,
    to: &'a str,
    subject: &'a str,
    /// The body up to its link, the link, and the rest of the body.
    before: &'a str,
    link: Option<&'a str>,
    after: &'a str,
}

impl<'a> Shown<'a> {
    fn of(written: &'a Written) -> Self {
        let message = &written.message;
        let link = message.link.as_deref().filter(|link| link.starts_with("https://") || link.starts_with("http://"));
        let parts = link.and_then(|link| Some((link, message.body.split_once(link)?)));
        let (before, after) = parts.map_or((message.body.as_str(), ""), |(_, parts)| parts);
        Self {
            is_email: message.channel == Channel::Email,
            tenant: &written.tenant,
            to: &message.to,
            subject: message.subject.as_deref().unwrap_or_default(),
            before,
            link: parts.map(|(link, _)| link),
            after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_a_page_and_programs_json() {
        let prefers = |accept: &str| prefers_a_page(&HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]));
        for accept in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html",
            "application/json;q=0.5, text/html",
        ] {
            assert!(prefers(accept), "{accept}");
        }
        for accept in ["*/*", "", "application/json", "application/json, text/html;q=0.9", "text/html;q=0", "text/*"] {
            assert!(!prefers(accept), "{accept}");
        }
        assert!(!prefers_a_page(&HeaderMap::new()));
    }
}
