use super::{App, Caller};
use crate::account::{Account, Owner};
use crate::log::Line;
use crate::store::TenantSettings;
use crate::types::{Format, SchemaName, Timestamp};

/// An unclaimed account as its owner has it, who just proved the address in `field`. Anybody may have chosen the
/// password, opened the sessions and named the other addresses, so they are gone (yardstick E6).
pub(super) fn claimed(before: &Account, field: &SchemaName, settings: &TenantSettings, now: Timestamp) -> Account {
    let is_anothers = |other: &SchemaName| {
        let format = settings.lead_key(other);
        other != field && matches!(format, Some(Format::Email | Format::Phone))
    };
    let mut after = before.clone().with_new_identity(now).with_new_password(None, now);
    after.identifiers.retain(|other, _| !is_anothers(other));
    if let Owner::Lead { fields } = &mut after.owner {
        fields.retain(|other, _| !is_anothers(other));
    }
    after.email_verified_at = (*field == SchemaName::email_address()).then(|| now.seconds());
    after.phone_verified_at = (*field == SchemaName::phone()).then(|| now.seconds());
    after.email = after.email.filter(|_| after.email_verified_at.is_some());
    after.phone = after.phone.filter(|_| after.phone_verified_at.is_some());
    after.is_unclaimed = false;
    after
}

impl App {
    pub(super) fn log_claim(&self, caller: &Caller, account: &Account) {
        let line = Line { account: Some(account.id.to_string()), ..caller.line("account.claimed") };
        self.log.warn(&self.clock, &line);
    }
}
