//! Headers: credentials and cookies. Each line of the input is one, `name: value`.
#![no_main]

use fuzz::request;
use libfuzzer_sys::fuzz_target;
use shared::app::transfers::Browser;
use shared::token::ClientSecret;
use shared::wire::{customers, intermediaries};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let request = request(text.split('\n').filter_map(header).collect(), b"");
    if let Ok(Some(token)) = customers::bearer(&request) {
        assert!(!token.is_empty() && !token.contains(','));
    }
    if let Ok(Some((id, secret))) = customers::basic(&request) {
        ClientSecret::oauth(&id, &secret).map(|secret| secret.hash());
    }
    for read in [intermediaries::access_token, intermediaries::refresh_token, intermediaries::password_validation_token]
    {
        read(&request).ok();
    }
    if let Ok(Some(key)) = request.header("api-key") {
        ClientSecret::api_key(key).map(|secret| secret.hash());
    }
    if let Some(browser) = request.cookie("__Host-latchkey").and_then(Browser::of_cookie) {
        assert!(browser.cookie().len() <= 512);
    }
});
