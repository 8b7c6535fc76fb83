//! A person's browser, as the pages know it.

use std::sync::Arc;

use super::{Answer, Asked, KARI_EMAIL, KARI_PASSWORD, Latchkey, form};

/// It keeps the one cookie, says where a form was shown as browsers do, and follows no redirect by itself.
#[derive(Clone)]
pub struct Browser {
    latchkey: Arc<Latchkey>,
    /// The value of the cookie.
    pub cookie: Option<String>,
    /// What it shows.
    pub page: String,
}

/// A form of a page.
#[derive(Debug, Clone)]
pub struct PageForm {
    pub action: String,
    /// What is sent unless it is changed: hidden inputs, and what is checked.
    pub filled: Vec<(String, String)>,
    /// Sent by whoever presses them.
    pub buttons: Vec<(String, String)>,
    /// Everything that can be filled in or pressed.
    pub names: Vec<String>,
}

impl Latchkey {
    pub fn browser(self: &Arc<Self>) -> Browser {
        Browser { latchkey: Arc::clone(self), cookie: None, page: String::new() }
    }

    /// A browser in which Kari has signed in and is asked.
    pub async fn kari_is_asked(self: &Arc<Self>, asked: &Asked) -> Browser {
        let mut browser = self.browser();
        browser.scan(asked).await;
        let answer = browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
        assert!(answer.status == 200 && browser.is_asked(), "{}", answer.text);
        browser
    }
}

impl Browser {
    pub async fn get(&mut self, path: &str) -> Answer {
        let fetch = [("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        self.send("GET", path, &fetch, "").await
    }

    /// A form of our own page, whatever it says.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = self.latchkey.server.base_url.clone();
        self.post_from(path, &[("origin", &origin), ("sec-fetch-site", "same-origin")], fields).await
    }

    /// A form of some page.
    pub async fn post_from(&mut self, path: &str, from: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let headers = [&[("content-type", "application/x-www-form-urlencoded")], from].concat();
        self.send("POST", path, &headers, &form(fields)).await
    }

    async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let cookie = self.cookie.as_ref().map(|cookie| format!("latchkey={cookie}"));
        let mut headers = headers.to_vec();
        headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
        let answer = self.latchkey.send(method, path, &headers, body).await;
        if let Some(set) = answer.header("set-cookie") {
            let (pair, attributes) = set.split_once(';').expect("attributes");
            assert_eq!(attributes, " Path=/; Max-Age=3600; HttpOnly; SameSite=Lax");
            self.cookie = Some(pair.strip_prefix("latchkey=").expect("our cookie").to_owned());
        }
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.text);
        if answer.status != 303 {
            is_our_page(&answer);
        }
        answer.text.clone_into(&mut self.page);
        answer
    }

    /// Goes where it is sent, until it is shown something.
    pub async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..4 {
            if answer.status != 303 {
                return answer;
            }
            let to = answer.header("location").expect("a location").to_owned();
            answer = self.get(&to).await;
        }
        panic!("sent around in circles: {answer:?}");
    }

    pub async fn visit(&mut self, path: &str) -> Answer {
        let answer = self.get(path).await;
        self.follow(answer).await
    }

    /// Opens the code of a transfer.
    pub async fn scan(&mut self, asked: &Asked) -> Answer {
        self.visit(&asked.path()).await
    }

    /// Fills in the form of the page that has the first of these fields, and goes where that leads.
    pub async fn submit(&mut self, fields: &[(&str, &str)]) -> Answer {
        let answer = self.send_form(fields).await;
        self.follow(answer).await
    }

    /// As [`submit`](Browser::submit), and stays where it is.
    pub async fn send_form(&mut self, fields: &[(&str, &str)]) -> Answer {
        let (action, filled) = self.fill(fields);
        let filled: Vec<_> = filled.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&action, &filled).await
    }

    /// What would be sent, and where.
    #[track_caller]
    pub fn fill(&self, fields: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        let (first, value) = fields.first().expect("a field");
        let mut forms = self.forms();
        forms.retain(|form| form.names.iter().any(|name| name == first));
        // Of several with one button each, the one that is pressed.
        forms.sort_by_key(|form| form.buttons.iter().all(|(name, kept)| name != first || kept != value));
        let form = forms.into_iter().next().unwrap_or_else(|| panic!("no form with {first}: {}", self.page));
        let mut filled: Vec<_> =
            form.filled.iter().filter(|(name, _)| fields.iter().all(|(changed, _)| changed != name)).cloned().collect();
        for (name, value) in fields {
            assert!(form.names.iter().any(|known| known == name), "no {name}: {}", self.page);
            filled.push(((*name).to_owned(), (*value).to_owned()));
        }
        (form.action, filled)
    }

    pub async fn sign_in(&mut self, kind: &str, identifier: &str, password: &str) -> Answer {
        self.submit(&[("identifier", identifier), ("kind", kind), ("password", password)]).await
    }

    pub async fn agree(&mut self, more: &[(&str, &str)]) -> Answer {
        self.submit(&[&[("decision", "agree")], more].concat()).await
    }

    pub async fn decline(&mut self) -> Answer {
        self.submit(&[("decision", "decline")]).await
    }

    /// What a form of this page proves that it was shown here by.
    #[track_caller]
    pub fn csrf(&self) -> String {
        self.hidden("csrf")
    }

    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let filled = self.forms().into_iter().flat_map(|form| form.filled);
        let mut values = filled.filter(|(known, _)| known == name).map(|(_, value)| value);
        values.next().unwrap_or_else(|| panic!("no {name}: {}", self.page))
    }

    /// What stands in a field, as the page has it.
    #[track_caller]
    pub fn value(&self, name: &str) -> String {
        let (_, rest) = self.page.split_once(&format!(r#" name="{name}" value=""#)).expect("a field");
        rest.split_once('"').expect("its end").0.to_owned()
    }

    /// Whether it shows the question.
    pub fn is_asked(&self) -> bool {
        self.has("shown")
    }

    /// Whether it shows where to sign in.
    pub fn is_to_sign_in(&self) -> bool {
        self.has("password")
    }

    /// Whether a form of the page has such a field or button.
    pub fn has(&self, name: &str) -> bool {
        self.forms().iter().any(|form| form.names.iter().any(|known| known == name))
    }

    pub fn forms(&self) -> Vec<PageForm> {
        self.page.split("<form").skip(1).map(PageForm::parse).collect()
    }
}

/// Asserts what every page of ours is: nothing in it comes from elsewhere, nobody frames it, and it runs nothing.
#[track_caller]
fn is_our_page(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{}", answer.text);
    let policy = answer.header("content-security-policy").expect("a policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
        assert!(policy.contains(part) && !policy.contains("unsafe"), "{policy}");
    }
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    for never in ["<script", "javascript:", " onclick", " onload", " src=\"http", "@import"] {
        assert!(!answer.text.contains(never), "{never}: {}", answer.text);
    }
    let ends = ["</html>", "<html lang=\"en\">"].iter().all(|part| answer.text.contains(part));
    assert!(ends, "a whole page: {}", answer.text);
}

impl PageForm {
    fn parse(rest: &str) -> Self {
        let (own, rest) = rest.split_once('>').expect("a tag");
        let (inside, _) = rest.split_once("</form>").expect("its end");
        let (mut filled, mut buttons, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for tag in inside.split('<').filter(|tag| tag.starts_with("input") || tag.starts_with("button")) {
            let tag = tag.split('>').next().unwrap_or_default();
            let Some(name) = attribute(tag, "name") else { continue };
            let value = attribute(tag, "value").unwrap_or_default();
            if tag.starts_with("button") {
                buttons.push((name.clone(), value));
            } else if attribute(tag, "type").as_deref() == Some("hidden") || tag.contains(" checked") {
                filled.push((name.clone(), value));
            }
            names.push(name);
        }
        Self { action: attribute(own, "action").expect("an action"), filled, buttons, names }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&#38;", "&").replace("&amp;", "&"))
}
