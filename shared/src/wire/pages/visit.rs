use super::{Asker, ConsentPage, OutcomePage, Requested, SecondFactorPage, SignInPage, cookie, words};
use crate::account::Signer;
use crate::app::transfers::{Browser, Outcome, Question, Scanned, Visitor};
use crate::app::{App, Caller, Takes};
use crate::error::{Code, Error};
use crate::http::{Form, Request, Response};
use crate::token::TransferToken;
use crate::types::{DataScope, DataScopes, TenantId};

/// A request for one of the pages: by whom a request was scanned, or whose consents are looked at, in which browser.
#[derive(Debug)]
pub struct Visit {
    pub caller: Caller,
    /// Absent where past consents are looked at.
    pub scanned: Option<Scanned>,
    /// Who is signed in.
    pub visitor: Option<Visitor>,
    pub browser: Browser,
    /// Where the question or the list is.
    pub home: String,
}

impl Visit {
    /// The visit of a code; the page to show instead where the code stands for nothing.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB or KMS does not answer.
    pub async fn of_code(app: &App, request: &Request) -> Result<Result<(Self, Scanned), Response>, Error> {
        let code = request.path_secret("session_token");
        let browser = browser(app, request);
        let opened = match TransferToken::parse(code) {
            Some(token) => app.browsing(&token.tenant, request).await?.zip(Some(token)),
            None => None,
        };
        let (scanned, visitor) = match opened {
            Some((caller, token)) => {
                let (scanned, visitor) = tokio::join!(app.scan(&caller, token), app.visitor(&caller, &browser));
                (scanned?, visitor?)
            }
            None => (None, None),
        };
        let Some(scanned) = scanned else {
            let page =
                OutcomePage { tenant: None, outcome: Outcome::Unknown, client: None, shared: &[], consents_url: None };
            return Ok(Err(page.render(404)));
        };
        let home = format!("/authorize/{}", scanned.token.reveal());
        let caller = scanned.caller.clone();
        Ok(Ok((Self { caller, scanned: Some(scanned.clone()), visitor, browser, home }, scanned)))
    }

    /// The visit of somebody's past consents, of the tenant that the query names, else the browser's cookie.
    ///
    /// # Errors
    /// [`Code::NotFound`] when neither names one.
    pub async fn of_consents(app: &App, request: &Request) -> Result<Self, Error> {
        let browser = browser(app, request);
        let ring = app.key_ring().await?;
        let tenant = match request.query("tenant")? {
            Some(named) => TenantId::try_from(named.to_owned()).ok(),
            None => browser.token(&ring).map(|token| token.tenant),
        };
        let unknown = || {
            let message = "Open this page by the link that your portal gives you: it says whose portal it is.";
            Code::NotFound.because("no tenant").saying(message)
        };
        let caller = app.browsing(&tenant.ok_or_else(unknown)?, request).await?.ok_or_else(unknown)?;
        let home = format!("/authorize/consents?tenant={}", caller.tenant_id());
        let visitor = app.visitor(&caller, &browser).await?;
        Ok(Self { caller, scanned: None, visitor, browser, home })
    }

    #[must_use]
    pub fn tenant_name(&self) -> &str {
        self.caller.tenant.name()
    }

    fn sign_in_url(&self) -> String {
        match &self.scanned {
            Some(scanned) => format!("/authorize/{}/sign-in", scanned.token.reveal()),
            None => format!("/authorize/consents/sign-in?tenant={}", self.caller.tenant_id()),
        }
    }

    fn consents_url(&self) -> String {
        format!("/authorize/consents?tenant={}", self.caller.tenant_id())
    }

    fn asker<'a>(&'a self, Scanned { caller, transfer, client, .. }: &'a Scanned) -> Asker<'a> {
        Asker {
            client: &client.name,
            tenant: self.tenant_name(),
            age_seconds: (caller.now.milliseconds() - transfer.created_at_ms).max(0) / 1_000,
            seconds_left: (transfer.ends_at - caller.now.seconds()).max(0),
        }
    }

    /// Where whoever has the code declines without signing in: only while nobody has signed in to answer.
    fn decline_action(&self) -> Option<&str> {
        let open = self.scanned.as_ref().filter(|scanned| scanned.transfer.account_id.is_none());
        open.map(|_| self.home.as_str())
    }

    /// What a form is bound to beside the browser.
    fn form(&self) -> String {
        match &self.scanned {
            Some(scanned) => scanned.transfer.id.to_string(),
            None => format!("consents {}", self.caller.tenant_id()),
        }
    }

    /// What every form of this visit carries.
    #[must_use]
    pub fn csrf(&self) -> String {
        self.browser.form_token(&self.caller.ring, &self.form())
    }

    /// The form, if it was filled in by this browser, where it was shown.
    ///
    /// # Errors
    /// [`Code::Forbidden`] when it was not; those of [`Request::form`].
    pub fn posted(&self, app: &App, request: &Request) -> Result<Form, Error> {
        let message = "This was sent from another page, so nothing was done. To answer, scan the code again.";
        let from_elsewhere = |reason| Code::Forbidden.because(reason).saying(message);
        if request.header("sec-fetch-site")?.is_some_and(|site| site.ends_with("-site")) {
            return Err(from_elsewhere("sec-fetch-site"));
        }
        // The host is another one where something stands in front.
        let own = [Some(app.issuer()).and_then(host_of), request.header("host")?];
        // `null`, which a stranger's frame has, is nobody's.
        let is_own = |origin| host_of(origin).is_some_and(|host| own.contains(&Some(host)));
        if request.header("origin")?.is_some_and(|origin| !is_own(origin)) {
            return Err(from_elsewhere("origin"));
        }
        let form = request.form()?;
        self.browser.check_form(&self.caller.ring, &self.form(), form.get("csrf"))?;
        Ok(form)
    }

    /// To the question or the list.
    #[must_use]
    pub fn go_home(&self) -> Response {
        Response::see_other(&self.home)
    }

    /// To the form to sign in.
    #[must_use]
    pub fn go_sign_in(&self) -> Response {
        Response::see_other(&self.sign_in_url())
    }

    /// How the request ended.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> Response {
        let scanned = self.scanned.as_ref();
        let approved = scanned.and_then(|scanned| scanned.transfer.approved.as_ref());
        let shared = approved.map(handed_over).unwrap_or_default();
        let consents_url = self.consents_url();
        let is_offered = self.visitor.is_some() || outcome == Outcome::Answered;
        let page = OutcomePage {
            tenant: Some(self.tenant_name()),
            outcome,
            client: scanned.map(|scanned| scanned.client.name.as_str()),
            shared: if outcome == Outcome::Agreed { &shared } else { &[] },
            consents_url: is_offered.then_some(consents_url.as_str()),
        };
        let status = match outcome {
            Outcome::Agreed | Outcome::Declined => 200,
            Outcome::Expired | Outcome::Answered | Outcome::AnsweredElsewhere => 410,
            Outcome::Unknown => 404,
        };
        page.render(status)
    }

    /// The question; with what was wrong about the answer.
    #[must_use]
    pub fn question(
        &self,
        (scanned, visitor): (&Scanned, &Visitor),
        question: &Question,
        error: Option<&Error>,
    ) -> Response {
        let rows = question.offered.iter().filter(|offered| offered.scope != DataScope::UserId);
        let rows = rows.map(|offered| Requested {
            scope: offered.scope,
            is_optional: scanned.transfer.optional_scope.contains(offered.scope),
            entries: offered.entries.iter().map(|entry| entry.shown.as_str()).collect(),
        });
        // It goes along whether or not it was asked for.
        let id = Requested { scope: DataScope::UserId, is_optional: false, entries: vec![&question.subject] };
        let page = ConsentPage {
            asker: self.asker(scanned),
            action: &self.home,
            csrf: &self.csrf(),
            shown: &question.shown,
            signed_in_as: visitor.name(),
            switch_url: &self.sign_in_url(),
            consents_url: &self.consents_url(),
            requested: rows.chain([id]).collect(),
            error: error.map(Error::message),
        };
        page.render(error.map_or(200, |error| error.code().status()))
    }

    /// The form to sign in by; what was typed before stays, but for the password. The cookie comes with it.
    #[must_use]
    pub fn sign_in(&self, app: &App, typed: (&str, &str), error: Option<&Error>, notice: Option<&str>) -> Response {
        let kinds: Vec<_> = self.caller.tenant.settings.consenting().iter().map(|signer| words(*signer)).collect();
        let ((kind, identifier), said) = (typed, error.map(said));
        let page = SignInPage {
            asker: self.scanned.as_ref().map(|scanned| self.asker(scanned)),
            tenant: self.tenant_name(),
            action: &self.sign_in_url(),
            decline_action: self.decline_action(),
            csrf: &self.csrf(),
            kinds: &kinds,
            kind,
            identifier,
            error: said.as_deref(),
            notice,
        };
        let status = error.map_or(200, |error| error.code().status());
        let page = page.render(status).retry_after(error.and_then(Error::retry_after_seconds));
        cookie::keep_browser(app, &self.browser, page)
    }

    /// The form for what is missing to the sign-in; with what was wrong, and in which field.
    #[must_use]
    pub fn second_factor(&self, takes: Takes, is_sent: bool, error: Option<(&str, &Error)>) -> Response {
        let (wrong, error) = error.unzip();
        let said = error.map(said);
        let page = SecondFactorPage {
            asker: self.scanned.as_ref().map(|scanned| self.asker(scanned)),
            tenant: self.tenant_name(),
            action: &self.sign_in_url(),
            decline_action: self.decline_action(),
            csrf: &self.csrf(),
            takes_totp: takes.totp,
            takes_sms: takes.sms,
            takes_email: takes.email,
            takes_recovery_code: takes.recovery_code,
            is_sent,
            wrong: wrong.unwrap_or_default(),
            error: said.as_deref(),
        };
        let status = error.map_or(200, |error| error.code().status());
        page.render(status).retry_after(error.and_then(Error::retry_after_seconds))
    }
}

/// What a consent hands over: what was agreed to, and always the person's id for the third party.
#[must_use]
pub fn handed_over(agreed: &DataScopes) -> Vec<DataScope> {
    let others = agreed.iter().filter(|scope| *scope != DataScope::UserId);
    others.chain([DataScope::UserId]).collect()
}

fn host_of(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, host)| host)
}

fn browser(app: &App, request: &Request) -> Browser {
    cookie::browser(app, request).unwrap_or_else(|| Browser::fresh(&app.random))
}

/// What people are asked for, by the value that comes back.
fn words(signer: Signer) -> (&'static str, &'static str) {
    match signer {
        Signer::Customer => ("customer", "Customer"),
        Signer::Company => ("company", "Company"),
        Signer::Lead => ("lead", "Applicant"),
        Signer::Intermediary => ("intermediary", "Broker or partner"),
    }
}

/// As one says it to people.
fn said(error: &Error) -> String {
    match (error.code(), error.retry_after_seconds()) {
        (Code::InvalidCredentials, _) => "The sign-in name and the password do not match.".to_owned(),
        (Code::InvalidGrant, _) => "That code is not right, or it has expired. Try again.".to_owned(),
        (Code::TooManyRequests, Some(seconds)) => format!("That was too often. Try again in {}.", words::wait(seconds)),
        _ => error.message().to_owned(),
    }
}
