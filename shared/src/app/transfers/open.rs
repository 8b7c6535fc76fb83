use serde::Deserialize;

use super::ThirdParty;
use crate::app::App;
use crate::error::{Code, Error};
use crate::http::present;
use crate::log::Line;
use crate::token::TransferToken;
use crate::transfer::{Transfer, TransferStatus, VendorData};
use crate::types::{DataScopes, Invalid};

/// What a third party asks for (document 003).
#[derive(Debug, Deserialize)]
pub struct TransferForm {
    scope: String,
    /// What the person may leave out, a part of `scope`. Ours.
    #[serde(default, deserialize_with = "present")]
    optional_scope: Option<String>,
    #[serde(default)]
    vendor_data: Option<VendorData>,
}

/// A transfer that was opened, and what to show as a code.
#[derive(Debug)]
pub struct Opened {
    pub transfer: Transfer,
    pub token: TransferToken,
    pub url: String,
}

impl App {
    /// Opens a data transfer. One call.
    ///
    /// # Errors
    /// [`Code::InvalidScope`], naming the scope that nobody can ask for; [`Code::InsufficientScope`] for one that this
    /// third party may not.
    pub async fn open_transfer(&self, third_party: &ThirdParty, form: TransferForm) -> Result<Opened, Error> {
        let ThirdParty { caller, client, scope: granted } = third_party;
        let scope = scopes("scope", form.scope)?;
        let optional_scope = scopes("optional_scope", form.optional_scope.unwrap_or_default())?;
        if scope.is_empty() {
            return Err(Code::InvalidScope
                .because("no scope")
                .saying("scope must name what is asked for.")
                .at("scope"));
        }
        if optional_scope.iter().any(|optional| !scope.contains(optional)) {
            return Err(Error::invalid("optional_scope", Invalid("must be a part of scope")));
        }
        // Both: a token outlives a change of its client.
        if let Some(beyond) = scope.beyond(granted).or_else(|| scope.beyond(&client.data_scope)) {
            return Err(Error::lacking_scope(&[beyond.as_str()]));
        }
        let (now, tenant) = (caller.now, caller.tenant_id());
        let token = TransferToken::random(tenant.clone(), &self.random);
        let transfer = Transfer {
            id: token.id,
            client_id: caller.client_id.clone(),
            token: token.digest(),
            number: now.milliseconds() * 1_000 + i64::from(self.random.below(1_000)),
            scope,
            optional_scope,
            vendor_data: form.vendor_data,
            status: TransferStatus::Initialized,
            created_at_ms: now.milliseconds(),
            ends_at: now.seconds() + caller.tenant.settings.transfer_seconds(),
            account_id: None,
            approved: None,
            user_data: None,
        };
        self.store.open_transfer(tenant, &transfer, now).await?;
        self.log.info(&self.clock, &Line { transfer: Some(transfer.id.to_string()), ..caller.line("transfer.opened") });
        let url = self.page_of(&token);
        Ok(Opened { transfer, token, url })
    }

    /// Where a code leads.
    #[must_use]
    pub fn page_of(&self, token: &TransferToken) -> String {
        format!("{}/authorize/{}", self.issuer, token.reveal())
    }
}

/// # Errors
/// [`Code::InvalidScope`], naming the first that nobody can ask for.
pub fn scopes(field: &str, text: String) -> Result<DataScopes, Error> {
    DataScopes::try_from(text).map_err(|why| {
        Code::InvalidScope.because("no scopes that anybody can ask for").saying(format!("{field} {why}.")).at(field)
    })
}
