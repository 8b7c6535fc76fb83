/// A text in which some words are code.
pub(super) type Words<'a> = Vec<Span<'a>>;

#[derive(Debug)]
pub(super) struct Span<'a> {
    pub is_code: bool,
    pub text: &'a str,
}

/// Code stands between backticks.
pub(super) fn words(text: &str) -> Words<'_> {
    let spans = text.split('`').enumerate().map(|(position, text)| Span { is_code: position % 2 == 1, text });
    spans.filter(|span| !span.text.is_empty()).collect()
}

/// Paragraphs are parted by an empty line.
pub(super) fn paragraphs(text: &str) -> Vec<Words<'_>> {
    text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()).map(words).collect()
}
