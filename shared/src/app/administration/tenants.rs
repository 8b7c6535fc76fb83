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
        self.log_tenant("tenant.created", &tenant.id);
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
        let after = after.ok_or_else(|| Error::conflict("the settings were changed at the same time"))?;
        self.log.warn(&self.clock, &administrator.caller.line("settings.changed"));
        Ok(after)
    }

    /// Takes a tenant away with all that is its own. `progress` is told how many rows of the table were looked at; whoever
    /// calls again after a fault goes on. Running instances believe for a minute that it is there: what they write in it
    /// meanwhile is taken away by another call after that.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn delete_tenant(&self, id: &TenantId, progress: impl Fn(u64)) -> Result<(), Error> {
        if !self.store.delete_tenant(id, progress, self.clock.now()).await? {
            return Err(Code::NotFound.because("no such tenant").saying("There is no such tenant."));
        }
        self.log_tenant("tenant.deleted", id);
        Ok(())
    }

    fn log_tenant(&self, event: &str, tenant: &TenantId) {
        let (administrator, request_id) = (ClientId::administrator(), self.random.uuid().to_string());
        let line = Line {
            event,
            request_id: &request_id,
            tenant: Some(tenant.as_str()),
            client: Some(administrator.as_str()),
            ..Line::default()
        };
        self.log.warn(&self.clock, &line);
    }
}
