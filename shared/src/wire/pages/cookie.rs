use crate::app::App;
use crate::app::transfers::Browser;
use crate::http::{Request, Response};

/// Seconds that a browser keeps it; what it stands for ends sooner.
const MAX_AGE: u32 = 3_600;

/// The prefix makes browsers insist on https and on this host alone (RFC 6265bis §4.1.3); a laptop has no https.
fn name(app: &App) -> &'static str {
    if is_on_https(app) { "__Host-latchkey" } else { "latchkey" }
}

fn is_on_https(app: &App) -> bool {
    app.issuer().starts_with("https://")
}

/// The browser that a request came from.
pub(super) fn browser(app: &App, request: &Request) -> Option<Browser> {
    request.cookie(name(app)).and_then(Browser::of_cookie)
}

/// The answer that makes the browser keep this.
pub(super) fn keep(app: &App, browser: &Browser, response: Response) -> Response {
    let secure = if is_on_https(app) { "; Secure" } else { "" };
    let (name, cookie) = (name(app), browser.cookie());
    response.with("set-cookie", format!("{name}={cookie}; Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax{secure}"))
}
