//! The common passwords (`data/README.md`), as automata in the binary: those that satisfy document 001's rule, and
//! the most common of those that do not, for a policy without classes of characters.

use fst::Set;

static AS_LISTED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/common-passwords.fst"));
static FOLDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/common-passwords-folded.fst"));

/// Whether `password` stands in the list, letter for letter.
pub(super) fn contains(password: &str) -> bool {
    stands_in(AS_LISTED, password)
}

/// Whether `password` stands in the list once both are in lower case.
pub(super) fn contains_folded(password: &str) -> bool {
    stands_in(FOLDED, &password.to_lowercase())
}

fn stands_in(automaton: &'static [u8], password: &str) -> bool {
    // A list that cannot be read refuses everything rather than nothing.
    Set::new(automaton).map_or(true, |set| set.contains(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_list_is_embedded() {
        let list = include_str!("../../data/common-passwords.txt");
        assert_eq!(Set::new(AS_LISTED).unwrap().len(), 48_417 + 38_597);
        assert_eq!(Set::new(FOLDED).unwrap().len(), 84_096);
        assert!(list.lines().is_sorted(), "by byte");
        for line in list.lines() {
            assert!(contains(line), "{line}");
            assert!(line.chars().count() >= 8, "{line}");
        }
        let satisfies_the_rule = |line: &&str| {
            line.contains(|letter: char| letter.is_ascii_digit())
                && line.contains(char::is_lowercase)
                && line.contains(char::is_uppercase)
        };
        assert_eq!(list.lines().filter(satisfies_the_rule).count(), 48_417);
    }

    #[test]
    fn passwords_without_all_classes_are_listed_too() {
        for text in ["12345678", "password", "password1", "iloveyou1", "sunshine1", "qwertyuiop"] {
            assert!(contains(text), "{text}");
        }
        for text in ["123QWEqwe", "123QW@qwe!", "correct horse battery staple", "sskkppyy222x"] {
            assert!(!contains(text), "{text}");
        }
    }

    #[test]
    fn letters_count_unless_folding_is_asked_for() {
        assert!(contains("Password1"));
        assert!(!contains("pASSWORD1x"));
        assert!(!contains("123QWEqwe"), "document 001's own example");
        assert!(contains_folded("123QWEqwe"), "folds onto a listed one");
    }
}
