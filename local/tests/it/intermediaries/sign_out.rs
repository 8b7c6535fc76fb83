use crate::harness::{EMAIL, Latchkey, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn afterwards_neither_token_of_the_session_opens_anything() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let other = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.sign_out(&pair.access).await.ok();
    latchkey.check_session(&pair.access).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.sign_out(&pair.access).await.ok();
    latchkey.check_session(&other.access).await.ok();
    latchkey.re_sign(&other.refresh).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refresh_under_way_survives_it() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let answers = latchkey
        .at_once(12, |latchkey, number| {
            let pair = pair.clone();
            async move {
                if number == 6 { latchkey.sign_out(&pair.access).await } else { latchkey.re_sign(&pair.refresh).await }
            }
        })
        .await;
    answers[6].ok();
    for answer in answers.iter().filter(|answer| answer.status == 200 && answer.text != "{}") {
        latchkey.check_session(&answer.pair().access).await.refused(401, "invalid_access_token");
        latchkey.re_sign(&answer.pair().refresh).await.refused(401, "invalid_refresh_token");
    }
}
