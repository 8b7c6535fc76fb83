use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment as people read it, such as `22 November 2026, 14:05 UTC`; `seconds` since 1970-01-01T00:00:00Z.
#[must_use]
pub fn date(seconds: i64) -> String {
    let iso = DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).unwrap_or_default();
    let number = |from: usize, to: usize| iso.get(from..to).and_then(|digits| digits.parse::<usize>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else { return iso };
    let month = month.checked_sub(1).and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("{day} {month} {year}, {} UTC", iso.get(11..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_for_people() {
        assert_eq!(date(1_795_356_307), "22 November 2026, 14:05 UTC");
        assert_eq!(date(0), "1 January 1970, 00:00 UTC");
    }
}
