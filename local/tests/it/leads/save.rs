use crate::harness::{LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PAN, by_email, by_key};

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_is_the_leads_and_the_old_one_is_free() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let path = format!("/api/Leads/{lead}");
    let fields = [("mx_PAN_Number", "NEWPAN1"), ("FirstName", "Jonathan")];
    assert_eq!(latchkey.save_lead(&portal, "PUT", &path, &fields).await.lead_id(), lead);
    latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", PAN, LEAD_PASSWORD)).await.unauthorized_lead();
    let answer = latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", "newpan1", LEAD_PASSWORD)).await;
    assert_eq!(answer.lead_id(), lead);
    let other = latchkey.register(&portal, &[("mx_PAN_Number", PAN)]).await.lead_id();
    assert_ne!(other, lead);
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 4);
    assert!(latchkey.outbox().await.is_empty(), "no address lost its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_lost_its_place_is_told_and_one_given_empty_is_free() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let path = format!("/api/Leads/{lead}");
    let fields = [("EmailAddress", "new@example.com"), ("Phone", "")];
    latchkey.save_lead(&portal, "PUT", &path, &fields).await.ok();
    let told: Vec<_> = latchkey.outbox().await.iter().map(|message| message["to"].clone()).collect();
    assert!(told.len() == 2 && told.contains(&LEAD_EMAIL.into()) && told.contains(&LEAD_PHONE.into()), "{told:?}");
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.unauthorized_lead();
    latchkey.register(&portal, &[("EmailAddress", LEAD_EMAIL), ("Phone", LEAD_PHONE)]).await.ok();
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_lead_is_refused_and_nothing_changes() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    latchkey.register(&portal, &[("mx_PAN_Number", "TAKEN1")]).await.ok();
    let before = latchkey.table.rows_of("account").await;
    let fields = [("EmailAddress", "new@example.com"), ("mx_PAN_Number", "taken1")];
    let answer = latchkey.save_lead(&portal, "PUT", &format!("/api/Leads/{lead}"), &fields).await;
    assert_eq!(answer.refused_lead(400, "MXDuplicateEntryException"), "A lead with this mx_PAN_Number exists.");
    let answer = latchkey.save_lead(&portal, "POST", "/api/Leads", &fields).await;
    answer.refused_lead(400, "MXDuplicateEntryException");
    let all = [("EmailAddress", ""), ("Phone", ""), ("mx_PAN_Number", "")];
    let answer = latchkey.save_lead(&portal, "PUT", &format!("/api/Leads/{lead}"), &all).await;
    assert_eq!(answer.refused_lead(400, "MXInvalidInputException"), "A lead must keep one unique identifier.");
    let answer = latchkey.save_lead(&portal, "POST", "/api/Leads", &[("FirstName", "John")]).await;
    answer.refused_lead(400, "MXMandatoryAttributeMissingException");
    let password = [("mx_Portal_Password", "a sample password")];
    let answer = latchkey.save_lead(&portal, "PUT", &format!("/api/Leads/{lead}"), &password).await;
    answer.refused_lead(400, "MXInvalidInputException");
    let unknown = "/api/Leads/00000000-0000-4000-8000-000000000000";
    latchkey.save_lead(&portal, "PUT", unknown, &fields).await.refused_lead(400, "MXInvalidInputException");
    latchkey
        .save_lead(&portal, "PUT", "/api/Leads/no-uuid", &fields)
        .await
        .refused_lead(400, "MXInvalidInputException");
    let headers = [("authorization", portal.public_key.as_str()), ("content-type", "application/json")];
    let answer = latchkey.send("PUT", &format!("/api/Leads/{lead}"), &headers, "{}").await;
    answer.unauthorized_lead();
    assert_eq!(latchkey.table.rows_of("account").await, before);
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_leads_that_swap_keys_at_once_never_share_one() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let mut leads = Vec::new();
    for pan in ["PAN0", "PAN1"] {
        leads.push(
            latchkey
                .register(&portal, &[("EmailAddress", &format!("{pan}@example.com")), ("mx_PAN_Number", pan)])
                .await
                .lead_id(),
        );
    }
    for round in 0..4 {
        let racer = {
            let (portal, leads) = (portal.clone(), leads.clone());
            move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
                let (portal, path) = (portal.clone(), format!("/api/Leads/{}", leads[number % 2]));
                async move {
                    let pan = format!("PAN{}", (number + round) % 3);
                    latchkey.save_lead(&portal, "PUT", &path, &[("mx_PAN_Number", &pan)]).await.status
                }
            }
        };
        let statuses = latchkey.at_once(10, racer).await;
        assert!(statuses.iter().all(|status| [200, 400, 503].contains(status)), "{statuses:?}");
        latchkey.rest().await;
        let rows = latchkey.table.rows_of("identifier").await;
        assert_eq!(rows.len(), 4, "two e-mail addresses and two numbers, no orphan");
        for account in latchkey.table.rows_of("account").await {
            let id = account["id"].as_s().unwrap();
            let own = rows.iter().filter(|row| row["account_id"].as_s().unwrap() == id).count();
            assert_eq!(own, account["identifiers"].as_m().unwrap().len(), "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_does_not_grow_beyond_what_its_row_holds() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let value = "x".repeat(1_900);
    let mut refused = 0;
    for round in 0..12 {
        let names: Vec<_> = (0..7).map(|number| format!("mx_{round}_{number}")).collect();
        let fields: Vec<_> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
        let answer = latchkey.save_lead(&portal, "PUT", &format!("/api/Leads/{lead}"), &fields).await;
        if answer.status != 200 {
            answer.refused_lead(400, "MXInvalidInputException");
            refused += 1;
        }
    }
    assert!((1..12).contains(&refused), "{refused}");
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_identifies_nobody_voids_no_code_and_what_changes_nothing_writes_nothing() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let path = format!("/api/Leads/{lead}");
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    latchkey.save_lead(&portal, "PUT", &path, &[("mx_City", "Oslo"), ("Phone", "+1 415 741 5569")]).await.ok();
    let before = latchkey.table.rows_of("account").await;
    latchkey.save_lead(&portal, "PUT", &path, &[("mx_City", "Oslo"), ("EmailAddress", LEAD_EMAIL)]).await.ok();
    assert_eq!(latchkey.table.rows_of("account").await, before);
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_of_an_address_is_the_same_address() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let known = [("EmailAddress", "JohnWick@Example.com"), ("Phone", LEAD_PHONE)];
    let lead = latchkey.save_lead(&portal, "POST", "/api/Leads", &known).await.lead_id();
    let fields = [("EmailAddress", LEAD_EMAIL), ("Phone", "+1 415-741-5569")];
    assert_eq!(latchkey.register(&portal, &fields).await.lead_id(), lead);
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    let path = format!("/api/Leads/{lead}");
    latchkey.save_lead(&portal, "PUT", &path, &[("EmailAddress", "JOHNWICK@example.com")]).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 1, "nobody is told that an address is gone");
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();
}
