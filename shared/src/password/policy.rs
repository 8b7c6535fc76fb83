use serde::{Deserialize, Serialize};

use super::common;

/// What a tenant asks of a new password (yardstick P1 to P3). The default is document 001's rule and the list
/// of common passwords, letter for letter; only `character_classes` can loosen it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PasswordPolicy {
    /// Unicode code points, 8 or more.
    pub minimum_length: u16,
    /// Demand a digit, a lower and an upper case letter, as document 001 does. Leads need none of them.
    pub character_classes: bool,
    /// Compare with the list of common passwords without regard to letter case.
    pub fold_case: bool,
    /// The lowest zxcvbn score, 0 to 4, given the account's e-mail and name as hints. 0 asks for none.
    pub minimum_score: u8,
    /// Words that no password may contain, in any letter case.
    pub forbidden_words: Vec<String>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: 8,
            character_classes: true,
            fold_case: false,
            minimum_score: 0,
            forbidden_words: Vec::new(),
        }
    }
}

impl PasswordPolicy {
    /// The first rule that `password` breaks, as a public sentence. `about` is what the account says of its owner.
    pub(super) fn broken_rule(&self, password: &str, about: &[&str]) -> Option<String> {
        let minimum = usize::from(self.minimum_length.max(8));
        let length = password.chars().count();
        if length < minimum {
            return Some(format!("The password must have at least {minimum} characters."));
        }
        if length > 256 || password.len() > 1024 {
            return Some("The password must have at most 256 characters and 1024 bytes.".to_owned());
        }
        if !password.contains(is_visible) {
            return Some("The password must have visible characters.".to_owned());
        }
        if password.contains('\0') {
            return Some("The password must not contain the NUL character.".to_owned());
        }
        if self.character_classes
            && let Some(class) = missing_class(password)
        {
            return Some(format!("The password must have at least 1 {class}."));
        }
        let listed = if self.fold_case { common::contains_folded(password) } else { common::contains(password) };
        if listed {
            return Some("The password is one of the most common ones.".to_owned());
        }
        let folded = password.to_lowercase();
        if self.forbidden_words.iter().any(|word| folded.contains(&word.to_lowercase())) {
            return Some("The password contains a word that is not allowed in passwords here.".to_owned());
        }
        if self.minimum_score > 0 && score(password, about) < self.minimum_score {
            return Some("The password is too easy to guess.".to_owned());
        }
        None
    }
}

/// The first class of characters of document 001's rule that `password` has none of.
fn missing_class(password: &str) -> Option<&'static str> {
    let classes = [
        ("digit", password.contains(|letter: char| letter.is_ascii_digit())),
        ("lower case letter", password.contains(char::is_lowercase)),
        ("upper case letter", password.contains(char::is_uppercase)),
    ];
    classes.into_iter().find(|(_, present)| !present).map(|(class, _)| class)
}

/// zxcvbn's score, 0 to 4. It takes hints word by word: a name within an address is one.
fn score(password: &str, about: &[&str]) -> u8 {
    let words = about.iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
    let hints: Vec<_> = about.iter().copied().chain(words).filter(|hint| !hint.is_empty()).collect();
    zxcvbn::zxcvbn(password, &hints).score().into()
}

/// Whether somebody would see that it is there.
fn is_visible(letter: char) -> bool {
    let hidden = matches!(letter, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    !(hidden || letter.is_whitespace() || letter.is_control())
}
