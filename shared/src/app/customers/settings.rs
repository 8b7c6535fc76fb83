use std::sync::Arc;

use super::{BackEnd, scopes};
use crate::app::App;
use crate::error::{Code, Error};
use crate::store::{MfaSettings, Tenant};

/// What a tenant changes of its settings (contract §4.10). What is absent stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct SettingsForm {
    pub mfa_is_enabled: Option<bool>,
    pub mfa_takes_email: Option<bool>,
    pub customers_share_phones: Option<bool>,
}

impl App {
    /// Changes the tenant's settings. Other instances know within a minute.
    ///
    /// # Errors
    /// [`Code::InsufficientScope`] when it changes what is said of second factors and may not; [`Code::Unavailable`]
    /// when somebody else changes them at the same time.
    pub async fn change_settings(&self, back_end: &BackEnd, form: SettingsForm) -> Result<Arc<Tenant>, Error> {
        let caller = &back_end.caller;
        if form.customers_share_phones.is_some() {
            back_end.require(scopes::CHANGE_CUSTOMER)?;
        }
        if form.mfa_is_enabled.is_some() || form.mfa_takes_email.is_some() {
            back_end.require(scopes::CHANGE_MFA)?;
        }
        let gone = || Code::Internal.because("a caller of no tenant");
        let before = self.store.tenant(caller.tenant_id(), caller.now).await?.ok_or_else(gone)?;
        let mut settings = before.settings.clone();
        settings.mfa = MfaSettings {
            is_enabled: form.mfa_is_enabled.unwrap_or(settings.mfa.is_enabled),
            takes_email: form.mfa_takes_email.unwrap_or(settings.mfa.takes_email),
        };
        settings.customers_share_phones = form.customers_share_phones.unwrap_or(settings.customers_share_phones);
        let after = self.store.change_settings(&before, settings).await?.map(Arc::new);
        let after = after.ok_or_else(|| Error::conflict("the settings were changed at the same time"))?;
        self.tenants.put(after.id.clone(), Arc::clone(&after), caller.now);
        self.log.warn(&self.clock, &caller.line("settings.changed"));
        Ok(after)
    }
}
