//! Every act of the surface, and the whole history that each account has of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{
    EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, Pair, acceptance, claims, jane, other_than,
};
use crate::project;

const WRONG: &str = "123QW@qwe?";
const WRONG_PASSWORD: Option<&str> = Some("wrong password");

/// An event that is to be listed: its name, the session that it happened in, and the reason.
type Told<'a> = (&'a str, Option<&'a Pair>, Option<&'a str>);

struct Walk {
    latchkey: Arc<Latchkey>,
    /// What each account is to have in its history, an act at a time, the newest last.
    acts: BTreeMap<String, Vec<BTreeSet<String>>>,
}

/// An event in words, so that two are compared with one look.
fn words(name: &str, session: Option<&str>, reason: Option<&str>) -> String {
    format!("{name} in {} because {}", session.unwrap_or("none"), reason.unwrap_or("of nothing"))
}

impl Walk {
    /// What one act lists. Time goes on then, as far as the next code.
    async fn lists<const N: usize>(&mut self, account: &str, told: [Told<'_>; N]) {
        self.also_lists(account, told);
        self.latchkey.advance(61).await;
    }

    /// What the act of somebody else lists.
    fn also_lists<const N: usize>(&mut self, account: &str, told: [Told<'_>; N]) {
        let act = told.map(|(name, pair, reason)| {
            let session = pair.map(|pair| claims(&pair.access)["sid"].as_str().expect("an id").to_owned());
            words(name, session.as_deref(), reason)
        });
        self.acts.entry(account.to_owned()).or_default().push(BTreeSet::from(act));
    }

    /// What happened in a session.
    async fn in_session(&mut self, account: &str, pair: &Pair, name: &str) {
        self.lists(account, [(name, Some(pair), None)]).await;
    }

    async fn signs_up(&mut self, body: Value) -> (String, Pair) {
        let pair = self.latchkey.create_account(body).await.pair();
        let id = self.latchkey.account_id(&pair.access).await;
        self.in_session(&id, &pair, "account.opened").await;
        (id, pair)
    }

    /// Signs up with a record of one's own.
    async fn somebody(&mut self, email: &str) -> (String, Pair) {
        let record = self.latchkey.create_intermediary().await;
        self.signs_up(json!({ "email": email, "password": PASSWORD, "intermediaryId": record })).await
    }

    async fn signs_in(&mut self, account: &str, email: &str, password: &str) -> Pair {
        let pair = self.latchkey.sign_in(email, password).await.pair();
        self.lists(account, [("sign_in.ok", Some(&pair), Some("pwd"))]).await;
        pair
    }

    async fn sets_status(&mut self, account: &str, status: &str, name: &str) {
        self.latchkey.set_status(account, status).await.ok();
        self.lists(account, [(name, None, None)]).await;
        self.latchkey.set_status(account, status).await.ok();
    }

    /// An account's whole history as [`Walk::acts`], read a few events at a time, and the names in it.
    async fn history(&self, account: &str) -> (Vec<BTreeSet<String>>, BTreeSet<String>) {
        let (mut events, mut before) = (Vec::new(), String::new());
        loop {
            let path = format!("/intermediaries/accounts/history?id={account}&limit=3{before}");
            let page = self.latchkey.call("GET", &path, &[], None).await.ok();
            events.extend(page["events"].as_array().expect("events").clone());
            let Some(next) = page.get("next") else { break };
            before = format!("&before={}", next.as_str().expect("a place"));
        }
        events.reverse();
        // What one request did happened at one time.
        let acts = events.chunk_by(|one, other| one["requestId"] == other["requestId"]).map(|act| {
            let text =
                |event: &Value, name: &str| event.get(name).map(|value| value.as_str().expect("text").to_owned());
            let event = |event| {
                let (session, reason) = (text(event, "sessionId"), text(event, "reason"));
                words(&text(event, "event").expect("a name"), session.as_deref(), reason.as_deref())
            };
            let all: BTreeSet<_> = act.iter().map(event).collect();
            assert_eq!(all.len(), act.len(), "something twice: {act:?}");
            all
        });
        let names = events.iter().map(|event| event["event"].as_str().expect("a name").to_owned());
        (acts.collect(), names.collect())
    }
}

/// Signs in, right and wrong, by password and by code, and proves and changes everything.
async fn jane_lives(walk: &mut Walk) {
    let latchkey = Arc::clone(&walk.latchkey);
    let (id, first) = walk.signs_up(jane()).await;
    latchkey.sign_in(EMAIL, WRONG).await.refused(401, "invalid_credentials");
    walk.lists(&id, [("sign_in.refused", None, WRONG_PASSWORD)]).await;
    let second = walk.signs_in(&id, EMAIL, PASSWORD).await;
    latchkey.sign_out(&first.access).await.ok();
    walk.in_session(&id, &first, "sign_out").await;
    latchkey.sign_out(&first.access).await.ok();

    latchkey.send_code(PHONE).await.ok();
    let wrong = json!({ "phoneVerificationCode": other_than(&latchkey.last_code().await), "phone": PHONE });
    latchkey.sessions(wrong).await.refused(401, "invalid_credentials");
    walk.lists(&id, [("sign_in.refused", None, Some("a wrong code"))]).await;
    latchkey.send_code(PHONE).await.ok();
    let code = json!({ "phoneVerificationCode": latchkey.last_code().await });
    let by_code = latchkey.sessions(code).await.pair();
    walk.lists(&id, [("sign_in.ok", Some(&by_code), Some("sms"))]).await;

    latchkey.send_email_code(&second.access).await.ok();
    let code = latchkey.last_code().await;
    latchkey.verify_email(&second.access, &other_than(&code)).await.refused(400, "invalid_code");
    walk.in_session(&id, &second, "code.refused").await;
    latchkey.verify_email(&second.access, &code).await.refused(400, "invalid_code");
    latchkey.prove_email(&second.access).await;
    walk.in_session(&id, &second, "email.verified").await;
    latchkey.prove_phone(&second.access, PHONE).await;
    walk.in_session(&id, &second, "phone.verified").await;

    let here = latchkey.re_sign(&second.refresh).await.pair();
    for _ in 0..2 {
        let name = Some(json!({ "fullName": "Jane Broker" }));
        latchkey.within(&here.access, "PUT", "accounts/full-name", name).await.ok();
    }
    walk.in_session(&id, &here, "name.changed").await;
    latchkey.check_password(&here.access, WRONG).await.refused(401, "invalid_credentials");
    walk.lists(&id, [("password.refused", Some(&here), WRONG_PASSWORD)]).await;
    latchkey.ask_email(&here.access, NEW_EMAIL).await.ok();
    latchkey.confirm_email(&here.access, &latchkey.last_code().await).await.ok();
    walk.in_session(&id, &here, "email.changed").await;
    latchkey.replace_password(&here.access, WRONG, NEW_PASSWORD).await.refused(401, "invalid_credentials");
    walk.lists(&id, [("password.refused", Some(&here), WRONG_PASSWORD)]).await;
    latchkey.replace_password(&here.access, PASSWORD, NEW_PASSWORD).await.ok();
    walk.in_session(&id, &here, "password.changed").await;

    let token = latchkey.reset_token(NEW_EMAIL).await;
    walk.lists(&id, [("password.reset_requested", None, None)]).await;
    latchkey.find_reset(&token).await.ok();
    latchkey.reset(&token, PASSWORD).await.ok();
    walk.lists(&id, [("password.reset", None, None)]).await;
    let last = walk.signs_in(&id, NEW_EMAIL, PASSWORD).await;
    latchkey.re_sign(&last.refresh).await.pair();
    latchkey.advance(31).await;
    latchkey.re_sign(&last.refresh).await.refused(401, "invalid_refresh_token");
    walk.lists(&id, [("session.reuse", Some(&last), Some("an old refresh token, generation gap 1"))]).await;
    latchkey.re_sign(&last.refresh).await.refused(401, "invalid_refresh_token");
}

/// Has a first phone in either way, another one, and none.
async fn joe_has_phones(walk: &mut Walk) {
    let latchkey = Arc::clone(&walk.latchkey);
    let (id, pair) = walk.somebody("joe@example.com").await;
    latchkey.prove_phone(&pair.access, "+19172240002").await;
    walk.in_session(&id, &pair, "phone.changed").await;
    latchkey.delete_phone(&pair.access, "+19172240002").await.ok();
    walk.in_session(&id, &pair, "phone.removed").await;
    for (method, phone) in [("POST", "+19172240003"), ("PUT", "+19172240004")] {
        latchkey.ask_phone(&pair.access, method, phone).await.ok();
        latchkey.confirm_phone(&pair.access, method, &latchkey.last_code().await).await.ok();
        walk.in_session(&id, &pair, "phone.changed").await;
    }
}

/// Is guessed at until the password is locked, and blocked.
async fn mary_is_kept_out(walk: &mut Walk) {
    const MARY: &str = "mary@example.com";
    let latchkey = Arc::clone(&walk.latchkey);
    let (id, _) = walk.somebody(MARY).await;
    for number in 1..=10 {
        latchkey.sign_in(MARY, WRONG).await.refused(401, "invalid_credentials");
        if number == 10 {
            // Locked for long enough by now to try.
            for password in [WRONG, PASSWORD] {
                latchkey.sign_in(MARY, password).await.refused(401, "invalid_credentials");
            }
        }
        let locked = ("account.locked", None, Some("wrong password, which locks the account"));
        walk.lists(&id, [if number < 5 { ("sign_in.refused", None, WRONG_PASSWORD) } else { locked }]).await;
    }
    walk.signs_in(&id, MARY, PASSWORD).await;
    walk.sets_status(&id, "blocked", "account.blocked").await;
    latchkey.sign_in(MARY, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.forget_password(MARY).await.ok();
    walk.sets_status(&id, "active", "account.unblocked").await;
}

/// Are invited: one accepts an address that somebody else held, and one signs up.
async fn two_are_invited(walk: &mut Walk) {
    const ANN: &str = "ann@example.com";
    let latchkey = Arc::clone(&walk.latchkey);
    let (squatter, _) = walk.somebody(ANN).await;
    let ann = latchkey.invited(ANN).await;
    walk.lists(&ann.account, [("account.invited", None, None)]).await;
    latchkey.invite(&ann.record, ANN).await.ok();
    walk.lists(&ann.account, [("account.invited", None, None)]).await;
    walk.sets_status(&ann.account, "blocked", "account.blocked").await;
    walk.sets_status(&ann.account, "active", "account.unblocked").await;
    latchkey.invite(&ann.record, ANN).await.ok();
    walk.lists(&ann.account, [("account.invited", None, None)]).await;
    let mut body = acceptance();
    body["phone"] = json!(NEW_PHONE);
    let pair = latchkey.accept(&latchkey.link_token().await, body).await.pair();
    walk.also_lists(&squatter, [("email.lost", None, None)]);
    walk.lists(&ann.account, [("account.opened", Some(&pair), Some("invited"))]).await;

    let bob = latchkey.invited("bob@example.com").await;
    walk.lists(&bob.account, [("account.invited", None, None)]).await;
    let body = json!({ "email": "bob@example.com", "password": PASSWORD, "intermediaryId": bob.record });
    let (id, _) = walk.signs_up(body).await;
    assert_eq!(id, bob.account);
}

/// Somebody else registered their addresses, with a phone and without: they move there, or reset the password.
async fn owners_take_what_is_theirs(walk: &mut Walk) {
    let (moved_to, with_phone, without) = ("moved@example.com", "with.phone@example.com", "without@example.com");
    let latchkey = Arc::clone(&walk.latchkey);
    let (squatter, _) = walk.somebody(moved_to).await;
    let (mover, pair) = walk.somebody("before@example.com").await;
    latchkey.ask_email(&pair.access, moved_to).await.ok();
    latchkey.confirm_email(&pair.access, &latchkey.last_code().await).await.ok();
    walk.also_lists(&squatter, [("email.lost", None, None)]);
    walk.in_session(&mover, &pair, "email.changed").await;

    let record = latchkey.create_intermediary().await;
    let body = json!({ "email": with_phone, "password": PASSWORD, "phone": "+19172240005", "intermediaryId": record });
    let (id, _) = walk.signs_up(body).await;
    let token = latchkey.reset_token(with_phone).await;
    walk.lists(&id, [("password.reset_requested", None, None)]).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    let told = ["password.reset", "email.verified", "phone.removed"].map(|name| (name, None, None));
    walk.lists(&id, told).await;

    let body = json!({ "email": "by.code@example.com", "password": PASSWORD, "phone": "+19172240006",
                       "intermediaryId": latchkey.create_intermediary().await });
    let (id, _) = walk.signs_up(body).await;
    latchkey.send_code("+19172240006").await.ok();
    let code = json!({ "phoneVerificationCode": latchkey.last_code().await });
    let pair = latchkey.sessions(code).await.pair();
    walk.lists(&id, [("sign_in.ok", Some(&pair), Some("sms"))]).await;
    latchkey.prove_email(&pair.access).await;
    walk.in_session(&id, &pair, "email.verified").await;
    latchkey.sign_in("by.code@example.com", PASSWORD).await.refused(401, "invalid_credentials");
    walk.lists(&id, [("sign_in.refused", None, WRONG_PASSWORD)]).await;

    let (id, _) = walk.somebody(without).await;
    let token = latchkey.reset_token(without).await;
    walk.lists(&id, [("password.reset_requested", None, None)]).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    walk.lists(&id, ["password.reset", "email.verified"].map(|name| (name, None, None))).await;
}

/// The events that README.md names.
fn documented() -> BTreeSet<String> {
    let readme = project::read("README.md");
    let (_, rest) = readme.split_once("An account has a history, the newest event first: ").expect("the list");
    let (list, _) = rest.split_once("; each with time").expect("its end");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_is_in_the_history_of_its_account_and_nothing_else_is() {
    let mut walk = Walk { latchkey: Latchkey::start().await, acts: BTreeMap::new() };
    jane_lives(&mut walk).await;
    joe_has_phones(&mut walk).await;
    mary_is_kept_out(&mut walk).await;
    two_are_invited(&mut walk).await;
    owners_take_what_is_theirs(&mut walk).await;
    let (mut seen, mut whole) = (BTreeSet::new(), BTreeMap::new());
    for account in walk.acts.keys() {
        let (acts, names) = walk.history(account).await;
        seen.extend(names);
        whole.insert(account.clone(), acts);
    }
    let both = walk.acts.iter().flat_map(|(account, acts)| acts.iter().zip(&whole[account]));
    let differ: Vec<_> = both.filter(|(told, listed)| told != listed).collect();
    assert!(differ.is_empty(), "to be listed, and listed: {differ:#?}");
    assert_eq!(whole, walk.acts);
    let names = documented();
    assert_eq!((names.len(), &seen), (21, &names));
}
