use serde::{Deserialize, Serialize};
use time::{Month, OffsetDateTime};

use super::{Invalid, Timestamp};

/// A day of the calendar in the years 1900 to 2099, written like `1999-03-24` (RFC 3339 `full-date`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    written: String,
    day: time::Date,
}

impl Date {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// As people write it: `24 March 1999`.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!("{} {} {}", self.day.day(), self.day.month(), self.day.year())
    }

    /// Whether so many years have passed since, in UTC, the anniversary included. That of 29 February is 1 March in a
    /// year without one.
    #[must_use]
    pub fn is_years_ago(&self, years: i32, now: Timestamp) -> bool {
        let anniversary = (self.day.year() + years, u8::from(self.day.month()), self.day.day());
        let today = OffsetDateTime::from_unix_timestamp(now.seconds());
        today.is_ok_and(|today| (today.year(), u8::from(today.month()), today.day()) >= anniversary)
    }
}

impl TryFrom<String> for Date {
    type Error = Invalid;

    fn try_from(written: String) -> Result<Self, Invalid> {
        let day = day(&written).filter(|day| (1900..=2099).contains(&day.year()));
        let day = day.ok_or(Invalid("must be a day of the years 1900 to 2099, like 1999-03-24"))?;
        Ok(Self { written, day })
    }
}

fn day(written: &str) -> Option<time::Date> {
    let is_sound = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    if written.len() != 10 || !written.bytes().enumerate().all(is_sound) {
        return None;
    }
    let month = Month::try_from(written.get(5..7)?.parse::<u8>().ok()?).ok()?;
    time::Date::from_calendar_date(written.get(..4)?.parse().ok()?, month, written.get(8..)?.parse().ok()?).ok()
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.written
    }
}

/// It may be somebody's birthday: prints nothing of it.
impl std::fmt::Debug for Date {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Date(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<Date> {
        Date::try_from(text.to_owned()).ok()
    }

    /// The first and the last second of that day in UTC.
    fn ends_of(text: &str) -> [Timestamp; 2] {
        let midnight = date(text).unwrap().day.midnight().assume_utc().unix_timestamp();
        [midnight, midnight + 86_399].map(|seconds| Timestamp::from_milliseconds(seconds * 1000))
    }

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for text in ["1999-03-24", "2000-02-29", "2004-02-29", "1900-01-01", "2099-12-31"] {
            assert_eq!(date(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "1999-3-24",
            "1999-03-24 ",
            " 1999-03-24",
            "1999-03-24T00:00:00Z",
            "1999/03/24",
            "24-03-1999",
            "+999-03-24",
            "19990-3-24",
            "1999-00-24",
            "1999-13-24",
            "1999-03-00",
            "1999-04-31",
            "1900-02-29",
            "2001-02-29",
            "1899-12-31",
            "2100-01-01",
            "0000-00-00",
            "１999-03-2",
            "1999-03-2\u{661}",
        ] {
            assert_eq!(date(text), None, "{text:?}");
        }
    }

    #[test]
    fn years_have_passed_from_the_anniversarys_first_second_on() {
        let born = date("2008-11-22").unwrap();
        for (day, passed) in [("2026-11-21", false), ("2026-11-22", true), ("2026-11-23", true), ("2027-01-01", true)] {
            for moment in ends_of(day) {
                assert_eq!(born.is_years_ago(18, moment), passed, "{day}");
            }
        }
        assert!(!date("2090-01-01").unwrap().is_years_ago(18, ends_of("2026-11-22")[0]), "to come");
        assert!(!born.is_years_ago(18, Timestamp::from_milliseconds(i64::MAX)), "no day of any calendar");
    }

    #[test]
    fn who_was_born_on_a_leap_day_is_a_year_older_on_1_march() {
        let born = date("2008-02-29").unwrap();
        for (years, day, passed) in [
            (18, "2026-02-28", false),
            (18, "2026-03-01", true),
            (20, "2028-02-28", false),
            (20, "2028-02-29", true),
            (21, "2029-02-28", false),
            (21, "2029-03-01", true),
        ] {
            for moment in ends_of(day) {
                assert_eq!(born.is_years_ago(years, moment), passed, "{years} on {day}");
            }
        }
    }

    #[test]
    fn people_read_it_in_words() {
        assert_eq!(date("1999-03-24").unwrap().in_words(), "24 March 1999");
        assert_eq!(date("2008-02-01").unwrap().in_words(), "1 February 2008");
        assert_eq!(format!("{:?}", date("1999-03-24").unwrap()), "Date(…)");
    }
}
