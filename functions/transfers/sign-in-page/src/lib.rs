//! `GET /authorize/{session_token}/sign-in`, `POST /authorize/{session_token}/sign-in`, `GET /authorize/consents/sign-in`,
//! `POST /authorize/consents/sign-in`: signs a person in to the pages, with every factor that their account has.
//!
//! In: a form of the page: `csrf` and `kind`, `identifier`, `password`; then, where a second factor is missing, `send` =
//! `sms` or `email`, `code`, `totp`, `recovery_code` or `start_over`. Out: 303 to the question (or to how it
//! ended), to the list of consents, or to the next form; the cookie is another one each time. A page with what was wrong:
//! 400, 401, 429.
//! Refuses: as a page, 403 a form that was not shown to this browser; 404.

use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as NoSigner, StrDeserializer};
use shared::account::Signer;
use shared::app::transfers::{Browser, Outcome, PageSignIn};
use shared::app::{App, MfaAnswer, MfaRequired, OobChannel, SignInAnswers, SignedIn};
use shared::error::{Code, Error};
use shared::http::{Form, Request, Response};
use shared::password::Password;
use shared::token::{LinkSecret, OneTimeCode, RecoveryCode};
use shared::wire::pages::{Visit, keep_browser};

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let visit = if request.path_parameters.contains_key("session_token") {
        match Visit::of_code(app, &request).await? {
            Ok((visit, scanned)) => match Outcome::of(&scanned.transfer, None, visit.caller.now) {
                Some(_) => return Ok(visit.go_home()),
                None => visit,
            },
            Err(page) => return Ok(page),
        }
    } else {
        Visit::of_consents(app, &request).await?
    };
    if request.method == "POST" { post(app, &visit, &request).await } else { show(app, &visit).await }
}

/// The form that is next.
async fn show(app: &App, visit: &Visit) -> Result<Response, Error> {
    if let Some((token, handle)) = visit.browser.second_factor() {
        match app.missing_factor(&visit.caller, token).await {
            Ok(takes) => return Ok(visit.second_factor(takes, handle.is_some(), None)),
            Err(error) if error.code() == Code::InvalidMfaToken => {}
            Err(error) => return Err(error),
        }
    }
    let may_not = visit.visitor.as_ref().is_some_and(|visitor| !visitor.may_agree());
    let notice = may_not.then_some("For your safety, sign in again to answer.");
    Ok(visit.sign_in(app, ("", ""), None, notice))
}

async fn post(app: &App, visit: &Visit, request: &Request) -> Result<Response, Error> {
    let form = visit.posted(app, request)?;
    if form.get("start_over").is_some() {
        return Ok(keep_browser(app, &Browser::fresh(&app.random), visit.go_sign_in()));
    }
    match visit.browser.second_factor() {
        Some((token, handle)) if form.get("password").is_none() => {
            second_factor(app, visit, &form, (token, handle)).await
        }
        _ => first_factor(app, visit, &form).await,
    }
}

async fn first_factor(app: &App, visit: &Visit, form: &Form) -> Result<Response, Error> {
    let who = OnceLock::new();
    let typed = (form.get("kind").unwrap_or_default(), form.get("identifier").unwrap_or_default());
    let outcome = match credentials(visit, form) {
        Ok(credentials) => {
            let signed_in = |signed_in: &SignedIn<'_>| {
                who.get_or_init(|| signed_in.account.id);
                Ok(let_in(app, visit, signed_in))
            };
            let mfa_required = |required: &MfaRequired| {
                who.get_or_init(|| required.account_id);
                ask_for_more(app, visit, required)
            };
            let answers = SignInAnswers { signed_in: &signed_in, mfa_required: &mfa_required };
            app.sign_in_on_page(&visit.caller, credentials, answers).await
        }
        Err(error) => Err(error),
    };
    match outcome {
        Err(error) if error.code().status() < 500 => Ok(visit.sign_in(app, typed, Some(&error), None)),
        Ok(answer) => {
            if let (Some(before), Some(successor)) = (&visit.visitor, who.get()) {
                app.give_way(visit.scanned.as_ref(), (before, *successor)).await?;
            }
            Ok(answer)
        }
        fault => fault,
    }
}

fn credentials(visit: &Visit, form: &Form) -> Result<PageSignIn, Error> {
    let missing = |message: &'static str| Code::MissingField.because("nothing typed").saying(message);
    let identifier = form.get("identifier").ok_or_else(|| missing("Type who you are."))?.to_owned();
    let password = form.get("password").ok_or_else(|| missing("Type your password."))?.to_owned();
    let signers = visit.caller.tenant.settings.consenting();
    let kind: StrDeserializer<'_, NoSigner> = form.get("kind").unwrap_or_default().into_deserializer();
    let signer = Signer::deserialize(kind).ok().filter(|signer| signers.contains(signer));
    let only = || signers.first().copied().filter(|_| signers.len() == 1);
    let signer = signer.or_else(only).ok_or_else(|| missing("Choose what kind of account you have."))?;
    Ok(PageSignIn { signer, identifier, password: Password::from(password) })
}

async fn second_factor(
    app: &App,
    visit: &Visit,
    form: &Form,
    (token, handle): (&str, Option<LinkSecret>),
) -> Result<Response, Error> {
    let is_sent = handle.is_some();
    let outcome = match form.get("send") {
        Some(channel) => {
            let channel = if channel == "email" { OobChannel::Email } else { OobChannel::Sms };
            let sent =
                |handle: &LinkSecret| keep_browser(app, &Browser::half_way(token, Some(handle)), visit.go_sign_in());
            app.send_code_on_page(&visit.caller, (token, channel), sent).await
        }
        None => match answer(form, handle) {
            Ok(answer) => {
                let signed_in = |signed_in: &SignedIn<'_>| Ok(let_in(app, visit, signed_in));
                let mfa_required = |required: &MfaRequired| ask_for_more(app, visit, required);
                let answers = SignInAnswers { signed_in: &signed_in, mfa_required: &mfa_required };
                app.answer_mfa(&visit.caller, token, &answer, answers).await
            }
            Err(error) => Err(error),
        },
    };
    let error = match outcome {
        Err(error) if error.code().status() < 500 => error,
        outcome => return outcome,
    };
    match app.missing_factor(&visit.caller, token).await {
        Ok(takes) => {
            let filled_in = ["code", "totp", "recovery_code"].into_iter().find(|field| form.get(field).is_some());
            Ok(visit.second_factor(takes, is_sent, Some((filled_in.unwrap_or_default(), &error))))
        }
        Err(over) if over.code() == Code::InvalidMfaToken => {
            let message = "Too many wrong codes, or more than 5 minutes. Sign in again.";
            Ok(visit.sign_in(app, ("", ""), Some(&over.saying(message)), None))
        }
        Err(fault) => Err(fault),
    }
}

fn answer(form: &Form, handle: Option<LinkSecret>) -> Result<MfaAnswer, Error> {
    let code = |name: &str, text: &str| {
        let digits: String = text.chars().filter(|typed| !typed.is_whitespace()).collect();
        OneTimeCode::try_from(digits).map_err(|_| Code::InvalidGrant.because("no code by its form").at(name))
    };
    if let Some(text) = form.get("totp") {
        return Ok(MfaAnswer::Totp(code("totp", text)?));
    }
    if let Some(text) = form.get("recovery_code") {
        return Ok(MfaAnswer::Recovery(RecoveryCode::from(text.to_owned())));
    }
    let missing = || Code::MissingField.because("no code").saying("Type the code.");
    let (text, handle) = form.get("code").zip(handle).ok_or_else(missing)?;
    Ok(MfaAnswer::Code { handle, code: code("code", text)? })
}

fn let_in(app: &App, visit: &Visit, SignedIn { account, session, .. }: &SignedIn<'_>) -> Response {
    keep_browser(app, &Browser::signed_in(&visit.caller, account, session), visit.go_home())
}

fn ask_for_more(app: &App, visit: &Visit, required: &MfaRequired) -> Response {
    keep_browser(app, &Browser::half_way(required.token.reveal(), None), visit.go_sign_in())
}
