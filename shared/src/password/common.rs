//! The common passwords that satisfy document 001's rule (`data/README.md`), as automata in the binary.

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
        assert_eq!(Set::new(AS_LISTED).unwrap().len(), 48_417);
        for line in include_str!("../../data/common-passwords.txt").lines() {
            assert!(contains(line), "{line}");
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
