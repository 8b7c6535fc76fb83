//! How the pages say things to people.

use super::Asker;
use crate::types::DataScope;

impl DataScope {
    /// What it is of a person, said to that person.
    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::UserId => "An ID that stands for you",
            Self::Picture => "Your picture",
            Self::Names => "Your name",
            Self::Email => "Your e-mail address",
            Self::Phone => "Your phone number",
            Self::Gender => "Your gender",
            Self::DocumentDetail => "Your identity document",
            Self::Birthdate => "Your date of birth",
            Self::Address => "Your address",
            Self::BankAccount => "Your bank account",
            Self::Preferences => "Your preferences",
            Self::IsVerified => "Whether your identity was checked",
            Self::IsOver18 => "Whether you are 18 or older",
            Self::IsOver21 => "Whether you are 21 or older",
            Self::InstagramAccount => "Your Instagram account",
            Self::XAccount => "Your X account",
            Self::TiktokAccount => "Your TikTok account",
        }
    }
}

impl Asker<'_> {
    /// When the third party asked, such as `40 seconds ago`.
    pub(super) fn asked(&self) -> String {
        if self.age_seconds < 1 { "just now".to_owned() } else { format!("{} ago", duration(self.age_seconds)) }
    }

    /// How long there is to answer, such as `80 seconds`.
    pub(super) fn left(&self) -> String {
        duration(self.seconds_left)
    }

    /// How much of the time to answer is left, in per cent.
    pub(super) fn share_left(&self) -> i64 {
        let left = self.seconds_left.max(0);
        left.saturating_mul(100) / left.saturating_add(self.age_seconds.max(0)).max(1)
    }
}

/// How long to wait: in seconds, or in minutes that are not too few.
pub(super) fn wait(seconds: u32) -> String {
    if seconds <= 90 { duration(seconds.into()) } else { format!("{} minutes", seconds.div_ceil(60)) }
}

/// In seconds, or from two minutes and a second on in whole minutes.
fn duration(seconds: i64) -> String {
    match seconds.max(0) {
        1 => "1 second".to_owned(),
        seconds @ ..=120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let asker = |age_seconds, seconds_left| Asker { client: "", tenant: "", age_seconds, seconds_left };
        assert_eq!(asker(0, 120).asked(), "just now");
        assert_eq!((asker(1, 119).asked(), asker(1, 119).left()), ("1 second ago".into(), "119 seconds".into()));
        assert_eq!((asker(119, 1).asked(), asker(119, 1).left()), ("119 seconds ago".into(), "1 second".into()));
        assert_eq!(
            (asker(179, 3_421).asked(), asker(179, 3_421).left()),
            ("2 minutes ago".into(), "57 minutes".into())
        );
        assert_eq!((asker(30, 90).share_left(), asker(130, -1).share_left()), (75, 0));
        assert_eq!((wait(1), wait(90), wait(91)), ("1 second".into(), "90 seconds".into(), "2 minutes".into()));
    }
}
