use super::{first_half, identifier_digest, over_budget};
use crate::account::Account;
use crate::app::{App, Caller, Memory, READS, Respond};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::session;
use crate::store::{Proof, SignInCode};
use crate::token::OneTimeCode;
use crate::types::{Identifier, Phone, RefreshLifetime};

/// What somebody gives to sign in by a code that was sent to their phone.
#[derive(Debug)]
pub struct PhoneCodeForm {
    pub code: OneTimeCode,
    /// Binds the try to one number, so that a wrong one costs only that number's code.
    pub phone: Option<Phone>,
    pub lifetime: RefreshLifetime,
}

/// What codes of this purpose are bound to.
pub(in crate::app) const SIGN_IN_CODE: &str = "sign-in";

impl App {
    /// Signs in by a phone code (contract §1.5, mode C). The session has proved a phone.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`]; [`Code::TooManyRequests`] when the tenant's budget of wrong codes is spent.
    pub async fn sign_in_by_phone_code(
        &self,
        caller: &Caller,
        form: &PhoneCodeForm,
        memory: &Memory,
        respond: Respond,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let digest = form.code.digest(&caller.ring, tenant, &[SIGN_IN_CODE]);
        let (code, search) = if let Some(phone) = &form.phone {
            (Some(self.code_at_desk(caller, phone, &digest).await?), None)
        } else {
            let search = self.store.search_code(tenant, &digest, now).await?;
            if let Some(wait) = search.wait(now) {
                return Err(over_budget(wait));
            }
            (search.found.clone(), Some(search))
        };
        let owner = code.as_ref().and_then(|code| code.account_id);
        let account = match owner {
            Some(owner) => self.store.account(tenant, owner, now).await?,
            None => None,
        };
        let good_for = |account: &Account| code.as_ref().is_some_and(|code| code.is_good_for(account));
        let account = account.filter(good_for);
        let (Some(account), Some(code)) = (account, code) else {
            if let Some(search) = &search
                && !self.store.count_wrong_code(tenant, search, now).await?
            {
                return Err(over_budget(search.wait(now).unwrap_or(60)));
            }
            return Err(self.refuse(caller, "no such code"));
        };
        let lifespan = caller.lifespan(form.lifetime);
        let session = self.new_session(caller, &account, &[session::PHONE_CODE], lifespan);
        let proof = Proof::PhoneCode { code: &code, search: search.as_ref() };
        self.open_session(caller, &account, &session, proof, memory, respond).await
    }

    /// The phone's code if it is this one; a wrong try destroys the one that it was held against.
    async fn code_at_desk(&self, caller: &Caller, phone: &Phone, digest: &str) -> Result<SignInCode, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        for _ in 0..READS {
            let desk = match self.store.code_at_desk(tenant, caller.kind, phone, digest, now).await? {
                Ok(code) => return Ok(code),
                Err(desk) => desk,
            };
            let nobody = first_half(&identifier_digest(caller, &Identifier::phone(phone)));
            let entry =
                caller.entry(Happened::SignInRefused, desk.account_id.unwrap_or(nobody)).because("a wrong code");
            let entry = if desk.account_id.is_some() { entry } else { entry.unlisted() };
            if self.store.destroy_code(tenant, caller.kind, phone, &desk, &entry).await? {
                if desk.is_last_straw() {
                    self.log.warn(&self.clock, &caller.line("code.disabled"));
                }
                if desk.digest.is_none() || entry.is_unlisted {
                    return Err(self.refuse(caller, "no such code"));
                }
                self.log_entry(caller, &entry);
                return Err(Code::InvalidCredentials.because("a wrong code"));
            }
        }
        Err(Error::conflict("too many tries at one phone's codes at once"))
    }
}
