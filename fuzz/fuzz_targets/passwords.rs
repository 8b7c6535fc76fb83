//! A new password under the strictest policy, which also asks how easy it is to guess, and a hash to import.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::password::{NewPassword, Password, PasswordHash, PasswordPolicy};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (typed, hint) = text.split_once('\n').unwrap_or((text, "jane.broker@example.com"));
    let policy = PasswordPolicy {
        character_classes: false,
        fold_case: true,
        minimum_score: 4,
        forbidden_words: vec![hint.to_owned()],
        ..PasswordPolicy::default()
    };
    let password = Password::from(typed.to_owned());
    let taken = NewPassword::parse(&password, &policy, &[hint]).is_ok();
    assert!(!taken || (8..=256).contains(&password.length()));
    NewPassword::pin(&password).ok();
    if let Ok(hash) = PasswordHash::foreign(text.to_owned()) {
        hash.moved(1).ok();
    }
});
