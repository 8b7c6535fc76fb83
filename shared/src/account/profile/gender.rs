use crate::types::{Invalid, Rule, Text};

/// `female`, `male`, or what else somebody says (OIDC Core §5.1): 1 to 32 letters, spaces and hyphens. The
/// first two are kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gender;

impl Rule for Gender {
    const RULE: Invalid = Invalid("must be female, male or other words of at most 32 letters");

    fn keep(given: String) -> Option<String> {
        let known = ["female", "male"].into_iter().find(|known| given.eq_ignore_ascii_case(known));
        let allowed = |letter: char| letter.is_alphabetic() || letter == ' ' || letter == '-';
        let fits = (1..=32).contains(&given.chars().count()) && given.starts_with(char::is_alphabetic);
        known.map(str::to_owned).or_else(|| (fits && given.chars().all(allowed)).then_some(given))
    }
}

impl Text<Gender> {
    /// `Female`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut letters = self.as_str().chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    }
}
