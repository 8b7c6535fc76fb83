use crate::app::App;
use crate::app::transfers::Browser;
use crate::http::{Request, Response};

/// Seconds that a browser keeps it; what it stands for ends sooner.
const MAX_AGE: u32 = 3_600;

/// The prefix makes browsers insist on https and on this host alone (RFC 6265bis §4.1.3); a laptop has no https.
fn name(app: &App) -> &'static str {
    if app.is_on_https() { "__Host-latchkey" } else { "latchkey" }
}

/// The browser that a request came from.
pub(super) fn browser(app: &App, request: &Request) -> Option<Browser> {
    request.cookie(name(app)).and_then(Browser::of_cookie)
}

/// The answer that makes the browser keep this.
#[must_use]
pub fn keep_browser(app: &App, browser: &Browser, response: Response) -> Response {
    let secure = if app.is_on_https() { "; Secure" } else { "" };
    let (name, cookie) = (name(app), browser.cookie());
    response.with("set-cookie", format!("{name}={cookie}; Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax{secure}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(issuer: &str) -> String {
        let app = App::at(issuer);
        let browser = Browser::of_cookie("lka_0").unwrap();
        let kept = keep_browser(&app, &browser, Response::empty(200));
        kept.headers.into_iter().find(|(name, _)| name == "set-cookie").unwrap().1
    }

    #[test]
    fn only_this_host_over_https_gets_the_cookie_back() {
        let rest = "lka_0; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax";
        assert_eq!(cookie("https://accounts.example.com"), format!("__Host-latchkey={rest}; Secure"));
        assert_eq!(cookie("http://127.0.0.1:3000"), format!("latchkey={rest}"));
    }
}
