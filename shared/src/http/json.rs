//! JSON from outside, more strictly than serde by itself: no repeated member, no depth beyond 16.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::{Code, Error};

const DEEPEST: u8 = 16;

/// # Errors
/// [`Code::InvalidRequest`], naming the field where one is at fault and never repeating a value.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("The request body is not UTF-8."))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let sound = Sound { depth: 0 }.deserialize(&mut json).and_then(|()| json.end());
    sound.map_err(|failure| malformed(if failure.is_data() { ILL_FORMED } else { "The request body is not JSON." }))?;

    // serde would also take the members of a struct as an array, by position.
    if !text.trim_start().starts_with('{') {
        return Err(malformed(NO_OBJECT));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|failure| {
        let path = failure.path().to_string();
        let reason = redact(&failure.inner().to_string());
        // A missing member is named by serde's own message only.
        let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
        match (missing, path.as_str()) {
            (Some(member), ".") => return Error::missing(member),
            (Some(member), parent) => return Error::missing(&format!("{parent}.{member}")),
            (None, ".") => return malformed(NO_OBJECT),
            (None, _) => {}
        }
        malformed(format!("{path} {reason}.")).at(&path)
    })
}

/// A member of a change (as in RFC 7396): absent, it stays as it is; `null`, it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    #[default]
    Keep,
    Remove,
    Set(T),
}

impl<T: Clone> Patch<T> {
    /// What `value` becomes.
    pub fn apply_to(&self, value: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Remove => *value = None,
            Self::Set(new) => *value = Some(new.clone()),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Remove, Self::Set))
    }
}

const NO_OBJECT: &str = "The request body must be a JSON object.";
const ILL_FORMED: &str = "The request body repeats a member or nests deeper than 16 levels.";

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Code::InvalidRequest.because("the body is not what the endpoint asks for").saying(message)
}

/// serde's sentence without its position and without the value that was sent.
fn redact(sentence: &str) -> String {
    let sentence = sentence.rsplit_once(" at line ").map_or(sentence, |(sentence, _position)| sentence);
    match sentence.rsplit_once(", expected ") {
        Some((_, "u32")) => "must be a whole number".to_owned(),
        Some((_, "a sequence")) => "must be a list".to_owned(),
        Some((_, expected)) => format!("must be {expected}"),
        // All that serde says of a member that is to be one of several words and is no text.
        None if sentence == "expected value" => "must be a string".to_owned(),
        None => sentence.to_owned(),
    }
}

/// Reads a value and keeps nothing of it.
struct Sound {
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for Sound {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Sound {
    fn below<E: serde::de::Error>(&self) -> Result<u8, E> {
        if self.depth < DEEPEST { Ok(self.depth + 1) } else { Err(E::custom("too deep")) }
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let depth = self.below()?;
        while items.next_element_seed(Sound { depth })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let depth = self.below()?;
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !seen.insert(name) {
                return Err(A::Error::custom("repeated member"));
            }
            members.next_value_seed(Sound { depth })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Object;

    #[derive(Debug, Deserialize)]
    struct Form {
        name: String,
        #[expect(dead_code, reason = "only its parsing is looked at")]
        minutes: Option<u32>,
        #[expect(dead_code, reason = "only its parsing is looked at")]
        #[serde(default)]
        one_of: OneOf,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum OneOf {
        #[default]
        This,
    }

    fn refusal(text: &[u8]) -> (String, Option<String>) {
        let error = parse::<Form>(text).expect_err("refused");
        (error.message().to_owned(), error.field().map(str::to_owned))
    }

    #[test]
    fn what_is_sound_is_read_and_unknown_members_are_ignored() {
        assert_eq!(
            parse::<Form>(br#"{"name":"x","role":"admin","nested":{"a":[1,2.5,null,true]}}"#).unwrap().name,
            "x"
        );
    }

    #[test]
    fn a_refusal_names_the_field_and_never_the_value() {
        assert_eq!(refusal(b"{}"), ("name is required.".to_owned(), Some("name".to_owned())));
        assert_eq!(refusal(br#"{"name":5150}"#), ("name must be a string.".to_owned(), Some("name".to_owned())));
        let (message, field) = refusal(br#"{"name":"x","minutes":"s3cret"}"#);
        assert_eq!((message.as_str(), field.as_deref()), ("minutes must be a whole number.", Some("minutes")));
        for value in ["a, expected hunter2", "hunter2 at line 5", ", expected hunter2 at line "] {
            let (message, _) = refusal(format!(r#"{{"name":"x","minutes":"{value}"}}"#).as_bytes());
            assert_eq!(message, "minutes must be a whole number.");
        }
        for value in ["null", "1", "[]"] {
            let (message, field) = refusal(format!(r#"{{"name":"x","one_of":{value}}}"#).as_bytes());
            assert_eq!((message.as_str(), field.as_deref()), ("one_of must be a string.", Some("one_of")));
        }
        assert_eq!(refusal(b"[]").1, None);
        assert_eq!(refusal(br#"["x", 5]"#).0, "The request body must be a JSON object.", "not by position");
    }

    #[test]
    fn a_structure_inside_another_is_an_object_and_nothing_else() {
        #[derive(Debug, Deserialize)]
        struct Outer {
            inner: Vec<Object<Form>>,
        }
        let read = |text: &str| parse::<Outer>(text.as_bytes()).map_err(|error| error.message().to_owned());
        assert_eq!(read(r#"{"inner":[{"name":"x"}]}"#).unwrap().inner[0].0.name, "x");
        assert_eq!(read(r#"{"inner":[["x",5]]}"#).unwrap_err(), "inner[0] must be an object.");
        assert_eq!(read(r#"{"inner":[5]}"#).unwrap_err(), "inner[0] must be an object.");
        assert_eq!(read(r#"{"inner":[{}]}"#).unwrap_err(), "inner[0].name is required.");
        assert_eq!(read(r#"{"inner":[{"name":1}]}"#).unwrap_err(), "inner[0].name must be a string.");
        assert_eq!(read(r#"{"inner":{}}"#).unwrap_err(), "inner must be a list.");
    }

    #[test]
    fn ill_formed_bodies_are_refused() {
        let deep = format!("{{\"name\":{}{}}}", "[".repeat(17), "]".repeat(17));
        let abyss = format!("{{\"name\":{}", "[".repeat(10_000));
        let bodies: [&[u8]; 9] = [
            b"",
            b"{",
            b"{\"name\":\"x\"} trailing",
            b"\xff\xfe",
            b"{\"name\":\"\xc3\x28\"}",
            br#"{"name":"x","name":"y"}"#,
            br#"{"name":"x","extra":{"a":1,"a":2}}"#,
            deep.as_bytes(),
            abyss.as_bytes(),
        ];
        for body in bodies {
            let error = parse::<Form>(body).expect_err("refused");
            assert_eq!(error.code(), Code::InvalidRequest, "{}", String::from_utf8_lossy(body));
        }
    }
}
