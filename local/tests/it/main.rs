//! What a user, an attacker or a fault would see, over HTTP: one binary, because linking is what takes time.
//!
//! The tree mirrors the API: one file an endpoint, then what holds across them.

#![expect(unreachable_pub, reason = "in a binary there is nobody to reach it")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and no Lambda freezes it"
)]

mod harness;

mod customers {
    mod clients;
    mod communication;
    mod faults;
    mod login;
    mod password_change;
    mod passwordless;
    mod personal_data;
    mod profile;
    mod recovery;
    mod removal;
    mod second_factor;
    mod sessions;
    mod settings;
    mod tokens;
    mod totp;
}

mod delivery {
    mod failing;
    mod once;
    mod sending;
    mod text_limits;
    mod texts;
}

mod intermediaries {
    mod account_bad_input;
    mod account_budget;
    mod account_expiry;
    mod account_faults;
    mod account_idempotency;
    mod account_outage;
    mod account_secrets;
    mod change_email;
    mod change_name;
    mod change_password;
    mod change_phone;
    mod check_password;
    mod check_session;
    mod code_limits;
    mod code_purposes;
    mod create_account;
    mod create_intermediary;
    mod earlier_holders;
    mod enumeration;
    mod find_account;
    mod history;
    mod history_of_an_owner;
    mod invitation_races;
    mod invitations;
    mod other_clients;
    mod re_sign;
    mod re_sign_model;
    mod reset_password;
    mod search;
    mod send_sign_in_code;
    mod set_status;
    mod sign_in;
    mod sign_in_by_phone_code;
    mod sign_out;
    mod unproved_email;
    mod verify_email;
    mod verify_phone;
}

mod leads {
    mod auto_login_key;
    mod call_limit;
    mod change_password;
    mod keys;
    mod not_found;
    mod ownership;
    mod register;
    mod reset_password;
    mod save;
    mod sign_in;
    mod sign_in_by_code;
    mod source_limits;
}

mod openapi {
    mod codes;
    mod document;
    mod page;
    mod routes;
}

mod standards {
    mod budget;
    mod clients;
    mod introspect;
    mod keys;
    mod metadata;
    mod revoke;
    mod token;
}

mod transfers {
    mod budget;
    mod client_token;
    mod consents;
    mod create_session;
    mod decide;
    mod decline;
    mod faults;
    mod forged_forms;
    mod freshness;
    mod information;
    mod polling;
    mod qr_code;
    mod races;
    mod second_factor;
    mod secrets;
    mod sign_in;
    mod walk;
}

mod access_tokens;
mod bad_input;
mod budget;
mod console;
mod deployment;
mod documents;
mod events;
mod expiry;
mod faults;
mod forged_tokens;
mod idempotency;
mod journeys;
mod key_renewal;
mod key_rotation;
mod metrics;
mod outage;
mod permissions;
mod project;
mod readme;
mod running;
mod secrets;
mod storm;
