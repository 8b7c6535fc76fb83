use shared::types::{Invalid, SchemaName};

/// Why a line is not taken: a sentence without personal data.
#[derive(Debug)]
pub(super) struct Refused(String);

impl Refused {
    pub(super) fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    pub(super) fn invalid(member: &str, Invalid(rule): Invalid) -> Self {
        Self(format!("{member} {rule}"))
    }

    pub(super) fn taken(field: &SchemaName) -> Self {
        Self(format!("its {field} is another account's here"))
    }

    /// serde quotes what it found there; of its sentences only those pass that name members or rules of ours.
    pub(super) fn unreadable(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let (at, why) = (error.path().to_string(), error.inner().to_string());
        if why.starts_with("missing field ") {
            return Self(format!("it has no {}", why.trim_start_matches("missing field ")));
        }
        if why.starts_with("unknown field ") {
            return Self("it has a member that such a line has not".to_owned());
        }
        if why.starts_with("must ") { Self(format!("{at} {why}")) } else { Self(format!("{at} cannot be read")) }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}
