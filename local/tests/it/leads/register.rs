use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::harness::{
    Answer, LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PAN, Portal, by_email, by_key, lead_fields,
};

const WITH_PASSWORD: [(&str, &str); 2] =
    [("mx_Portal_Password", LEAD_PASSWORD), ("mx_Portal_Confirm_Password", LEAD_PASSWORD)];

async fn register_body(latchkey: &Latchkey, portal: &Portal, body: &serde_json::Value) -> Answer {
    let path = ("/api/Authentication/v2/Register", portal.query());
    latchkey.version_2(portal, &portal.public_key, (path.0, &path.1), body).await
}

/// How many accounts there are, and how many identifiers.
async fn counts(latchkey: &Latchkey) -> (usize, usize) {
    (latchkey.table.rows_of("account").await.len(), latchkey.table.rows_of("identifier").await.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_needs_one_identifier_and_no_email() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let answer = latchkey.register(&portal, &[("mx_PAN_Number", PAN), ("FirstName", "John")]).await;
    assert_eq!(answer.ok()["Message"], "Registration Successful");
    let lead = answer.lead_id();
    assert_eq!(lead.len(), 36);
    assert_eq!(latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", PAN, LEAD_PASSWORD)).await.lead_id(), lead);
    let answer = latchkey.register(&portal, &[("FirstName", "John")]).await;
    assert_eq!(answer.refused_lead(400, "MXMandatoryAttributeMissingException"), "One unique identifier is required.");
    assert_eq!(counts(&latchkey).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn version_1_takes_the_public_key_alone_and_wants_an_email() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let path = "/api/Authentication/Register";
    let with_pan = lead_fields(&[("mx_PAN_Number", PAN), WITH_PASSWORD[0], WITH_PASSWORD[1]]);
    let answer = latchkey.authorized(&portal.public_key, path, &with_pan).await;
    assert_eq!(answer.refused_lead(400, "MXMandatoryAttributeMissingException"), "EmailAddress is required.");
    let with_email = lead_fields(&[("EmailAddress", LEAD_EMAIL), WITH_PASSWORD[0], WITH_PASSWORD[1]]);
    let lead = latchkey.authorized(&portal.public_key, path, &with_email).await.lead_id();
    assert_eq!(latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.lead_id(), lead);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_registrations_at_once_with_one_number_make_one_lead() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let racer = {
        let portal = portal.clone();
        move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
            let portal = portal.clone();
            async move {
                let pan = ["SSKKPPYY222", "sskkppyy222", " SsKkPpYy222 "][number % 3];
                let email = format!("lead-{number}@example.com");
                latchkey.register(&portal, &[("EmailAddress", &email), ("mx_PAN_Number", pan)]).await
            }
        }
    };
    let answers = latchkey.at_once(20, racer).await;
    let registered: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(registered.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.refused_lead(400, "MXDuplicateEntryException"), "A lead with this mx_PAN_Number exists.");
    }
    assert_eq!(counts(&latchkey).await, (1, 2), "the losers' e-mail addresses are free");
    latchkey.rest().await;
    let answer = latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", PAN, LEAD_PASSWORD)).await;
    assert_eq!(answer.lead_id(), registered[0].lead_id());
}

/// Fields, and how they are refused.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_no_registration_are_refused_by_name_and_change_nothing() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let email = ("EmailAddress", LEAD_EMAIL);
    let before = counts(&latchkey).await;
    let cases: [Case<'_>; 11] = [
        (&[email], "MXMandatoryAttributeMissingException", "mx_Portal_Password is required."),
        (&[email, WITH_PASSWORD[0]], "MXMandatoryAttributeMissingException", "mx_Portal_Confirm_Password is required."),
        (
            &[email, WITH_PASSWORD[0], ("mx_Portal_Confirm_Password", "Samplepassword@124")],
            "MXInvalidInputException",
            "mx_Portal_Confirm_Password must be the same as mx_Portal_Password.",
        ),
        (
            &[email, email, WITH_PASSWORD[0], WITH_PASSWORD[1]],
            "MXInvalidInputException",
            "EmailAddress must be given once.",
        ),
        (
            &[email, WITH_PASSWORD[0], WITH_PASSWORD[0], WITH_PASSWORD[1]],
            "MXInvalidInputException",
            "mx_Portal_Password must be given once.",
        ),
        (
            &[("EmailAddress", "nobody"), WITH_PASSWORD[0], WITH_PASSWORD[1]],
            "MXInvalidInputException",
            "EmailAddress must be an e-mail address.",
        ),
        (
            &[email, ("Phone", "9845098450"), WITH_PASSWORD[0], WITH_PASSWORD[1]],
            "MXInvalidInputException",
            "Phone must be a telephone number in international form, like +19172249999.",
        ),
        (
            &[email, ("mx_PAN_Number", "a\u{202e}b"), WITH_PASSWORD[0], WITH_PASSWORD[1]],
            "MXInvalidInputException",
            "mx_PAN_Number must be 1 to 255 letters, digits, signs and single spaces.",
        ),
        (
            &[email, ("mx_Portal_Password", "short"), ("mx_Portal_Confirm_Password", "short")],
            "MXInvalidInputException",
            "The password must have at least 8 characters.",
        ),
        (
            &[email, ("mx_Portal_Password", "iloveyou1"), ("mx_Portal_Confirm_Password", "iloveyou1")],
            "MXInvalidInputException",
            "The password is one of the most common ones.",
        ),
        (&[("", "x")], "MXInvalidInputException", "LeadFields[0].Attribute must be a letter"),
    ];
    for (fields, exception_type, message) in cases {
        let answer = register_body(&latchkey, &portal, &lead_fields(fields)).await;
        let said = answer.refused_lead(400, exception_type);
        assert!(said.starts_with(message), "{said}");
    }
    latchkey.rest().await;
    let number = json!({ "LeadFields": [{ "Attribute": "EmailAddress", "Value": 5 }] });
    let said = register_body(&latchkey, &portal, &number).await.refused_lead(400, "MXInvalidInputException");
    assert_eq!(said, "LeadFields[0].Value must be a string.");
    let many: Vec<_> = (0..65).map(|number| (format!("mx_{number}"), "x")).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    register_body(&latchkey, &portal, &lead_fields(&many)).await.refused_lead(400, "MXInvalidInputException");
    assert_eq!(counts(&latchkey).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_needs_8_uncommon_characters_and_no_classes() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let password = "correct horse battery staple";
    let fields =
        [("EmailAddress", LEAD_EMAIL), ("mx_Portal_Password", password), ("mx_Portal_Confirm_Password", password)];
    register_body(&latchkey, &portal, &lead_fields(&fields)).await.lead_id();
    latchkey.lead_sign_in(&portal, &by_email(password)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_a_portal_user_again_takes_nothing_over() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let before = latchkey.table.rows_of("account").await;
    for only_new in [false, true] {
        for identifier in [("EmailAddress", LEAD_EMAIL), ("mx_PAN_Number", PAN)] {
            let fields = [
                identifier,
                ("Phone", "+14155550000"),
                ("mx_Portal_Password", "the attacker's own"),
                ("mx_Portal_Confirm_Password", "the attacker's own"),
            ];
            let mut body = lead_fields(&fields);
            body["RegisterOnlyNewLead"] = json!(only_new);
            register_body(&latchkey, &portal, &body).await.refused_lead(400, "MXDuplicateEntryException");
        }
    }
    assert_eq!(latchkey.table.rows_of("account").await, before);
    assert_eq!(counts(&latchkey).await, (1, 3));
    assert_eq!(latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.lead_id(), lead);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_no_portal_user_becomes_one_by_the_secret_key_alone() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.save_lead(&portal, "POST", "/api/Leads", &[("mx_PAN_Number", PAN)]).await.lead_id();
    let mut body =
        lead_fields(&[("mx_PAN_Number", PAN), ("EmailAddress", LEAD_EMAIL), WITH_PASSWORD[0], WITH_PASSWORD[1]]);
    body["RegisterOnlyNewLead"] = json!(true);
    register_body(&latchkey, &portal, &body).await.refused_lead(400, "MXDuplicateEntryException");
    for only_new in [true, false] {
        body["RegisterOnlyNewLead"] = json!(only_new);
        let public = latchkey.authorized(&portal.public_key, "/api/Authentication/Register", &body).await;
        public.refused_lead(400, "MXDuplicateEntryException");
    }
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.unauthorized_lead();
    assert_eq!(register_body(&latchkey, &portal, &body).await.lead_id(), lead);
    assert_eq!(latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.lead_id(), lead);
    assert_eq!(counts(&latchkey).await, (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_a_tax_number_replaces_no_address_of_the_lead() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let known = [("EmailAddress", LEAD_EMAIL), ("mx_PAN_Number", PAN)];
    latchkey.save_lead(&portal, "POST", "/api/Leads", &known).await.ok();
    let before = latchkey.table.rows_of("account").await;
    let thief = [("mx_PAN_Number", PAN), ("EmailAddress", "thief@example.com")];
    let answer = latchkey.register(&portal, &thief).await;
    let said = answer.refused_lead(400, "MXDuplicateEntryException");
    assert_eq!(said, "The lead has another EmailAddress. Change it first.");
    let emptied = [("mx_PAN_Number", PAN), ("EmailAddress", "")];
    latchkey.register(&portal, &emptied).await.refused_lead(400, "MXDuplicateEntryException");
    assert_eq!(latchkey.table.rows_of("account").await, before);
    assert_eq!(counts(&latchkey).await, (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_key_alone_does_not_learn_which_identifier_is_taken() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.begin_window(3_600).await;
    let probe = async |email: &str, pan: &str| {
        let fields = [("EmailAddress", email), ("mx_PAN_Number", pan), WITH_PASSWORD[0], WITH_PASSWORD[1]];
        latchkey.authorized(&portal.public_key, "/api/Authentication/Register", &lead_fields(&fields)).await
    };
    let (by_email, by_number) = (probe(LEAD_EMAIL, "FREE1").await, probe("free@example.com", PAN).await);
    assert_eq!(by_email.refused_lead(400, "MXDuplicateEntryException"), by_number.json()["ExceptionMessage"]);
    for _ in 2..10 {
        probe(LEAD_EMAIL, "FREE1").await.refused_lead(400, "MXDuplicateEntryException");
    }
    probe(LEAD_EMAIL, "FREE1").await.refused_lead(429, "MXAPIRateLimitExceededException");
    assert_eq!(counts(&latchkey).await, (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portals_own_fields_are_never_kept_however_they_are_written() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    for field in ["mx_portal_password", "MX_PORTAL_PASSWORD", "mx_Portal_Hint"] {
        let answer = latchkey.register(&portal, &[("EmailAddress", LEAD_EMAIL), (field, "hunter2hunter2")]).await;
        assert_eq!(answer.refused_lead(400, "MXInvalidInputException"), format!("{field} cannot be set here."));
    }
    assert!(!format!("{:?}", latchkey.table.rows().await).contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_who_claim_one_lead_at_once_one_does() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.save_lead(&portal, "POST", "/api/Leads", &[("mx_PAN_Number", PAN)]).await.ok();
    let racer = {
        let portal = portal.clone();
        move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
            let portal = portal.clone();
            async move {
                let email = format!("claimant-{number}@example.com");
                latchkey.register(&portal, &[("mx_PAN_Number", PAN), ("EmailAddress", &email)]).await.status
            }
        }
    };
    let mut statuses = latchkey.at_once(8, racer).await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| [400, 503].contains(status)), "{statuses:?}");
    assert_eq!(counts(&latchkey).await, (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_lead_is_not_claimed() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.save_lead(&portal, "POST", "/api/Leads", &[("mx_PAN_Number", PAN)]).await.ok();
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    let answer = latchkey.register(&portal, &[("mx_PAN_Number", PAN)]).await;
    answer.refused_lead(400, "MXDuplicateEntryException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_somebody_signed_in_to_by_code_is_theirs() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let known = [("mx_PAN_Number", PAN), ("Phone", LEAD_PHONE)];
    let lead = latchkey.save_lead(&portal, "POST", "/api/Leads", &known).await.lead_id();
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    assert_eq!(latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.lead_id(), lead);
    let answer = latchkey.register(&portal, &[("mx_PAN_Number", PAN)]).await;
    answer.refused_lead(400, "MXDuplicateEntryException");
    assert!(latchkey.log.lines().contains(&format!("the mx_PAN_Number is that of lead {lead}")), "for the operator");
    latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", PAN, LEAD_PASSWORD)).await.unauthorized_lead();
}
