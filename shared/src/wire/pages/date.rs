use time::OffsetDateTime;

/// A moment as people read it, such as `22 November 2026, 14:05 UTC`; `seconds` since 1970-01-01T00:00:00Z.
#[must_use]
pub fn date(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (day, month, year) = (moment.day(), moment.month(), moment.year());
    format!("{day} {month} {year}, {:02}:{:02} UTC", moment.hour(), moment.minute())
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
