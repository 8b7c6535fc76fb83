//! Many people at once while the network does anything to anybody, and what is left of it afterwards.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::json;
use shared::random::Random;

use crate::harness::{Fault, Latchkey, PASSWORD, Pair, insist};

/// Repeats the faults and the choices of a storm that a test told of.
const SEED: &str = "LATCHKEY_STORM_SEED";
/// How many storms, each with the seed after the last one's.
const ROUNDS: &str = "LATCHKEY_STORM_ROUNDS";
const PEOPLE: u64 = 12;
const STEPS: usize = 12;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}: a whole number")))
}

/// Chances that repeat with the seed.
struct Chances(TestRng);

impl Chances {
    fn of(seed: u64, person: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&person.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.0.next_u64() % u64::try_from(count).expect("a count")).expect("below it")
    }

    /// Two calls of three pass; a few hang or come late, for those cost seconds.
    fn fault(&mut self) -> Fault {
        match self.below(64) {
            0..20 => Fault::AT_ONCE[self.below(Fault::AT_ONCE.len())],
            20 => Fault::Hang,
            21 => Fault::Delay(Duration::from_secs(2)),
            22..30 => Fault::Delay(Duration::from_millis(100)),
            _ => Fault::Pass,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_storm_everybody_goes_on() {
    let first = number(SEED).unwrap_or_else(|| u64::from(Random::default().below(u32::MAX)));
    for seed in (0..number(ROUNDS).unwrap_or(1)).map(|round| first.wrapping_add(round)) {
        eprintln!("{SEED}={seed}");
        storm(seed).await;
    }
}

async fn storm(seed: u64) {
    let latchkey = Latchkey::start().await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let record = latchkey.create_intermediary().await;
        people.push(Person::new(Arc::clone(&latchkey), record, Chances::of(seed, number + 1), number));
    }
    let chances = Mutex::new(Chances::of(seed, 0));
    latchkey.proxy.plan(move |_| chances.lock().expect("chances").fault());
    let people = join_all(people.into_iter().map(Person::live)).await;
    latchkey.proxy.heal();
    latchkey.proxy.settled().await;
    latchkey.is_whole().await;
    join_all(people.into_iter().map(Person::go_on)).await;
}

/// Somebody honest, with what the answers so far have told.
struct Person {
    latchkey: Arc<Latchkey>,
    email: String,
    record: String,
    chances: Chances,
    has_account: bool,
    password: String,
    changes: usize,
    sessions: Vec<Pair>,
}

impl Person {
    fn new(latchkey: Arc<Latchkey>, record: String, chances: Chances, number: u64) -> Self {
        let (email, password) = (format!("person-{number}@example.com"), PASSWORD.to_owned());
        Self { latchkey, email, record, chances, has_account: false, password, changes: 0, sessions: Vec::new() }
    }

    async fn live(mut self) -> Self {
        for _ in 0..STEPS {
            match (self.chances.below(10), self.sessions.len()) {
                _ if !self.has_account => self.sign_up().await,
                (0..3, _) | (_, 0) => self.sign_in().await,
                (3..8, _) => self.refresh().await,
                (8, _) => self.sign_out().await,
                _ => self.change_password().await,
            }
        }
        self
    }

    async fn sign_up(&mut self) {
        let body = json!({ "email": self.email, "password": self.password, "intermediaryId": self.record });
        let answer = insist(async || self.latchkey.create_account(body.clone()).await).await;
        if answer.status == 200 {
            self.sessions.push(answer.pair());
        } else {
            // An earlier try went through, and nobody heard of it.
            answer.refused(400, "account_exists");
        }
        self.has_account = true;
    }

    async fn sign_in(&mut self) {
        let pair = insist(async || self.latchkey.sign_in(&self.email, &self.password).await).await.pair();
        self.sessions.push(pair);
    }

    /// In two tabs at once: both get the same successor.
    async fn refresh(&mut self) {
        let chosen = self.chances.below(self.sessions.len());
        let refresh = &self.sessions[chosen].refresh;
        let tab = || insist(async || self.latchkey.re_sign(refresh).await);
        let (one, other) = tokio::join!(tab(), tab());
        let (one, other) = (one.pair(), other.pair());
        assert_eq!(one.refresh, other.refresh, "one live leaf");
        self.sessions[chosen] = one;
    }

    async fn sign_out(&mut self) {
        let chosen = self.chances.below(self.sessions.len());
        let access = self.sessions.swap_remove(chosen).access;
        let answer = insist(async || self.latchkey.sign_out(&access).await).await;
        if answer.status != 200 {
            answer.refused(401, "invalid_access_token");
        }
        insist(async || self.latchkey.check_session(&access).await).await.refused(401, "invalid_access_token");
    }

    /// The session that it is changed in goes on, and no other. It is a fresh one: a try whose end is not known stays one
    /// of the five that a session has.
    async fn change_password(&mut self) {
        self.sign_in().await;
        let kept = self.sessions.pop().expect("a session");
        let new = format!("{PASSWORD}{}", self.changes + 1);
        let answer = insist(async || self.latchkey.replace_password(&kept.access, &self.password, &new).await).await;
        let is_changed = match answer.status {
            200 => true,
            // Five tries an hour, of which an earlier one may have gone through.
            429 => {
                self.latchkey.proxy.settled().await;
                insist(async || self.latchkey.sign_in(&self.email, &new).await).await.status == 200
            }
            // An earlier try went through, and nobody heard of it.
            _ => answer.refused(401, "invalid_credentials").is_object(),
        };
        if !is_changed {
            self.sessions.push(kept);
            return;
        }
        self.changes += 1;
        self.password = new;
        for ended in std::mem::replace(&mut self.sessions, vec![kept]) {
            let answer = insist(async || self.latchkey.check_session(&ended.access).await).await;
            answer.refused(401, "invalid_access_token");
        }
    }

    /// When all is over: every session, the account and what its owner was told.
    async fn go_on(self) {
        for session in &self.sessions {
            let next = self.latchkey.re_sign(&session.refresh).await.pair();
            self.latchkey.check_session(&next.access).await.ok();
        }
        self.latchkey.sign_in(&self.email, &self.password).await.pair();
        let told = self.latchkey.told("password-changed").await;
        assert_eq!(told.iter().filter(|to| **to == self.email).count(), self.changes);
    }
}
