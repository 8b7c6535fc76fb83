//! What a person, and what an attacker, would see of each page.

use super::*;
use crate::app::transfers::Outcome;
use crate::types::DataScope;

const CSRF: &str = "the-form-token";
const SCOPES: [DataScope; 2] = [DataScope::Names, DataScope::Email];

fn asker(text: &str) -> Asker<'_> {
    Asker { client: text, tenant: text, age_seconds: 40, seconds_left: 80 }
}

fn sign_in(text: &str) -> SignInPage<'_> {
    SignInPage {
        asker: Some(asker(text)),
        tenant: text,
        action: "/authorize/code/sign-in",
        decline_action: Some("/authorize/code"),
        csrf: CSRF,
        kinds: &[("customer", "Customer"), ("company", "Company")],
        kind: "company",
        identifier: text,
        error: Some(text),
        notice: Some(text),
    }
}

fn second_factor(text: &str) -> SecondFactorPage<'_> {
    SecondFactorPage {
        asker: Some(asker(text)),
        tenant: text,
        action: "/authorize/code/sign-in",
        decline_action: Some("/authorize/code"),
        csrf: CSRF,
        takes_totp: true,
        takes_sms: true,
        takes_email: true,
        takes_recovery_code: true,
        is_sent: true,
        wrong: "code",
        error: Some(text),
    }
}

fn consent(text: &str) -> ConsentPage<'_> {
    let item = |scope, is_optional, entries| Requested { scope, is_optional, entries };
    ConsentPage {
        asker: asker(text),
        action: "/authorize/code",
        csrf: CSRF,
        shown: "all-that-is-shown",
        signed_in_as: text,
        switch_url: "/authorize/code/sign-in",
        consents_url: "/authorize/consents",
        requested: vec![
            item(DataScope::Names, false, vec![text]),
            item(DataScope::Email, false, vec![text, "kari@work.example.com"]),
            item(DataScope::Birthdate, false, vec![]),
            item(DataScope::Phone, true, vec![text]),
            item(DataScope::Address, true, vec![text, "Fjordveien 22"]),
            item(DataScope::BankAccount, true, vec![]),
        ],
        error: Some(text),
    }
}

fn outcome(outcome: Outcome, text: &str) -> OutcomePage<'_> {
    OutcomePage { tenant: Some(text), outcome, client: Some(text), shared: &SCOPES, consents_url: Some("/consents") }
}

fn your_consents(text: &str) -> YourConsentsPage<'_> {
    let consent = |id: &str, revoked_at| GivenConsent {
        id: id.to_owned(),
        client: text,
        scopes: &SCOPES,
        given_at: "22 November 2026, 14:05 UTC".to_owned(),
        revoked_at,
    };
    let revoked = "23 November 2026, 08:00 UTC".to_owned();
    YourConsentsPage {
        tenant: text,
        signed_in_as: text,
        action: "/authorize/consents",
        csrf: CSRF,
        consents: vec![consent("one", None), consent("two", Some(revoked))],
    }
}

/// Each page, with this text wherever one is given.
fn pages(text: &str) -> Vec<Response> {
    const OUTCOMES: [Outcome; 6] = [
        Outcome::Agreed,
        Outcome::Declined,
        Outcome::Expired,
        Outcome::Answered,
        Outcome::AnsweredElsewhere,
        Outcome::Unknown,
    ];
    let mut pages = OUTCOMES.map(|how| outcome(how, text).render(200)).to_vec();
    pages.extend([sign_in(text).render(401), second_factor(text).render(200), consent(text).render(200)]);
    pages.push(your_consents(text).render(200));
    pages.push(Problem { title: text, text, retry_after_seconds: Some(30) }.render(429));
    pages
}

fn header<'a>(page: &'a Response, name: &str) -> &'a str {
    page.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect("both").0
}

/// The names of what a page's forms send, each form's in a list of its own.
fn forms(page: &str) -> Vec<Vec<&str>> {
    let forms = page.split("<form").skip(1).map(|form| form.split_once("</form>").expect("an end").0);
    forms
        .map(|form| form.split(" name=\"").skip(1).map(|name| name.split('"').next().expect("a name")).collect())
        .collect()
}

#[test]
fn what_others_wrote_stays_text() {
    let hostile = "<script>alert(\"1\")</script>'><img src=x onerror=x>{{ 7 * 7 }}\u{202e}\u{2066}&\u{0}";
    for page in pages(hostile) {
        let body = &page.body;
        assert!(!body.contains("<script") && !body.contains("<img") && !body.contains("alert(\""), "{body}");
        assert!(body.contains("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#62;&#60;img"), "{body}");
        assert!(!body.contains(['\u{202e}', '\u{2066}', '\u{0}']), "{body}");
        assert!(body.contains("{{ 7 * 7 }}&#38;"), "{body}");
    }
}

#[test]
fn nothing_but_the_page_itself_is_let_in() {
    use aws_lc_rs::digest::{SHA256, digest};
    for page in pages("Harbour Car Rental") {
        let policy = header(&page, "content-security-policy");
        let style = digest(&SHA256, between(&page.body, "<style>", "</style>").as_bytes());
        let hash = format!("style-src 'sha256-{}'", data_encoding::BASE64.encode(style.as_ref()));
        let others = ["img-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"];
        for directive in ["default-src 'none'", &hash].into_iter().chain(others) {
            assert!(policy.split("; ").any(|part| part == directive), "{directive}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for foreign in ["<script", "<iframe", "style=", " src=", "://", "javascript:", "url(", "@import", " onclick"] {
            assert!(!page.body.contains(foreign), "{foreign}: {}", page.body);
        }
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&page, name), value, "{name}");
        }
    }
}

#[test]
fn every_page_has_a_language_a_title_and_one_heading() {
    for page in pages("Harbour Car Rental") {
        let title = between(&page.body, "<title>", "</title>");
        assert!(!title.trim().is_empty() && !title.contains('\n'), "{title:?}");
        assert_eq!(page.body.matches("<h1").count(), 1, "{title}");
        assert!(page.body.contains("<html lang=\"en\">"), "{title}");
        assert!(page.body.ends_with("</html>"), "{title}");
    }
}

#[test]
fn sign_in_sends_what_its_handler_reads_and_declines_without() {
    let page = sign_in("Kari").render(401);
    let kinds = ["kind", "kind"];
    assert_eq!(forms(&page.body)[0], [&["csrf"], &kinds[..], &["identifier", "password"]].concat());
    assert_eq!(forms(&page.body)[1], ["csrf", "decision"]);
    assert!(page.body.contains("value=\"company\" checked>"), "what was chosen stays chosen");
    assert!(!page.body.contains("value=\"customer\" checked>"));
    assert_eq!(page.body.matches(CSRF).count(), 2);
    assert!(page.body.contains("autocomplete=\"username\"") && page.body.contains("autocomplete=\"current-password\""));
    assert!(page.body.contains("role=\"alert\"") && page.body.contains("aria-describedby=\"error\""));
    assert!(between(&page.body, "<title>", "</title>").starts_with("Error: "));

    let page = SignInPage { kinds: &[("lead", "Applicant")], kind: "", ..sign_in("Kari") }.render(200);
    assert!(
        page.body.contains("<input type=\"hidden\" name=\"kind\" value=\"lead\">"),
        "nobody is asked what is clear"
    );
    let page = SignInPage { asker: None, decline_action: None, error: None, ..sign_in("Kari") }.render(200);
    assert_eq!(forms(&page.body).len(), 1, "who looks at past consents has nothing to decline");
    assert!(!page.body.contains("Decline") && !page.body.contains("role=\"alert\""));
}

#[test]
fn the_second_factor_offers_what_the_account_has() {
    let page = second_factor("Kari").render(200);
    let expected: [&[&str]; 6] = [
        &["csrf", "code"],
        &["csrf", "decision"],
        &["csrf", "totp"],
        &["csrf", "send", "send"],
        &["csrf", "recovery_code"],
        &["csrf", "start_over"],
    ];
    assert_eq!(forms(&page.body), expected);
    assert_eq!(page.body.matches("inputmode=\"numeric\" autocomplete=\"one-time-code\"").count(), 2);

    let none = SecondFactorPage {
        takes_totp: false,
        takes_sms: false,
        takes_email: false,
        takes_recovery_code: false,
        is_sent: false,
        error: None,
        ..second_factor("Kari")
    };
    let names = |page: SecondFactorPage<'_>| {
        let body = page.render(200).body;
        assert!(!body.contains("Other ways"), "one way has no others");
        forms(&body)[0].join(" ")
    };
    assert_eq!(names(SecondFactorPage { takes_totp: true, ..none }), "csrf totp");
    assert_eq!(names(SecondFactorPage { takes_sms: true, ..none }), "csrf send");
    assert_eq!(names(SecondFactorPage { takes_recovery_code: true, ..none }), "csrf recovery_code");
}

#[test]
fn consent_says_who_asks_for_what_and_since_when() {
    let page = consent("Kari Nordmann").render(200).body;
    for said in [
        "Only go on if you scanned this code yourself, just now, on a screen in front of you.",
        "Asked 40 seconds ago",
        "80 seconds left",
        "Your name",
        "Your e-mail address",
        "Nothing on file, so nothing is shared",
        "href=\"/authorize/code/sign-in\">Not you?",
        "href=\"/authorize/consents\"",
        "name=\"shown\" value=\"all-that-is-shown\"",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let required = ["csrf", "shown", "pick.email", "pick.email"];
    let optional = ["scope.phone", "scope.address", "pick.address", "pick.address"];
    assert_eq!(forms(&page), [[&required[..], &optional, &["decision", "decision"]].concat()]);
    let checked: Vec<_> = page.split('<').filter(|tag| tag.starts_with("input") && tag.contains(" checked>")).collect();
    assert_eq!(checked.len(), 2, "the first of several, and nothing that is optional");
    assert!(checked.iter().all(|tag| tag.contains("type=\"radio\"") && tag.contains("value=\"0\"")), "{checked:?}");
}

#[test]
fn no_is_as_easy_as_yes() {
    for (page, yes) in [(consent("Kari").render(200), "Agree"), (sign_in("Kari").render(200), "Sign in")] {
        let buttons =
            page.body.split("<button ").skip(1).map(|button| button.split_once("</button>").expect("an end").0);
        let buttons: Vec<_> = buttons.filter(|button| !button.contains("dialog")).collect();
        assert_eq!(buttons.len(), 2);
        assert!(buttons[0].ends_with(yes) && buttons[1].ends_with("Decline"), "{buttons:?}");
        assert!(buttons.iter().all(|button| button.starts_with("class=\"choice\"")), "{buttons:?}");
    }
    // Enter on a tick presses a form's first button, which sends nothing here.
    let page = consent("Kari").render(200).body;
    assert!(
        page.find("<button class=\"unseen\" formmethod=\"dialog\"").expect("one")
            < page.find("value=\"agree\"").expect("one")
    );
}

#[test]
fn an_end_says_what_happened_and_what_to_do() {
    let page = outcome(Outcome::Agreed, "Kari").render(200).body;
    assert!(
        page.contains("Your name") && page.contains("href=\"/consents\"") && page.contains("go back to the screen")
    );
    for how in [Outcome::Declined, Outcome::Expired, Outcome::AnsweredElsewhere] {
        let page = outcome(how, "Kari").render(200).body;
        assert!(!page.contains("Your name"), "{how:?}");
        assert!(page.contains("nothing was shared") || page.contains("Nothing was shared"), "{how:?}");
        assert!(page.contains("go back to the screen") || page.contains("Go back to the screen"), "{how:?}");
    }
    let page = OutcomePage { tenant: None, client: None, ..outcome(Outcome::Expired, "Kari") }.render(200).body;
    assert!(page.contains("nothing was shared with whoever asked."));
    let page = Problem { title: "Please wait", text: "Too much.", retry_after_seconds: Some(91) }.render(429);
    assert!(page.body.contains("Try again in 2 minutes."));
}

#[test]
fn past_consents_can_be_taken_back_once() {
    let page = your_consents("Harbour Car Rental").render(200).body;
    assert_eq!(forms(&page), [["csrf", "revoke"], ["csrf", "sign_out"]]);
    assert!(page.contains("value=\"one\"") && !page.contains("value=\"two\""));
    assert!(page.contains("Taken back 23 November 2026, 08:00 UTC"));
    let none = YourConsentsPage { consents: Vec::new(), ..your_consents("Kari") }.render(200).body;
    assert!(none.contains("You have shared nothing yet.") && !none.contains("revoke"));
}
