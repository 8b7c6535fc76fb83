//! `POST /v1/accounts/{oid}/auth/token`: gives tokens for a grant (contract §4.1).
//!
//! In: JSON, told apart by `grant_type`. `client_credentials`, with `Authorization: Basic` of client id and secret:
//! `audience`, `scope`?. The others with `Authorization: Bearer` of a client's own token that holds
//! `write:accounts:/auth/users`, `write:accounts:/auth/users/no-mfa`, `write:accounts` or `admin:accounts`:
//! `refresh_token`: `refresh_token`, `scope`?, `audience`?; `mfa_oob`: `mfa_token`, `oob_code`, `binding_code`;
//! `mfa_otp`: `mfa_token`, `otp`; `mfa_recovery_code`: `mfa_token`, `recovery_code`; `authorization_code`: `ident_type`,
//! `ident`, `verification_code`, `audience`, `type`?. Hyphens do for underscores in `mfa_...`.
//! Out: 200 `{"access_token", "token_type", "expires_in", "refresh_token"?, "scope"}`, or 403 `mfa_required` with an
//! `mfa_token`.
//! Refuses: 400 `invalid_request`, `unsupported_grant_type`, `invalid_scope`, `invalid_grant` (every reason alike); 401
//! `invalid_client`, `invalid_token`; 403 `forbidden`, `insufficient_scope`, `invalid_target`; 429 after too many bad
//! secrets from one source.

use serde::Deserialize;
use shared::app::App;
use shared::app::MfaAnswer;
use shared::app::customers::{BackEnd, PasswordlessForm, RefreshForm, Who, scopes};
use shared::error::{Code, Error};
use shared::http::{Request, Response, present};
use shared::token::{LinkSecret, OneTimeCode, RecoveryCode};
use shared::types::{Audience, CustomerId, Email, Identifier, Scopes};
use shared::wire::customers::{self, SignInType};

#[derive(Deserialize)]
struct Grant {
    grant_type: String,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let Grant { grant_type } = request.json()?;
    if grant_type == "client_credentials" {
        return client_credentials(app, &request).await;
    }
    let grant: for<'a> fn(&Request) -> Result<Asked, Error> = match grant_type.as_str() {
        "refresh_token" => refresh_token,
        "mfa_oob" | "mfa-oob" => mfa_oob,
        "mfa_otp" | "mfa-otp" => mfa_otp,
        "mfa_recovery_code" | "mfa-recovery-code" => mfa_recovery_code,
        "authorization_code" => authorization_code,
        _ => return Err(Code::UnsupportedGrantType.because("another grant").at("grant_type")),
    };
    let back_end = customers::back_end(app, &request, scopes::GRANTS).await?;
    grant_to(app, &back_end, grant(&request)?).await
}

/// What a back end asks a person's tokens for.
enum Asked {
    Refresh(RefreshForm),
    SecondFactor(String, MfaAnswer),
    Passwordless(PasswordlessForm, SignInType),
}

async fn grant_to(app: &App, back_end: &BackEnd, asked: Asked) -> Result<Response, Error> {
    match asked {
        Asked::Refresh(form) => app.refresh(&back_end.caller, &form, customers::refreshed).await,
        Asked::SecondFactor(token, answer) => {
            app.answer_mfa(&back_end.caller, &token, &answer, customers::SIGN_IN).await
        }
        Asked::Passwordless(form, kind) => {
            let back_end = back_end.clone().about(kind.into());
            app.sign_in_without_password(&back_end, &form, customers::SIGN_IN).await
        }
    }
}

async fn client_credentials(app: &App, request: &Request) -> Result<Response, Error> {
    #[derive(Deserialize)]
    struct Body {
        audience: Audience,
        #[serde(default, deserialize_with = "present")]
        scope: Option<Scopes>,
    }
    let refused = |reason| Code::InvalidClient.because(reason);
    let (id, secret) = customers::basic(request)?.ok_or_else(|| refused("no Basic authentication"))?;
    let Body { audience, scope } = request.json()?;
    let (caller, client) = app.client_by_secret((&id, &secret), request).await?;
    if caller.tenant_id().as_str() != customers::tenant(request) {
        return Err(refused("another tenant's client"));
    }
    Ok(customers::client_token(&app.client_token(&caller, &client, audience, scope)?))
}

fn refresh_token(request: &Request) -> Result<Asked, Error> {
    #[derive(Deserialize)]
    struct Body {
        refresh_token: String,
        #[serde(default, deserialize_with = "present")]
        scope: Option<Scopes>,
        #[serde(default, deserialize_with = "present")]
        audience: Option<Audience>,
    }
    let Body { refresh_token: token, scope, audience } = request.json()?;
    Ok(Asked::Refresh(RefreshForm { token, scope, audience }))
}

fn mfa_oob(request: &Request) -> Result<Asked, Error> {
    #[derive(Deserialize)]
    struct Body {
        mfa_token: String,
        oob_code: LinkSecret,
        binding_code: OneTimeCode,
    }
    let Body { mfa_token, oob_code: handle, binding_code: code } = request.json()?;
    Ok(Asked::SecondFactor(mfa_token, MfaAnswer::Code { handle, code }))
}

fn mfa_otp(request: &Request) -> Result<Asked, Error> {
    #[derive(Deserialize)]
    struct Body {
        mfa_token: String,
        otp: OneTimeCode,
    }
    let Body { mfa_token, otp } = request.json()?;
    Ok(Asked::SecondFactor(mfa_token, MfaAnswer::Totp(otp)))
}

fn mfa_recovery_code(request: &Request) -> Result<Asked, Error> {
    #[derive(Deserialize)]
    struct Body {
        mfa_token: String,
        recovery_code: RecoveryCode,
    }
    let Body { mfa_token, recovery_code } = request.json()?;
    Ok(Asked::SecondFactor(mfa_token, MfaAnswer::Recovery(recovery_code)))
}

fn authorization_code(request: &Request) -> Result<Asked, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum IdentType {
        Email,
        UserId,
    }
    #[derive(Deserialize)]
    struct Body {
        ident_type: IdentType,
        ident: String,
        verification_code: OneTimeCode,
        audience: Audience,
        #[serde(default)]
        r#type: SignInType,
    }
    let Body { ident_type, ident, verification_code: code, audience, r#type } = request.json()?;
    let invalid = |invalid| Error::invalid("ident", invalid);
    let who = match ident_type {
        IdentType::Email => Who::Known(Identifier::email(&Email::try_from(ident).map_err(invalid)?)),
        IdentType::UserId => Who::User(CustomerId::try_from(ident).map_err(invalid)?),
    };
    Ok(Asked::Passwordless(PasswordlessForm { who, audience, code }, r#type))
}
