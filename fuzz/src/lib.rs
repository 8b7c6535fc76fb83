//! What several targets hold their doors to.

use std::fmt::Debug;

use shared::http::Request;

/// What a door lets in it writes so that it lets it in again as the same.
///
/// # Panics
/// When it does not.
pub fn is_read_back<D>(text: &str)
where
    D: TryFrom<String> + Into<String> + Clone + PartialEq + Debug,
{
    let Ok(value) = D::try_from(text.to_owned()) else { return };
    let written: String = value.clone().into();
    let again = D::try_from(written.clone()).ok().expect("what was written is let in");
    assert!(again == value && again.into() == written, "written as it was read");
}

/// A request with this body and these headers.
#[must_use]
pub fn request(headers: Vec<(String, String)>, body: &[u8]) -> Request {
    Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        route: "POST /".to_owned(),
        path_parameters: [("aid".to_owned(), "T00000001".to_owned())].into(),
        query: Vec::new(),
        headers,
        body: body.to_vec(),
        source: None,
        request_id: "fuzz".to_owned(),
    }
}
