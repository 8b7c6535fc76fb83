//! What happens to a text that others gave before it is escaped.

pub(super) use crate::types::shown::{name, plain};

/// What stands for a name where there is room for one letter.
pub(super) fn initial(name: &str) -> String {
    let letter = name.chars().find(|letter| letter.is_alphanumeric());
    letter.map_or_else(String::new, |letter| letter.to_uppercase().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_is_one_that_is_seen() {
        assert_eq!(initial("\u{202e}«harbour»"), "H");
        assert_eq!(initial("…"), "");
    }
}
