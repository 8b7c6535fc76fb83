use local::INTERMEDIARY_ID;
use serde_json::json;

use crate::harness::{Answer, EMAIL, Latchkey, NEW_PASSWORD, PASSWORD, acceptance};

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_acceptances_at_once_one_opens_the_account() {
    let latchkey = Latchkey::start().await;
    let invited = latchkey.invited(EMAIL).await;
    let answers = latchkey
        .at_once(10, |latchkey, number| {
            let token = invited.token.clone();
            let mut body = acceptance();
            body["password"] = json!(format!("{PASSWORD}{number}"));
            async move { latchkey.accept(&token, body).await }
        })
        .await;
    let winner = answers.iter().position(|answer| answer.status == 200).expect("one opens it");
    let lost = answers.iter().enumerate().filter(|(number, _)| *number != winner).map(|(_, answer)| answer);
    Answer::all_refused(lost, 404, "invalid_link");
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 1);
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1);
    assert_eq!(latchkey.table.rows_of("account#").await.len(), 1);
    assert_eq!(latchkey.account_id(&answers[winner].pair().access).await, invited.account);
    latchkey.sign_in(EMAIL, &format!("{PASSWORD}{winner}")).await.pair();
    for number in (0..10).filter(|number| *number != winner).take(3) {
        latchkey.sign_in(EMAIL, &format!("{PASSWORD}{number}")).await.refused(401, "invalid_credentials");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_and_a_sign_up_for_one_record_at_once_are_one_account() {
    for round in 0..4 {
        let latchkey = Latchkey::start().await;
        let invited = latchkey.invited(EMAIL).await;
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let invited = invited.clone();
                let email = if round % 2 == 0 { EMAIL } else { "other@example.com" };
                let sign_up = json!({ "email": email, "password": NEW_PASSWORD, "intermediaryId": invited.record });
                async move {
                    if number == 0 {
                        latchkey.accept(&invited.token, acceptance()).await
                    } else {
                        latchkey.create_account(sign_up).await
                    }
                }
            })
            .await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert!([[200, 400], [404, 200]].iter().any(|both| *both == *statuses), "{statuses:?}");
        let winner = answers.iter().find(|answer| answer.status == 200).unwrap().pair();
        assert_eq!(latchkey.account_id(&winner.access).await, invited.account);
        assert_eq!(latchkey.table.rows_of("account").await.len(), 1);
        assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1);
        assert_eq!(latchkey.table.rows_of("session#").await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_and_another_invitation_at_once_are_one_account() {
    let latchkey = Latchkey::start().await;
    for round in 0..12 {
        let email = format!("jane{round}@example.com");
        let invited = latchkey.invited(&email).await;
        latchkey.advance(61).await;
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let (record, email) = (invited.record.clone(), email.clone());
                let sign_up = json!({ "email": email, "password": PASSWORD, "intermediaryId": record });
                async move {
                    if number == 0 {
                        latchkey.create_account(sign_up).await
                    } else {
                        latchkey.invite(&record, &email).await
                    }
                }
            })
            .await;
        let pair = answers[0].pair();
        assert_eq!(latchkey.account_id(&pair.access).await, invited.account);
        if answers[1].status == 200 {
            assert_eq!(answers[1].json()["accountId"], invited.account);
        } else {
            answers[1].refused(400, "account_exists");
        }
        latchkey.accept(&latchkey.link_token().await, acceptance()).await.refused(404, "invalid_link");
        assert_eq!(latchkey.table.rows_of("account").await.len(), round + 1);
        assert_eq!(latchkey.table.rows_of("identifier").await.len(), round + 1);
        assert_eq!(latchkey.table.rows_of("session#").await.len(), round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_invitations_to_one_record_at_once_one_is_sent_and_one_account_waits() {
    let latchkey = Latchkey::start().await;
    let answers = latchkey
        .at_once(10, |latchkey, number| async move {
            latchkey.invite(INTERMEDIARY_ID, &format!("jane{number}@example.com")).await
        })
        .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.slowed();
    }
    assert_eq!(latchkey.outbox().await.len(), 1);
    assert_eq!(latchkey.table.rows_of("account").await.len(), 1);
    latchkey.accept(&latchkey.link_token().await, acceptance()).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_invitations_for_one_address_accepted_at_once_one_gets_it() {
    for _ in 0..3 {
        let latchkey = Latchkey::start().await;
        let first = latchkey.invited(EMAIL).await;
        latchkey.advance(61).await;
        let second = latchkey.invited(EMAIL).await;
        let tokens = [first.token.clone(), second.token.clone()];
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let token = tokens[number].clone();
                async move { latchkey.accept(&token, acceptance()).await }
            })
            .await;
        let winner = answers.iter().position(|answer| answer.status == 200).expect("one gets it");
        answers[1 - winner].refused(400, "email_taken");
        assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1);
        assert_eq!(latchkey.table.rows_of("session#").await.len(), 1);
        let accounts = [&first.account, &second.account];
        assert_eq!(latchkey.account_of(accounts[winner]).await["status"], "active");
        assert_eq!(latchkey.account_of(accounts[1 - winner]).await["status"], "pending");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_and_a_block_at_once_leave_nobody_signed_in() {
    for _ in 0..5 {
        let latchkey = Latchkey::start().await;
        let invited = latchkey.invited(EMAIL).await;
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let invited = invited.clone();
                async move {
                    if number == 0 {
                        latchkey.accept(&invited.token, acceptance()).await
                    } else {
                        latchkey.set_status(&invited.account, "blocked").await
                    }
                }
            })
            .await;
        answers[1].ok();
        if answers[0].status == 200 {
            assert!(!latchkey.is_signed_in(&answers[0].pair().access).await);
            latchkey.re_sign(&answers[0].pair().refresh).await.refused(401, "invalid_refresh_token");
        } else {
            answers[0].refused(404, "invalid_link");
        }
        latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
        assert_eq!(latchkey.account_of(&invited.account).await["status"], "blocked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_and_the_holders_proof_at_once_give_the_address_to_one() {
    for _ in 0..5 {
        let latchkey = Latchkey::start().await;
        let holder = latchkey.another_account(EMAIL).await;
        let id = latchkey.account_id(&holder.access).await;
        latchkey.send_email_code(&holder.access).await.ok();
        let code = latchkey.last_code().await;
        latchkey.advance(61).await;
        let invited = latchkey.invited(EMAIL).await;
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let (invited, holder, code) = (invited.clone(), holder.clone(), code.clone());
                async move {
                    if number == 0 {
                        latchkey.accept(&invited.token, acceptance()).await
                    } else {
                        latchkey.verify_email(&holder.access, &code).await
                    }
                }
            })
            .await;
        let accepted = answers[0].status == 200;
        if accepted {
            assert!([400, 401].contains(&answers[1].status), "{}", answers[1].text);
            assert!(!latchkey.is_signed_in(&holder.access).await);
        } else {
            answers[0].refused(400, "email_taken");
            answers[1].ok();
            assert!(latchkey.is_signed_in(&holder.access).await);
        }
        let path = format!("/intermediaries/accounts/{EMAIL}");
        let found = latchkey.call("GET", &path, &[], None).await.ok();
        assert_eq!(found["id"], if accepted { json!(invited.account) } else { json!(id) });
        assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1);
    }
}
