use std::collections::BTreeMap;

use super::Request;
use crate::error::{Code, Error};
use crate::types::Invalid;

/// The parameters of a body of type `application/x-www-form-urlencoded` (RFC 6749, appendix B), each of which was sent
/// once. Prints nothing of them: they carry secrets.
pub struct Form {
    parameters: BTreeMap<String, String>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Form({} parameters)", self.parameters.len())
    }
}

impl Request {
    /// The body as a form.
    ///
    /// # Errors
    /// [`Code::UnsupportedMediaType`] when it is not declared as one; [`Code::InvalidRequest`] when it is not UTF-8 or
    /// repeats a parameter, known or not (RFC 6749 §3.2).
    pub fn form(&self) -> Result<Form, Error> {
        if !self.declares("application/x-www-form-urlencoded")? {
            let message = "The request body must be a form with content-type application/x-www-form-urlencoded.";
            return Err(Code::UnsupportedMediaType.because("a body with another content type").saying(message));
        }
        parse(&self.body)
    }
}

fn parse(body: &[u8]) -> Result<Form, Error> {
    let malformed = |message| Code::InvalidRequest.because("the body is not a form").saying(message);
    let mut parameters = BTreeMap::new();
    let is_hex = |digits: &[u8]| digits.len() >= 2 && digits.iter().take(2).all(u8::is_ascii_hexdigit);
    if !body.split(|byte| *byte == b'%').skip(1).all(is_hex) {
        return Err(malformed("The request body is not percent-encoded as a form is."));
    }
    for (name, value) in form_urlencoded::parse(body) {
        // What stands for bytes that are no UTF-8; nothing that we take contains it.
        if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(malformed("The request body is not UTF-8."));
        }
        if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(malformed("The request body repeats a parameter."));
        }
    }
    Ok(Form { parameters })
}

impl Form {
    /// The parameter's value; one without a value counts as absent (RFC 6749 §3.2).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The names and values of all parameters that have one.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(_, value)| !value.is_empty())
    }

    /// # Errors
    /// [`Code::MissingField`], naming the parameter.
    pub fn required(&self, name: &str) -> Result<&str, Error> {
        self.get(name).ok_or_else(|| Error::missing(name))
    }

    /// The parameter as a `T`, where it is there; one that is no `T` is refused with `refusal`.
    ///
    /// # Errors
    /// `refusal`, naming the parameter and the rule that it breaks.
    pub fn parse<T: TryFrom<String, Error = Invalid>>(&self, name: &str, refusal: Code) -> Result<Option<T>, Error> {
        let parsed = self.get(name).map(|value| T::try_from(value.to_owned())).transpose();
        parsed.map_err(|invalid| refusal.because(invalid).saying(format!("{name} {invalid}.")).at(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Scopes;

    #[test]
    fn parameters_are_decoded_and_those_without_a_value_are_absent() {
        let form = parse(b"grant_type=client_credentials&scope=a%3Ab+c&empty=&alone&%74oken=x%2By").unwrap();
        assert_eq!(form.get("grant_type"), Some("client_credentials"));
        assert_eq!((form.get("scope"), form.get("token")), (Some("a:b c"), Some("x+y")));
        assert_eq!((form.get("empty"), form.get("alone"), form.get("other")), (None, None, None));
        let scope = form.parse::<Scopes>("scope", Code::InvalidScope).unwrap();
        assert_eq!(scope.map(|scope| scope.to_string()).as_deref(), Some("a:b c"));
        assert_eq!(form.required("empty").unwrap_err().code(), Code::MissingField);
        assert_eq!(format!("{form:?}"), "Form(5 parameters)");
    }

    #[test]
    fn repeated_parameters_and_other_bytes_than_utf_8_are_refused() {
        let bodies: [&[u8]; 10] = [
            b"a=1&a=1",
            b"a=1&%61=2",
            b"a=&a=1",
            b"unknown=1&unknown=2",
            b"a=\xff",
            b"a=%ff",
            b"%c3%28=1",
            b"a=%",
            b"a=%zz",
            b"a=%4",
        ];
        for body in bodies {
            assert_eq!(parse(body).unwrap_err().code(), Code::InvalidRequest, "{}", String::from_utf8_lossy(body));
        }
        assert!(parse(b"").unwrap().get("a").is_none());
    }

    #[test]
    fn a_refusal_never_repeats_the_value() {
        let error = parse(b"scope=hunter2%22").unwrap().parse::<Scopes>("scope", Code::InvalidScope).unwrap_err();
        assert_eq!((error.code(), error.field()), (Code::InvalidScope, Some("scope")));
        assert!(!error.message().contains("hunter2"), "{}", error.message());
    }
}
