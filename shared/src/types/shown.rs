//! What happens to a text that others gave before somebody else is shown it.

use unicode_normalization::char::is_combining_mark;

/// A text without what nobody sees but that changes what is seen around it, or makes two names look like one.
///
/// Right-to-left names stay as they are: their letters carry their direction, and `<bdi>` keeps it inside.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut marks = 0;
    let fits = |character: &char| {
        match *character {
            // They part no mark from its letter.
            '\u{200c}' | '\u{200d}' => {}
            mark if is_combining_mark(mark) => marks += 1,
            _ => marks = 0,
        }
        marks <= MOST_MARKS || !is_combining_mark(*character)
    };
    text.chars().filter(|character| !is_unseen(*character)).filter(fits).collect()
}

/// On one letter; no script needs more, and a tower of them hides the lines above it.
const MOST_MARKS: usize = 4;

/// The name of a third party or a tenant, which has to be called something.
#[must_use]
pub fn name(text: &str) -> String {
    let name = plain(text);
    if name.chars().any(char::is_alphanumeric) { name } else { "(no name)".to_owned() }
}

/// As [`name`], on one line and in at most `most` characters, as where there is no room or a line break would begin
/// something else.
#[must_use]
pub fn short_name(text: &str, most: usize) -> String {
    let words = name(text);
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        None => line,
        Some(_) => line.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Control characters but line breaks, which are blank space; those that set the direction of a text (UAX #9); blanks
/// of no width. The joiners U+200C and U+200D stay, because Persian and Hindi are misspelt without them.
fn is_unseen(character: char) -> bool {
    match character {
        '\n' | '\r' | '\t' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        character => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_gone_and_scripts_stay() {
        assert_eq!(plain("Har\u{200b}bour\u{202e} raC\u{2069} Rental\u{7}"), "Harbour raC Rental");
        for right in ["שלום", "می\u{200c}خواهم", "Ñandú & Söhne", "क्\u{200d}ष", "Storgata 1\n0155 Oslo"]
        {
            assert_eq!(plain(right), right);
        }
        for nobody in ["\u{200b} \u{feff}", "\u{2800}", "\u{34f}\u{fe0f}", "…"] {
            assert_eq!(name(nobody), "(no name)");
        }
        assert_eq!(plain(&format!("a{}b", "\u{301}".repeat(99))), format!("a{}b", "\u{301}".repeat(4)));
    }

    #[test]
    fn nothing_between_its_marks_makes_a_tower_higher() {
        let marks = "\u{301}".repeat(4);
        for unseen in ["\u{200b}", "\u{feff}", "\u{34f}"] {
            assert_eq!(plain(&format!("a{marks}{unseen}{marks}b")), format!("a{marks}b"));
        }
        assert_eq!(plain(&format!("a{marks}\u{200d}{marks}b")), format!("a{marks}\u{200d}b"));
    }

    #[test]
    fn a_short_name_is_one_line_of_so_many_characters() {
        assert_eq!(short_name("Nordlys\r\nBcc: x\0 Bank", 64), "Nordlys Bcc: x Bank");
        assert_eq!(short_name("Ñandú & Söhne", 6), "Ñandú…");
        assert_eq!(short_name("Ñandú", 5), "Ñandú");
        assert_eq!(short_name("\u{202e}\n", 64), "(no name)");
    }
}
