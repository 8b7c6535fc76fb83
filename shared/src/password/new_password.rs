use zeroize::Zeroizing;

use super::{Password, PasswordPolicy};
use crate::error::{Code, Error};
use crate::random::Random;

/// A password that somebody wants to have from now on: it satisfies the tenant's [`PasswordPolicy`].
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// # Errors
    /// [`Code::WeakPassword`] with the rule that failed. `about` is what the account says of its owner.
    pub fn parse(typed: &Password, policy: &PasswordPolicy, about: &[&str]) -> Result<Self, Error> {
        match policy.broken_rule(&typed.normal, about) {
            None => Ok(Self(typed.normal.clone())),
            Some(rule) => Err(Code::WeakPassword.because("the password breaks the policy").saying(rule).at("password")),
        }
    }

    /// A pin of 6 digits, which is worth something beside a second factor only (contract §4.10).
    ///
    /// # Errors
    /// [`Code::WeakPassword`] when it is none, or one digit six times, or six in a row.
    pub fn pin(typed: &Password) -> Result<Self, Error> {
        let digits = typed.as_bytes();
        let refused = |rule: &'static str| Code::WeakPassword.because("the pin breaks a rule").saying(rule).at("pin");
        if !typed.is_pin() {
            return Err(refused("The pin must be 6 digits."));
        }
        let steps = |wanted: i16| {
            digits.windows(2).all(|pair| matches!(pair, [a, b] if i16::from(*b) - i16::from(*a) == wanted))
        };
        if steps(0) || steps(1) || steps(-1) {
            return Err(refused("The pin must not be one digit six times or six digits in a row."));
        }
        Ok(Self(typed.normal.clone()))
    }

    /// A password nobody will ever see, for an account opened without one (document 001): 190 bits of chance.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        loop {
            let drawn = (0..32).filter_map(|_| ALPHABET.get(random.below(62) as usize));
            let text: Zeroizing<String> = Zeroizing::new(drawn.map(|byte| char::from(*byte)).collect());
            if PasswordPolicy::default().broken_rule(&text, &[]).is_none() {
                return Self(text);
            }
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewPassword(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str, policy: &PasswordPolicy) -> Option<String> {
        let typed = Password::from(text.to_owned());
        NewPassword::parse(&typed, policy, &["jane.broker@example.com"]).err().map(|error| error.message().to_owned())
    }

    #[test]
    fn the_documents_own_passwords_are_accepted() {
        for text in ["123QWEqwe", "123QW@qwe!", "Kp7vRt2q", &format!("Aa1{}", "\u{1F511}".repeat(61))] {
            assert_eq!(refusal(text, &PasswordPolicy::default()), None, "{text}");
        }
    }

    #[test]
    fn a_refusal_names_the_rule_that_failed() {
        let cases = [
            ("Aa1", "at least 8 characters"),
            ("NODIGITSatAll", "1 digit"),
            ("ALLUPPER123", "1 lower case letter"),
            ("alllowercase1", "1 upper case letter"),
            ("Password1", "most common"),
            ("Qwerty123", "most common"),
            ("Passw0rd", "most common"),
            ("Welcome1", "most common"),
            ("Aa123456", "most common"),
            ("Aa1\0bcdefg", "NUL"),
            (&format!("Aa1{}", "b".repeat(254)), "at most 256 characters"),
        ];
        for (text, rule) in cases {
            let message = refusal(text, &PasswordPolicy::default()).unwrap_or_default();
            assert!(message.contains(rule), "{text}: {message}");
        }
    }

    #[test]
    fn a_tenant_can_tighten_the_rule_and_8_characters_are_the_floor() {
        let strict = PasswordPolicy {
            minimum_length: 10,
            character_classes: true,
            fold_case: true,
            minimum_score: 2,
            forbidden_words: vec!["Acme".to_owned()],
        };
        for (text, rule) in [
            ("123QWEqwe", "at least 10"),
            ("1AcmeLending", "not allowed"),
            ("BrokerJane1", "easy to guess"),
            ("JaneJaneJane1", "easy to guess"),
        ] {
            let message = refusal(text, &strict).unwrap_or_default();
            assert!(message.contains(rule), "{text}: {message}");
        }
        assert_eq!(refusal("xT7#qLm2vKp9", &strict), None);
        let loose = PasswordPolicy { minimum_length: 1, ..PasswordPolicy::default() };
        assert!(refusal("Aa1", &loose).is_some(), "8 is the floor");
    }

    #[test]
    fn without_classes_a_password_is_long_enough_and_uncommon() {
        let classless = PasswordPolicy { character_classes: false, ..PasswordPolicy::default() };
        for text in ["correct horse battery staple", "sskkppyy222x", "7301948265", "ÄÖÜ ÄÖÜ ÄÖÜ"] {
            assert_eq!(refusal(text, &classless), None, "{text}");
        }
        for (text, rule) in [
            ("short", "at least 8 characters"),
            ("password1", "most common"),
            ("12345678", "most common"),
            ("Password1", "most common"),
        ] {
            let message = refusal(text, &classless).unwrap_or_default();
            assert!(message.contains(rule), "{text}: {message}");
        }
        assert_eq!(refusal("SunShine1", &classless), None);
        let folding = PasswordPolicy { fold_case: true, ..classless };
        assert!(refusal("SunShine1", &folding).is_some(), "folds onto a listed one");
    }

    #[test]
    fn a_policy_that_is_silent_on_classes_demands_them() {
        let stored: PasswordPolicy = serde_json::from_str("{}").unwrap();
        assert_eq!(stored, PasswordPolicy::default());
        assert!(stored.character_classes);
    }

    #[test]
    fn a_password_of_nothing_visible_is_refused() {
        let policy = PasswordPolicy { character_classes: false, ..PasswordPolicy::default() };
        for text in
            ["        ", "\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}", "\t\n \u{3000}\u{FEFF}   "]
        {
            assert!(refusal(text, &policy).is_some_and(|rule| rule.contains("visible")), "{text:?}");
        }
    }

    #[test]
    fn generated_passwords_satisfy_the_policy_and_differ() {
        let random = Random::default();
        let first = NewPassword::generate(&random);
        assert_eq!(PasswordPolicy::default().broken_rule(&first.0, &[]), None);
        assert_ne!(first.as_bytes(), NewPassword::generate(&random).as_bytes());
        assert_eq!(format!("{first:?}"), "NewPassword(…)");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_by_the_strictest_policy(text in any::<String>(), word in "[ -~]{8,24}", about in any::<String>()) {
            let strictest = PasswordPolicy {
                minimum_length: 12,
                character_classes: true,
                fold_case: true,
                minimum_score: 4,
                forbidden_words: vec!["Acme".to_owned()],
            };
            for text in [&text, &word] {
                let typed = Password::from(text.clone());
                let taken = NewPassword::parse(&typed, &strictest, &[&about, "jane.broker@example.com"]).is_ok();
                prop_assert!(!taken || (12..=256).contains(&typed.length()));
                prop_assert_eq!(NewPassword::pin(&typed).is_ok(), typed.is_pin() && !is_run(text));
            }
        }

        #[test]
        fn a_pin_is_six_digits_that_are_no_run(text in "[0-9]{5,7}|0{6}|123456|987654") {
            prop_assert_eq!(NewPassword::pin(&Password::from(text.clone())).is_ok(), text.len() == 6 && !is_run(&text));
        }
    }

    fn is_run(text: &str) -> bool {
        let runs = ["0123456789", "9876543210"];
        runs.iter().any(|run| run.contains(text)) || text.chars().all(|digit| text.starts_with(digit))
    }
}
