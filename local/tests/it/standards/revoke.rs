use crate::harness::{Call, Fault, Latchkey, REVOKE};

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_of_any_generation_ends_its_session() {
    for generation in 0..3 {
        let latchkey = Latchkey::start().await;
        let customer = latchkey.customer("local-refresh").await;
        let mut pairs = vec![customer.pair];
        for number in 0..2 {
            latchkey.advance(31).await;
            pairs.push(latchkey.refresh_by_form("local-refresh", &pairs[number].refresh).await.oauth_pair());
        }
        for _ in 0..2 {
            latchkey.revoke("local-refresh", &pairs[generation].refresh).await;
        }
        for pair in &pairs {
            assert!(!latchkey.is_active("local-refresh", &pair.access).await);
            assert!(!latchkey.is_active("local-refresh", &pair.refresh).await);
            latchkey.refresh_by_form("local-refresh", &pair.refresh).await.refused_oauth(400, "invalid_grant");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_access_token_ends_its_session_and_no_other() {
    let latchkey = Latchkey::start().await;
    let (customer, other) = (latchkey.customer("local-refresh").await, latchkey.customer("local-refresh").await);
    for hint in ["refresh_token", "access_token", "nonsense"] {
        let form = [("token", customer.pair.access.as_str()), ("token_type_hint", hint)];
        let answer = latchkey.oauth("local-refresh", REVOKE, &form).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }
    assert!(!latchkey.is_active("local-refresh", &customer.pair.access).await);
    latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await.refused_oauth(400, "invalid_grant");
    assert!(latchkey.is_active("local-refresh", &other.pair.access).await);
    latchkey.refresh_by_form("local-refresh", &other.pair.refresh).await.oauth_pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_foreign_or_over_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let (customer, jane) = (latchkey.customer("local-refresh").await, latchkey.jane().await);
    let client = latchkey.client_access("local-refresh").await;
    let forged = format!("{}x", customer.pair.access);
    latchkey.revoke("local-backend", "x").await;
    let before = latchkey.table.rows().await;
    for token in
        [&customer.pair.access, &customer.pair.refresh, &jane.access, &jane.refresh, &client, &forged, "x", "lkr_"]
    {
        latchkey.revoke("local-backend", token).await;
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.advance(601).await;
    latchkey.revoke("local-refresh", &customer.pair.access).await;
    latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await.oauth_pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_token_runs_out_by_itself() {
    let latchkey = Latchkey::start().await;
    let access = latchkey.client_access("local-backend").await;
    let answer = latchkey.oauth("local-backend", REVOKE, &[("token", &access)]).await;
    answer.refused_oauth(400, "unsupported_token_type");
    assert!(latchkey.is_active("local-backend", &access).await);
    latchkey.advance(1_801).await;
    latchkey.revoke("local-backend", &access).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_revocation_that_raced_a_refresh_no_token_of_the_session_is_active() {
    let latchkey = Latchkey::start().await;
    for round in 0..10 {
        let customer = latchkey.customer("local-refresh").await;
        let pair = customer.pair.clone();
        let answers = latchkey
            .at_once(6, move |latchkey, number| {
                let pair = pair.clone();
                async move {
                    match number {
                        0 => latchkey.revoke("local-refresh", &pair.refresh).await,
                        3 => latchkey.revoke("local-refresh", &pair.access).await,
                        _ => return Some(latchkey.refresh_by_form("local-refresh", &pair.refresh).await),
                    }
                    None
                }
            })
            .await;
        let mut tokens = vec![customer.pair.access, customer.pair.refresh];
        for answer in answers.into_iter().flatten() {
            if answer.status == 200 {
                let pair = answer.oauth_pair();
                tokens.extend([pair.access, pair.refresh]);
            } else {
                answer.refused_oauth(400, "invalid_grant");
            }
        }
        for token in &tokens {
            assert!(!latchkey.is_active("local-refresh", token).await, "round {round}");
            if token.starts_with("lkr_") {
                latchkey.refresh_by_form("local-refresh", token).await.refused_oauth(400, "invalid_grant");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_dynamodb_fails_is_not_said_to_be_done() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    latchkey.client_access("local-refresh").await;
    for fault in [Fault::Fail, Fault::Throttle] {
        latchkey.proxy.plan(move |_| fault);
        let answer = latchkey.oauth("local-refresh", REVOKE, &[("token", &customer.pair.refresh)]).await;
        answer.refused_oauth(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
        latchkey.proxy.heal();
        assert!(latchkey.is_active("local-refresh", &customer.pair.refresh).await);
    }
    let lost = |call: &Call| if call.number == 0 { Fault::LoseAnswer } else { Fault::Pass };
    latchkey.proxy.plan(lost);
    latchkey.revoke("local-refresh", &customer.pair.refresh).await;
    latchkey.proxy.heal();
    assert!(!latchkey.is_active("local-refresh", &customer.pair.refresh).await);
}
