//! An honest client that is told to come back, and what it may rely on.

use std::collections::BTreeSet;

use super::{Answer, Latchkey};

/// More than any fault outlasts.
const TRIES: usize = 20;

/// Tries again for as long as it is told to come back, as an honest client does.
pub async fn insist(act: impl AsyncFn() -> Answer) -> Answer {
    for _ in 0..TRIES {
        let answer = act().await;
        if answer.status != 503 {
            return answer;
        }
        assert!(answer.header("retry-after").is_some());
    }
    panic!("503 long after the fault was over");
}

/// Asks for a message until it is there, once a minute.
pub async fn insist_on_message(latchkey: &Latchkey, send: impl AsyncFn() -> Answer) -> Answer {
    let before = latchkey.outbox().await.len();
    let answer = send().await;
    if answer.status == 503 {
        latchkey.advance(61).await;
        let answer = insist(send).await;
        assert!(answer.status < 400 && latchkey.outbox().await.len() > before, "{}", answer.text);
        return answer;
    }
    assert!(answer.status < 400 && latchkey.outbox().await.len() > before, "{}", answer.text);
    answer
}

impl Latchkey {
    /// Asserts that nobody's identifier is taken and unusable: each is of an account that is there.
    pub async fn is_whole(&self) {
        let accounts = self.table.rows_of("account").await;
        let accounts: BTreeSet<_> = accounts.iter().map(|row| row["id"].as_s().expect("an id").as_str()).collect();
        for identifier in self.table.rows_of("identifier").await {
            let owner = identifier["account_id"].as_s().expect("an id");
            assert!(accounts.contains(owner.as_str()), "{identifier:?}");
        }
    }
}
