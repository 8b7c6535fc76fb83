use crate::app::App;
use crate::app::customers::BackEnd;
use crate::error::{Code, Error};
use crate::log::Line;
use crate::store::{Tenant, TenantSettings};
use crate::types::{ClientId, TenantId};

impl App {
    /// Makes a tenant.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when it is there; then nothing has changed.
    pub async fn create_tenant(&self, id: TenantId, settings: TenantSettings) -> Result<Tenant, Error> {
        let tenant = Tenant::new(id, settings);
        if !self.store.register_tenant(&tenant, self.clock.now()).await? {
            let message = "There is a tenant of this id.";
            return Err(Code::InvalidRequest.because("the id is another tenant's").saying(message));
        }
        let (administrator, request_id) = (ClientId::administrator(), self.random.uuid().to_string());
        let line = Line {
            event: "tenant.created",
            request_id: &request_id,
            tenant: Some(tenant.id.as_str()),
            client: Some(administrator.as_str()),
            ..Line::default()
        };
        self.log.warn(&self.clock, &line);
        Ok(tenant)
    }

    /// Replaces what a tenant has chosen, if it is as the administrator read it. Running instances know within a minute.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when somebody else changes it at the same time.
    pub async fn choose_settings(&self, administrator: &BackEnd, settings: TenantSettings) -> Result<Tenant, Error> {
        let before = administrator.caller.tenant.as_ref();
        if settings == before.settings {
            return Ok(before.clone());
        }
        let after = self.store.change_settings(before, settings).await?;
        let after = after.ok_or_else(|| Code::Unavailable.because("the settings were changed at the same time"))?;
        self.log.warn(&self.clock, &administrator.caller.line("settings.changed"));
        Ok(after)
    }
}
