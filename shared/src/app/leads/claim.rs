use crate::account::{Account, FailedSignIns, Owner};
use crate::store::TenantSettings;
use crate::types::{Format, SchemaName};

/// An unclaimed account as its owner has it, who just proved the address in `field`. Anybody may have chosen the
/// password, opened the sessions and named the other addresses, so they are gone (yardstick E6).
pub(super) fn claimed(before: &Account, field: &SchemaName, settings: &TenantSettings) -> Account {
    let is_anothers = |other: &SchemaName| {
        let format = settings.lead_key(other);
        other != field && matches!(format, Some(Format::Email | Format::Phone))
    };
    let mut after = before.clone();
    after.identifiers.retain(|other, _| !is_anothers(other));
    if let Owner::Lead { fields } = &mut after.owner {
        fields.retain(|other, _| !is_anothers(other));
    }
    after.is_email_verified = *field == SchemaName::email_address();
    after.is_phone_verified = *field == SchemaName::phone();
    after.email = after.email.filter(|_| after.is_email_verified);
    after.phone = after.phone.filter(|_| after.is_phone_verified);
    after.is_unclaimed = false;
    after.identity_version += 1;
    after.revision += 1;
    after.password_version += 1;
    after.password_hash = None;
    after.sessions.clear();
    after.failures = FailedSignIns::default();
    after
}
