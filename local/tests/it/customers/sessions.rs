use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Answer, EMAIL, KARI_PASSWORD, Latchkey, PASSWORD, claims};

fn of(user: &str) -> String {
    format!("/auth/users/{user}/sessions")
}

async fn list(latchkey: &Latchkey, user: &str) -> Vec<Value> {
    let answer = latchkey.by(&latchkey.back_end("local-backend").await, "GET", &of(user), &Value::Null).await;
    answer.ok()["sessions"].as_array().expect("a list").clone()
}

async fn end(latchkey: &Latchkey, rest: &str) -> Answer {
    latchkey.by(&latchkey.back_end("local-backend").await, "DELETE", rest, &Value::Null).await
}

#[tokio::test(flavor = "multi_thread")]
async fn live_sessions_are_listed_the_newest_first_without_a_secret() {
    let latchkey = Latchkey::start().await;
    let user = latchkey.kari().await;
    assert!(list(&latchkey, &user).await.is_empty());
    let (refresh, access) = latchkey.refreshable().await;
    latchkey.advance(10).await;
    latchkey.log_in(&latchkey.back_end("local-backend").await, KARI_PASSWORD).await.access_token();
    latchkey.advance(5).await;
    let token = latchkey.back_end("local-refresh").await;
    let refreshed = latchkey.refresh(&token, &refresh).await.claims();
    let sessions = list(&latchkey, &user).await;
    let opened = claims(&access)["auth_time"].as_i64().unwrap();
    let expected = json!({
        "session_id": claims(&access)["sid"], "client_id": "local-refresh", "created_at": opened,
        "last_used_at": refreshed["iat"], "expires_at": sessions[1]["expires_at"], "amr": ["pwd"],
        "audience": local::AUDIENCE,
    });
    assert_eq!((sessions.len(), &sessions[1]), (2, &expected));
    assert!(sessions[1]["expires_at"].as_i64().unwrap() - opened > 99 * 365 * 86_400, "essentially forever");
    assert_eq!(sessions[0]["client_id"], "local-backend");
    assert_eq!(sessions[0]["expires_at"].as_i64().unwrap() - sessions[0]["created_at"].as_i64().unwrap(), 600);
    latchkey.advance(600).await;
    assert_eq!(list(&latchkey, &user).await.len(), 1, "what has run out is not listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_ended_for_good_and_a_strangers_is_as_unknown_as_none() {
    let latchkey = Latchkey::start().await;
    let user = latchkey.kari().await;
    let (refresh, access) = latchkey.refreshable().await;
    let (other, other_access) = latchkey.refreshable().await;
    let id = claims(&access)["sid"].as_str().unwrap().to_owned();
    let ola = json!({ "email": "ola@example.com", "password": "another horse 9" });
    let ola = latchkey.create_customer(&ola).await.ok()["user_id"].as_str().unwrap().to_owned();
    let random = "6e1f4f0e-9c7d-4b53-8a52-0d0d5d2f1c11";
    let before = latchkey.table.rows().await;
    let mut faces = Vec::new();
    for rest in [of(&ola) + "/" + &id, of(&ola) + "/" + random, of(random) + "/" + &id] {
        let answer = end(&latchkey, &rest).await;
        answer.refused_customer(404, "not_found");
        faces.push(answer.face());
    }
    faces.dedup();
    assert_eq!(faces.len(), 1);
    let token = latchkey.back_end("local-backend").await;
    for (method, rest) in [("GET", of(random)), ("DELETE", of(random))] {
        latchkey.by(&token, method, &rest, &Value::Null).await.refused_customer(404, "not_found");
    }
    for rest in [of("nonsense"), of(&user) + "/nonsense"] {
        end(&latchkey, &rest).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);

    end(&latchkey, &(of(&user) + "/" + &id)).await.empty(204);
    end(&latchkey, &(of(&user) + "/" + &id)).await.refused_customer(404, "not_found");
    assert!(!latchkey.is_live(&access).await && latchkey.is_live(&other_access).await);
    let token = latchkey.back_end("local-refresh").await;
    latchkey.refresh(&token, &refresh).await.refused_customer(400, "invalid_grant");
    latchkey.refresh(&token, &other).await.ok();
    assert_eq!(list(&latchkey, &user).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_ended_whatever_refreshes_are_in_flight() {
    let latchkey = Latchkey::start().await;
    let user = latchkey.kari().await;
    let (refresh, _) = latchkey.refreshable().await;
    let (admin, token) = (latchkey.back_end("local-backend").await, latchkey.back_end("local-refresh").await);
    let racer = {
        let (user, token) = (user.clone(), token.clone());
        move |latchkey: Arc<Latchkey>, number: usize| {
            let (user, admin, token, refresh) = (user.clone(), admin.clone(), token.clone(), refresh.clone());
            async move {
                match number {
                    4 => latchkey.by(&admin, "DELETE", &of(&user), &Value::Null).await,
                    _ => latchkey.refresh(&token, &refresh).await,
                }
            }
        }
    };
    let answers = latchkey.at_once(10, racer).await;
    answers[4].empty(204);
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        assert!(!latchkey.is_live(&answer.access_token()).await);
        latchkey.refresh(&token, &answer.refresh_token()).await.refused_customer(400, "invalid_grant");
    }
    assert!(list(&latchkey, &user).await.is_empty());
    end(&latchkey, &of(&user)).await.empty(204);
    let row = latchkey.table.rows_of("session#").await.remove(0);
    assert!(row.contains_key("ended_at"), "its row does not stay for a century");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_to_their_own_by_their_own_token() {
    let latchkey = Latchkey::start().await;
    let user = latchkey.kari().await;
    let (_, access) = latchkey.refreshable().await;
    let (_, here) = latchkey.refreshable().await;
    let own = latchkey.by(&here, "GET", &of(&user), &Value::Null).await.ok();
    assert_eq!(own["sessions"].as_array().unwrap(), &list(&latchkey, &user).await);
    assert_eq!(own["sessions"].as_array().unwrap().len(), 2);

    let ola = json!({ "email": "ola@example.com", "password": "another horse 9" });
    let ola = latchkey.create_customer(&ola).await.ok()["user_id"].as_str().unwrap().to_owned();
    let random = "6e1f4f0e-9c7d-4b53-8a52-0d0d5d2f1c11";
    let id = claims(&access)["sid"].as_str().unwrap().to_owned();
    let before = latchkey.table.rows().await;
    for method in ["GET", "DELETE"] {
        let faces: Vec<_> = [
            latchkey.by(&here, method, &of(&ola), &Value::Null).await,
            latchkey.by(&here, method, &of(random), &Value::Null).await,
        ]
        .iter()
        .map(|answer| (answer.refused_customer(404, "not_found"), answer.face()))
        .collect();
        assert_eq!(faces[0].1, faces[1].1, "a stranger is as unknown as nobody");
    }
    for rest in [of(&user) + "/" + random, of(&ola) + "/" + &id] {
        latchkey.by(&here, "DELETE", &rest, &Value::Null).await.refused_customer(404, "not_found");
    }
    assert_eq!(latchkey.table.rows().await, before);

    latchkey.by(&here, "DELETE", &(of(&user) + "/" + &id), &Value::Null).await.empty(204);
    assert!(!latchkey.is_live(&access).await && latchkey.is_live(&here).await);
    latchkey.advance(301).await;
    latchkey.by(&here, "GET", &of(&user), &Value::Null).await.ok();
    latchkey.by(&here, "DELETE", &of(&user), &Value::Null).await.refused_customer(403, "reauthentication_required");
    assert!(latchkey.is_live(&here).await);
    let (_, here) = latchkey.refreshable().await;
    latchkey.by(&access, "GET", &of(&user), &Value::Null).await.refused_customer(401, "invalid_token");
    latchkey.by(&here, "DELETE", &of(&user), &Value::Null).await.empty(204);
    latchkey.by(&here, "DELETE", &of(&user), &Value::Null).await.refused_customer(401, "invalid_token");
    assert!(list(&latchkey, &user).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intermediary_sees_to_their_own_by_the_token_of_their_portal() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    let second = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let jane = claims(&first.access)["sub"].as_str().unwrap().to_owned();
    let own = latchkey.by(&second.access, "GET", &of(&jane), &Value::Null).await.ok();
    assert_eq!(own["sessions"].as_array().unwrap().len(), 2);
    let one = format!("{}/{}", of(&jane), claims(&first.access)["sid"].as_str().unwrap());
    latchkey.by(&second.access, "DELETE", &one, &Value::Null).await.empty(204);
    latchkey.check_session(&first.access).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&first.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.check_session(&second.access).await.ok();
    latchkey.set_status(&jane, "blocked").await.ok();
    latchkey.by(&second.access, "GET", &of(&jane), &Value::Null).await.refused_customer(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_and_ending_want_their_scopes() {
    let latchkey = Latchkey::start().await;
    let user = latchkey.kari().await;
    let (_, access) = latchkey.refreshable().await;
    let reader = latchkey.back_end_with(&["read:accounts"]).await.token;
    let writer = latchkey.back_end_with(&["write:accounts"]).await.token;
    let neither = latchkey.back_end_with(&["admin:customers"]).await.token;
    let one = format!("{}/{}", of(&user), claims(&access)["sid"].as_str().unwrap());
    for (token, method, rest) in [
        (&writer, "GET", of(&user)),
        (&neither, "GET", of(&user)),
        (&reader, "DELETE", of(&user)),
        (&reader, "DELETE", one.clone()),
        (&neither, "DELETE", one.clone()),
    ] {
        latchkey.by(token, method, &rest, &Value::Null).await.refused_customer(403, "insufficient_scope");
    }
    assert!(latchkey.is_live(&access).await);
    latchkey.by(&reader, "GET", &of(&user), &Value::Null).await.ok();
    latchkey.by(&writer, "DELETE", &one, &Value::Null).await.empty(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_the_other_surfaces_are_signed_out_too() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let jane = claims(&pair.access)["sub"].as_str().unwrap().to_owned();
    let sessions = list(&latchkey, &jane).await;
    assert_eq!((sessions.len(), sessions[0].get("audience")), (1, None));
    end(&latchkey, &of(&jane)).await.empty(204);
    latchkey.check_session(&pair.access).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");

    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    assert!(latchkey.opens(&key).await);
    let session = list(&latchkey, &lead).await[0]["session_id"].as_str().unwrap().to_owned();
    end(&latchkey, &(of(&lead) + "/" + &session)).await.empty(204);
    assert!(!latchkey.opens(&key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_twenty_first_session_ends_the_least_recently_used_whose_row_goes_too() {
    let latchkey = Latchkey::start().await;
    let user = latchkey.kari().await;
    let token = latchkey.back_end("local-refresh").await;
    let mut refreshes = Vec::new();
    for _ in 0..20 {
        latchkey.advance(1).await;
        refreshes.push(latchkey.log_in(&token, KARI_PASSWORD).await.refresh_token());
    }
    latchkey.advance(1).await;
    let first = latchkey.refresh(&token, &refreshes[0]).await.refresh_token();
    latchkey.log_in(&token, KARI_PASSWORD).await.refresh_token();
    latchkey.refresh(&token, &refreshes[1]).await.refused_customer(400, "invalid_grant");
    latchkey.refresh(&token, &first).await.ok();
    latchkey.refresh(&token, &refreshes[2]).await.ok();
    assert_eq!(list(&latchkey, &user).await.len(), 20);
    let ended = latchkey.table.rows_of("session#").await;
    assert_eq!(ended.iter().filter(|row| row.contains_key("ended_at")).count(), 1);
}
