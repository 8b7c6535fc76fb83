use serde::{Deserialize, Serialize};

use super::DataScope;

/// What a third party asks for, each thing once, in the order and spelling in which it asked (contract §3.2). At most
/// 1,024 characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataScopes(Vec<(DataScope, String)>);

/// Why a text is no list of scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDataScopes {
    TooLong,
    /// The first that nobody can ask for. Characters that a refusal may repeat, or nothing.
    Unknown(String),
}

const LONGEST: usize = 1_024;

impl DataScopes {
    pub fn iter(&self) -> impl Iterator<Item = DataScope> {
        self.0.iter().map(|(scope, _)| *scope)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn contains(&self, scope: DataScope) -> bool {
        self.iter().any(|own| own == scope)
    }

    /// The first that is not among the `others`.
    #[must_use]
    pub fn beyond(&self, others: &Self) -> Option<DataScope> {
        self.iter().find(|scope| !others.contains(*scope))
    }

    /// Those that `keep` wants.
    #[must_use]
    pub fn only(&self, keep: impl Fn(DataScope) -> bool) -> Self {
        Self(self.0.iter().filter(|(scope, _)| keep(*scope)).cloned().collect())
    }
}

impl FromIterator<DataScope> for DataScopes {
    fn from_iter<I: IntoIterator<Item = DataScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().map(|scope| (scope, scope.as_str().to_owned())).collect())
    }
}

impl TryFrom<String> for DataScopes {
    type Error = NoDataScopes;

    fn try_from(text: String) -> Result<Self, NoDataScopes> {
        if text.len() > LONGEST {
            return Err(NoDataScopes::TooLong);
        }
        let mut scopes = Vec::new();
        for name in text.split_ascii_whitespace() {
            let Ok(scope) = DataScope::try_from(name) else {
                // What an OAuth error may say (RFC 6749 §5.2).
                let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
                let is_plain = name.len() <= 64 && name.bytes().all(is_plain);
                return Err(NoDataScopes::Unknown(if is_plain { name.to_owned() } else { String::new() }));
            };
            if scopes.iter().all(|(known, _)| *known != scope) {
                scopes.push((scope, name.to_owned()));
            }
        }
        Ok(Self(scopes))
    }
}

impl std::fmt::Display for NoDataScopes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong => formatter.write_str("must have at most 1024 characters"),
            Self::Unknown(name) if name.is_empty() => formatter.write_str("names a scope that nobody can ask for"),
            Self::Unknown(name) => write!(formatter, "names {name}, which nobody can ask for"),
        }
    }
}

impl From<DataScopes> for String {
    fn from(scopes: DataScopes) -> Self {
        scopes.to_string()
    }
}

impl std::fmt::Display for DataScopes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, (_, name)) in self.0.iter().enumerate() {
            formatter.write_str(if position == 0 { "" } else { " " })?;
            formatter.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DataScopes, NoDataScopes> {
        DataScopes::try_from(text.to_owned())
    }

    #[test]
    fn what_was_asked_for_is_echoed_as_it_was_asked() {
        let asked = parse("pictures names  email picture names").unwrap();
        assert_eq!(asked.to_string(), "pictures names email");
        assert!(asked.contains(DataScope::Picture) && !asked.contains(DataScope::Phone));
        assert_eq!(asked.only(|scope| scope != DataScope::Names).to_string(), "pictures email");
        let granted = parse("picture names").unwrap();
        assert_eq!(asked.beyond(&granted), Some(DataScope::Email));
    }

    #[test]
    fn an_unknown_scope_is_named_if_it_can_be_shown() {
        assert_eq!(parse("names Email"), Err(NoDataScopes::Unknown("Email".to_owned())));
        for unshown in ["n\u{e9}", "n\"", "n\\"] {
            assert_eq!(parse(unshown), Err(NoDataScopes::Unknown(String::new())));
        }
        assert_eq!(parse(&"names ".repeat(200)), Err(NoDataScopes::TooLong));
        assert!(parse("").unwrap().is_empty());
    }
}
