use data_encoding::BASE64;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::Pair;

/// One answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a body of text") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header of text"))
    }

    /// The body of a 200.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    /// The tokens of a 200.
    #[track_caller]
    pub fn pair(&self) -> Pair {
        let body = self.ok();
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{name} in {body}")).to_owned();
        Pair { access: text("accessToken"), refresh: text("refreshToken") }
    }

    /// The JSON behind `x-digifi-account`.
    #[track_caller]
    pub fn flags(&self) -> Value {
        let header = self.header("x-digifi-account").expect("x-digifi-account");
        serde_json::from_slice(&BASE64.decode(header.as_bytes()).expect("base64")).expect("JSON")
    }

    /// What a caller can tell two answers apart by, but for the request's id.
    pub fn face(&self) -> (u16, Vec<String>, String) {
        let mut names: Vec<_> = self.headers.keys().map(ToString::to_string).collect();
        names.sort();
        let id = self.header("x-request-id").unwrap_or_default();
        (self.status, names, self.text.replace(id, ""))
    }

    /// Asserts that each is the same refusal.
    #[track_caller]
    pub fn all_refused<'a>(answers: impl IntoIterator<Item = &'a Self>, status: u16, code: &str) {
        for answer in answers {
            answer.refused(status, code);
        }
    }

    /// Asserts a refusal in the surface's shape and answers with its `error` member.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        let error = &body["error"];
        assert_eq!((self.status, error["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        assert_eq!(error["requestId"].as_str(), self.header("x-request-id"), "{body}");
        error.clone()
    }
}
