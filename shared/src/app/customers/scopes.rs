//! The scopes of the customers surface (contract §4), and which of them open which act: any one of a list, compared
//! letter for letter.

pub const ADMIN_ACCOUNTS: &str = "admin:accounts";
const WRITE_ACCOUNTS: &str = "write:accounts";
const READ_ACCOUNTS: &str = "read:accounts";
const USERS: &str = "write:accounts:/auth/users";
/// Signs people in without their second factor.
pub const NO_MFA: &str = "write:accounts:/auth/users/no-mfa";
const MFA: &str = "write:accounts:/auth/mfa";
const PASSWORDLESS: &str = "write:accounts:/auth/passwordless";
const PASSWORDLESS_EMAIL: &str = "write:accounts:/auth/passwordless-email";
const PASSWORDLESS_SMS: &str = "write:accounts:/auth/passwordless-sms";
/// Gets refresh tokens for the people it signs in.
pub const REFRESH_TOKEN: &str = "create:accounts:auth:refresh_token";
const ADMIN_CUSTOMERS: &str = "admin:customers";
const WRITE_CUSTOMERS: &str = "write:customers";
const READ_CUSTOMERS: &str = "read:customers";
const CREATE_CUSTOMERS: &str = "create:customers:/users";

/// Every scope there is. Those of a client's grants that are among them open Latchkey's own calls, so no person's
/// token ever has one.
pub const ALL: [&str; 14] = [
    ADMIN_ACCOUNTS,
    WRITE_ACCOUNTS,
    READ_ACCOUNTS,
    USERS,
    NO_MFA,
    MFA,
    PASSWORDLESS,
    PASSWORDLESS_EMAIL,
    PASSWORDLESS_SMS,
    REFRESH_TOKEN,
    ADMIN_CUSTOMERS,
    WRITE_CUSTOMERS,
    READ_CUSTOMERS,
    CREATE_CUSTOMERS,
];

/// What an act accepts, the narrowest first.
pub type Accepted = &'static [&'static str];

/// Signing in by a password (document 004).
pub const SIGN_IN: Accepted = &[USERS, NO_MFA];
/// Setting a password or pin, starting a sign-in with two factors, mailing a prompt to set a password.
pub const SET_SECRETS: Accepted = &[USERS];
/// Every grant of the token endpoint that a token asks for.
pub const GRANTS: Accepted = &[USERS, NO_MFA, WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
pub const SECOND_FACTOR: Accepted = &[MFA, WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
pub const SEND_EMAIL: Accepted = &[PASSWORDLESS_EMAIL, PASSWORDLESS, WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
pub const SEND_SMS: Accepted = &[PASSWORDLESS_SMS, PASSWORDLESS, WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
/// Being handed a person's code instead of sending it.
pub const READ_CODES: Accepted = &[WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
pub const REVOKE: Accepted = &[REFRESH_TOKEN, WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
pub const READ_KEYS: Accepted = &[READ_ACCOUNTS, ADMIN_ACCOUNTS];
pub const READ_CLIENTS: Accepted = &[READ_ACCOUNTS, ADMIN_ACCOUNTS];
pub const WRITE_CLIENTS: Accepted = &[WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
pub const READ_SESSIONS: Accepted = &[READ_ACCOUNTS, ADMIN_ACCOUNTS];
pub const END_SESSIONS: Accepted = &[WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
pub const CREATE_CUSTOMER: Accepted = &[CREATE_CUSTOMERS, WRITE_CUSTOMERS, ADMIN_CUSTOMERS];
pub const CHANGE_CUSTOMER: Accepted = &[WRITE_CUSTOMERS, ADMIN_CUSTOMERS];
/// Any of the settings; each then wants its own.
pub const CHANGE_SETTINGS: Accepted = &[WRITE_CUSTOMERS, ADMIN_CUSTOMERS, WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
/// Whether second factors are needed: as much as being let off them.
pub const CHANGE_MFA: Accepted = &[ADMIN_CUSTOMERS, WRITE_ACCOUNTS, ADMIN_ACCOUNTS];
pub const READ_CUSTOMER: Accepted = &[READ_CUSTOMERS, ADMIN_CUSTOMERS];
