use shared::http::{Handler, Refuse};
use shared::wire::{customers, intermediaries, leads, pages, standards, transfers};

/// One function of `template.yaml`, as this process runs it.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The name of its package, binary and event file.
    pub name: &'static str,
    pub refuse: Refuse,
    pub handler: Handler,
}

/// Every function that a route leads to. Which routes lead to them is `template.yaml`'s to say.
pub const FUNCTIONS: [Function; 58] = [
    Function::new("intermediary-create-intermediary", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_create_intermediary::handle(app, request))
    }),
    Function::new("intermediary-create-account", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_create_account::handle(app, request))
    }),
    Function::new("intermediary-find-account", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_find_account::handle(app, request))
    }),
    Function::new("intermediary-history", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_history::handle(app, request))
    }),
    Function::new("intermediary-sign-in", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_sign_in::handle(app, request))
    }),
    Function::new("intermediary-send-sign-in-code", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_send_sign_in_code::handle(app, request))
    }),
    Function::new("intermediary-check-session", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_check_session::handle(app, request))
    }),
    Function::new("intermediary-sign-out", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_sign_out::handle(app, request))
    }),
    Function::new("intermediary-verify-email", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_verify_email::handle(app, request))
    }),
    Function::new("intermediary-verify-phone", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_verify_phone::handle(app, request))
    }),
    Function::new("intermediary-send-invite", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_send_invite::handle(app, request))
    }),
    Function::new("intermediary-accept-invite", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_accept_invite::handle(app, request))
    }),
    Function::new("intermediary-check-password", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_check_password::handle(app, request))
    }),
    Function::new("intermediary-change-password", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_change_password::handle(app, request))
    }),
    Function::new("intermediary-reset-password", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_reset_password::handle(app, request))
    }),
    Function::new("intermediary-change-email", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_change_email::handle(app, request))
    }),
    Function::new("intermediary-change-phone", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_change_phone::handle(app, request))
    }),
    Function::new("intermediary-change-name", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_change_name::handle(app, request))
    }),
    Function::new("intermediary-set-status", intermediaries::refuse, |app, request| {
        Box::pin(intermediary_set_status::handle(app, request))
    }),
    Function::new("lead-portal-keys", leads::refuse, |app, request| Box::pin(lead_portal_keys::handle(app, request))),
    Function::new("lead-register", leads::refuse, |app, request| Box::pin(lead_register::handle(app, request))),
    Function::new("lead-sign-in", leads::refuse, |app, request| Box::pin(lead_sign_in::handle(app, request))),
    Function::new("lead-send-sign-in-code", leads::refuse, |app, request| {
        Box::pin(lead_send_sign_in_code::handle(app, request))
    }),
    Function::new("lead-change-password", leads::refuse, |app, request| {
        Box::pin(lead_change_password::handle(app, request))
    }),
    Function::new("lead-reset-password", leads::refuse, |app, request| {
        Box::pin(lead_reset_password::handle(app, request))
    }),
    Function::new("lead-auto-login-key", leads::refuse, |app, request| {
        Box::pin(lead_auto_login_key::handle(app, request))
    }),
    Function::new("lead-save", leads::refuse, |app, request| Box::pin(lead_save::handle(app, request))),
    Function::new("lead-not-found", leads::refuse, |app, request| Box::pin(lead_not_found::handle(app, request))),
    Function::new("transfer-issue-client-token", transfers::refuse, |app, request| {
        Box::pin(transfer_issue_client_token::handle(app, request))
    }),
    Function::new("transfer-create-session", transfers::refuse, |app, request| {
        Box::pin(transfer_create_session::handle(app, request))
    }),
    Function::new("transfer-find-session", transfers::refuse, |app, request| {
        Box::pin(transfer_find_session::handle(app, request))
    }),
    Function::new("transfer-authorize", pages::refuse, |app, request| {
        Box::pin(transfer_authorize::handle(app, request))
    }),
    Function::new("transfer-sign-in-page", pages::refuse, |app, request| {
        Box::pin(transfer_sign_in_page::handle(app, request))
    }),
    Function::new("transfer-qr-code", pages::refuse, |app, request| Box::pin(transfer_qr_code::handle(app, request))),
    Function::new("transfer-consents", pages::refuse, |app, request| Box::pin(transfer_consents::handle(app, request))),
    Function::new("customer-issue-token", customers::refuse, |app, request| {
        Box::pin(customer_issue_token::handle(app, request))
    }),
    Function::new("customer-create-customer", customers::refuse, |app, request| {
        Box::pin(customer_create_customer::handle(app, request))
    }),
    Function::new("customer-find-customer", customers::refuse, |app, request| {
        Box::pin(customer_find_customer::handle(app, request))
    }),
    Function::new("customer-update-customer", customers::refuse, |app, request| {
        Box::pin(customer_update_customer::handle(app, request))
    }),
    Function::new("customer-delete-customer", customers::refuse, |app, request| {
        Box::pin(customer_delete_customer::handle(app, request))
    }),
    Function::new("customer-verify-communication", customers::refuse, |app, request| {
        Box::pin(customer_verify_communication::handle(app, request))
    }),
    Function::new("customer-login", customers::refuse, |app, request| Box::pin(customer_login::handle(app, request))),
    Function::new("customer-second-factor", customers::refuse, |app, request| {
        Box::pin(customer_second_factor::handle(app, request))
    }),
    Function::new("customer-mfa-recovery", customers::refuse, |app, request| {
        Box::pin(customer_mfa_recovery::handle(app, request))
    }),
    Function::new("customer-passwordless", customers::refuse, |app, request| {
        Box::pin(customer_passwordless::handle(app, request))
    }),
    Function::new("customer-request-password-change", customers::refuse, |app, request| {
        Box::pin(customer_request_password_change::handle(app, request))
    }),
    Function::new("customer-revoke-token", customers::refuse, |app, request| {
        Box::pin(customer_revoke_token::handle(app, request))
    }),
    Function::new("customer-list-keys", customers::refuse, |app, request| {
        Box::pin(customer_list_keys::handle(app, request))
    }),
    Function::new("customer-clients", customers::refuse, |app, request| {
        Box::pin(customer_clients::handle(app, request))
    }),
    Function::new("customer-totp", customers::refuse, |app, request| Box::pin(customer_totp::handle(app, request))),
    Function::new("customer-sessions", customers::refuse, |app, request| {
        Box::pin(customer_sessions::handle(app, request))
    }),
    Function::new("customer-settings", customers::refuse, |app, request| {
        Box::pin(customer_settings::handle(app, request))
    }),
    Function::new("customer-not-found", customers::refuse, |app, request| {
        Box::pin(customer_not_found::handle(app, request))
    }),
    Function::new("standard-metadata", standards::refuse, |app, request| {
        Box::pin(standard_metadata::handle(app, request))
    }),
    Function::new("standard-token", standards::refuse, |app, request| Box::pin(standard_token::handle(app, request))),
    Function::new("standard-introspect", standards::refuse, |app, request| {
        Box::pin(standard_introspect::handle(app, request))
    }),
    Function::new("standard-revoke", standards::refuse, |app, request| Box::pin(standard_revoke::handle(app, request))),
    Function::new("standard-keys", standards::refuse, |app, request| Box::pin(standard_keys::handle(app, request))),
];

impl Function {
    const fn new(name: &'static str, refuse: Refuse, handler: Handler) -> Self {
        Self { name, refuse, handler }
    }

    /// The logical id in `template.yaml`: `intermediary-sign-in` is `IntermediarySignInFunction`.
    #[must_use]
    pub fn logical_id(&self) -> String {
        logical_id(self.name)
    }
}

pub(crate) fn logical_id(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    });
    words.collect::<String>() + "Function"
}
