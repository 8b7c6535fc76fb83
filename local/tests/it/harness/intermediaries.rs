//! A broker who looks after their account, and the portal's back end that invites and blocks.

use serde_json::{Value, json};

use super::{Answer, Item, Latchkey, PASSWORD, Pair};

/// What Jane sets in place of [`super::PASSWORD`].
pub const NEW_PASSWORD: &str = "456RTY@rty!";
pub const NEW_EMAIL: &str = "jane@elsewhere.example.com";
pub const NEW_PHONE: &str = "+19172240001";

const COUNTERS: [&str; 8] = [
    "failed_sign_ins",
    "failed_since_success",
    "failed_at",
    "locked_until",
    "failed_attempt",
    "wrong_passwords",
    "refused_passwords",
    "password_attempt",
];

impl Latchkey {
    /// A call in a session.
    pub async fn within(&self, access: &str, method: &str, rest: &str, body: Option<Value>) -> Answer {
        let path = format!("/intermediaries/{rest}");
        self.call(method, &path, &[("accountAccessToken", access)], body).await
    }

    /// A call in a session that wants the password to have been asked for again.
    pub async fn within_again(
        &self,
        access: &str,
        validation: &str,
        (method, rest): (&str, &str),
        body: Value,
    ) -> Answer {
        let headers = [("accountAccessToken", access), ("accountPasswordValidationToken", validation)];
        self.call(method, &format!("/intermediaries/{rest}"), &headers, Some(body)).await
    }

    pub async fn send_email_code(&self, access: &str) -> Answer {
        self.within(access, "POST", "email-verification", None).await
    }

    pub async fn verify_email(&self, access: &str, code: &str) -> Answer {
        self.within(access, "PUT", &format!("email-verification/{code}"), None).await
    }

    /// Sends the code and confirms it.
    pub async fn prove_email(&self, access: &str) {
        self.send_email_code(access).await.ok();
        let code = self.last_code().await;
        self.verify_email(access, &code).await.ok();
    }

    pub async fn send_phone_code(&self, access: &str, phone: &str) -> Answer {
        self.within(access, "POST", "phone-verification", Some(json!({ "phone": phone }))).await
    }

    pub async fn verify_phone(&self, access: &str, code: &str) -> Answer {
        self.within(access, "PUT", &format!("phone-verification/{code}"), None).await
    }

    /// Sends the code and confirms it.
    pub async fn prove_phone(&self, access: &str, phone: &str) {
        self.send_phone_code(access, phone).await.ok();
        let code = self.last_code().await;
        self.verify_phone(access, &code).await.ok();
    }

    pub async fn invite(&self, record: &str, email: &str) -> Answer {
        let path = format!("/intermediaries/{record}/invites");
        self.call("POST", &path, &[], Some(json!({ "email": email }))).await
    }

    /// Invites to a new record: the record, the account and the link's token.
    pub async fn invited(&self, email: &str) -> Invited {
        let record = self.create_intermediary().await;
        let answer = self.invite(&record, email).await.ok();
        let account = answer["accountId"].as_str().expect("an id").to_owned();
        Invited { record, account, token: self.link_token().await }
    }

    pub async fn find_invitation(&self, token: &str) -> Answer {
        self.call("GET", &format!("/intermediaries/invites/{token}"), &[], None).await
    }

    pub async fn accept(&self, token: &str, body: Value) -> Answer {
        self.call("POST", &format!("/intermediaries/invites/{token}"), &[], Some(body)).await
    }

    /// The token of the link that was sent last.
    pub async fn link_token(&self) -> String {
        let outbox = self.outbox().await;
        let links = outbox.iter().rev().filter_map(|message| message["link"].as_str());
        links.take(1).find_map(|link| link.split_once("?token=")).expect("a link with a token").1.to_owned()
    }

    pub async fn check_password(&self, access: &str, password: &str) -> Answer {
        let rest = "accounts/password-validation-token";
        self.within(access, "POST", rest, Some(json!({ "password": password }))).await
    }

    /// The token that says that the password was right a moment ago.
    pub async fn validation_token(&self, access: &str) -> String {
        let answer = self.check_password(access, PASSWORD).await.ok();
        answer["passwordValidationToken"].as_str().expect("a token").to_owned()
    }

    pub async fn replace_password(&self, access: &str, old: &str, new: &str) -> Answer {
        let body = json!({ "oldPassword": old, "newPassword": new });
        self.within(access, "PUT", "accounts/password", Some(body)).await
    }

    pub async fn forget_password(&self, email: &str) -> Answer {
        self.call("POST", "/intermediaries/reset-password", &[], Some(json!({ "email": email }))).await
    }

    /// Asks for a reset: the link's token.
    pub async fn reset_token(&self, email: &str) -> String {
        self.forget_password(email).await.ok();
        self.link_token().await
    }

    pub async fn find_reset(&self, token: &str) -> Answer {
        self.call("GET", &format!("/intermediaries/reset-password/{token}"), &[], None).await
    }

    pub async fn reset(&self, token: &str, password: &str) -> Answer {
        let path = format!("/intermediaries/reset-password/{token}");
        self.call("PUT", &path, &[], Some(json!({ "password": password }))).await
    }

    /// Asks for a change of the e-mail address, with the password asked for again.
    pub async fn ask_email(&self, access: &str, email: &str) -> Answer {
        let validation = self.validation_token(access).await;
        self.within_again(access, &validation, ("PUT", "accounts/email"), json!({ "email": email })).await
    }

    pub async fn confirm_email(&self, access: &str, code: &str) -> Answer {
        self.within(access, "PUT", &format!("accounts/email/{code}"), None).await
    }

    /// Asks for a number to be added (`POST`) or changed (`PUT`), with the password asked for again.
    pub async fn ask_phone(&self, access: &str, method: &str, phone: &str) -> Answer {
        let validation = self.validation_token(access).await;
        self.within_again(access, &validation, (method, "accounts/phone"), json!({ "phone": phone })).await
    }

    pub async fn confirm_phone(&self, access: &str, method: &str, code: &str) -> Answer {
        self.within(access, method, &format!("accounts/phone/{code}"), None).await
    }

    pub async fn delete_phone(&self, access: &str, phone: &str) -> Answer {
        let validation = self.validation_token(access).await;
        self.within_again(access, &validation, ("PUT", "accounts/delete-phone"), json!({ "phone": phone })).await
    }

    pub async fn set_status(&self, account: &str, status: &str) -> Answer {
        let path = format!("/intermediaries/accounts/{account}/status");
        self.call("PUT", &path, &[], Some(json!({ "status": status }))).await
    }

    /// The id of the account that a session is of.
    pub async fn account_id(&self, access: &str) -> String {
        self.find_account(access).await.ok()["id"].as_str().expect("an id").to_owned()
    }

    /// The account of an id, as the back end sees it.
    pub async fn account_of(&self, id: &str) -> Value {
        let found = self.call("GET", &format!("/intermediaries/accounts/search?ids={id}"), &[], None).await.ok();
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
        found[0].clone()
    }

    /// Another account, of a record of its own, without a phone.
    pub async fn another_account(&self, email: &str) -> Pair {
        let record = self.create_intermediary().await;
        let body = json!({ "email": email, "password": PASSWORD, "intermediaryId": record });
        self.create_account(body).await.pair()
    }

    /// To whom messages of this purpose went, the newest last.
    pub async fn told(&self, purpose: &str) -> Vec<String> {
        let outbox = self.outbox().await;
        let told = outbox.iter().filter(|message| message["purpose"] == purpose);
        told.map(|message| message["to"].as_str().expect("an address").to_owned()).collect()
    }

    /// Whether a session goes on.
    pub async fn is_signed_in(&self, access: &str) -> bool {
        let answer = self.check_session(access).await;
        if answer.status != 200 {
            answer.refused(401, "invalid_access_token");
        }
        answer.status == 200
    }

    /// Everything about accounts that a refusal may not change: all but what counts wrong tries.
    pub async fn standing(&self) -> Vec<Item> {
        let mut rows = self.table.rows().await;
        rows.retain(|row| {
            let sk = row["sk"].as_s().expect("a key of text");
            ["account", "identifier", "intermediary"].contains(&sk.as_str())
                || ["session#", "account#"].iter().any(|prefix| sk.starts_with(prefix))
        });
        for row in &mut rows {
            row.retain(|name, _| !COUNTERS.contains(&name.as_str()));
        }
        rows
    }
}

/// Somebody who was invited.
#[derive(Debug, Clone)]
pub struct Invited {
    pub record: String,
    pub account: String,
    pub token: String,
}

impl Answer {
    /// A 429 that says when to come back, in seconds.
    #[track_caller]
    pub fn slowed(&self) -> u32 {
        self.refused(429, "too_many_requests");
        self.header("retry-after").expect("retry-after").parse().expect("seconds")
    }
}

/// What accepts an invitation.
pub fn acceptance() -> Value {
    json!({ "password": PASSWORD, "phone": super::PHONE })
}

/// Another six digits.
pub fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000)
}
