//! Every text that is sent to a person: who, what, how long it is valid, what to do if it was not they who asked.

use crate::account::{Account, Owner};
use crate::store::{Channel, Message, Purpose};
use crate::token::OneTimeCode;
use crate::types::{Email, Phone, SchemaName};

/// Where a person is reached.
pub(super) type Recipient = (Channel, String);

/// An account's e-mail address, else its phone, else nobody. Those of an unclaimed one may be a stranger's.
pub(super) fn recipient(account: &Account) -> Recipient {
    let fields = [SchemaName::email_address(), SchemaName::phone()];
    let mut reached = fields.iter().filter_map(|field| recipient_in(account, field));
    reached.next().filter(|_| !account.is_unclaimed).unwrap_or_else(nobody)
}

/// Who is reached by what a field of the account holds.
pub(super) fn recipient_in(account: &Account, field: &SchemaName) -> Option<Recipient> {
    let email = |email: &Email| (Channel::Email, email.as_given().to_owned());
    let phone = |phone: &Phone| (Channel::Sms, phone.as_str().to_owned());
    if *field == SchemaName::email_address() {
        return account.email.as_ref().map(email);
    }
    if *field == SchemaName::phone() {
        return account.phone.as_ref().map(phone);
    }
    let Owner::Lead { fields } = &account.owner else { return None };
    let value = fields.get(field)?;
    let written = Phone::written(value).ok().as_ref().map(phone);
    written.or_else(|| Email::try_from(value.clone()).ok().as_ref().map(email))
}

/// The e-mail address and phone that are the account's no longer.
pub(super) fn left(before: &Account, after: &Account) -> Vec<Recipient> {
    let (old, new) = (before.reached_by(), after.reached_by());
    let moved = [(SchemaName::email_address(), old.0 != new.0), (SchemaName::phone(), old.1 != new.1)];
    let moved = moved.iter().filter(|(_, moved)| *moved && !before.is_unclaimed);
    moved.filter_map(|(field, _)| recipient_in(before, field)).collect()
}

fn is_somebody((channel, _): &Recipient) -> bool {
    *channel != Channel::None
}

pub(super) fn nobody() -> Recipient {
    (Channel::None, String::new())
}

fn text((channel, to): Recipient, purpose: Purpose, body: String) -> Message {
    Message { channel, to, purpose, body, code: None, link: None }
}

fn with_code(recipient: Recipient, purpose: Purpose, code: &OneTimeCode, rest: &str) -> Message {
    let body = format!("{} is {rest}", code.reveal());
    let code = is_somebody(&recipient).then(|| code.reveal().to_owned());
    Message { code, ..text(recipient, purpose, body) }
}

pub(super) fn sign_in_code(recipient: Recipient, code: &OneTimeCode) -> Message {
    let rest =
        "your sign-in code. It works once, for 10 minutes. If you did not ask for it, ignore it and tell nobody.";
    with_code(recipient, Purpose::SignInCode, code, rest)
}

pub(super) fn second_factor_code(recipient: Recipient, code: &OneTimeCode) -> Message {
    let rest = "the code to finish signing in with. It works once, for 5 minutes. If you are not signing in, somebody \
                knows your password: change it, and tell nobody this code.";
    with_code(recipient, Purpose::SecondFactorCode, code, rest)
}

pub(super) fn recovery_code(recipient: Recipient, code: &OneTimeCode) -> Message {
    let rest = "the code to sign in without your password or pin. It works once, for 5 minutes. If you did not ask \
                for it, ignore it and tell nobody.";
    with_code(recipient, Purpose::RecoveryCode, code, rest)
}

pub(super) fn verification_code(recipient: Recipient, code: &OneTimeCode) -> Message {
    let rest = "the code to confirm that this is yours. It works once, for 10 minutes. If you did not ask for it, \
                ignore it and tell nobody.";
    with_code(recipient, Purpose::VerificationCode, code, rest)
}

pub(super) fn recovery_code_used(recipient: Recipient) -> Message {
    let body = "One of your recovery codes was used to sign in. Each works once. If it was not you, change your \
                password at once and have new codes made.";
    text(recipient, Purpose::FactorsChanged, body.to_owned())
}

pub(super) fn factors_changed(recipient: Recipient) -> Message {
    let body = "The authenticator app or the recovery codes of your account were changed. If it was not you, change \
                your password at once and tell the portal's operator.";
    text(recipient, Purpose::FactorsChanged, body.to_owned())
}

pub(super) fn reset_link(recipient: Recipient, link: String) -> Message {
    let body = format!(
        "Somebody, hopefully you, asked to set a new password for your account. Open this link within 30 minutes; it \
         works once: {link} If it was not you, ignore this message: your password stays as it is."
    );
    let link = is_somebody(&recipient).then_some(link);
    Message { link, ..text(recipient, Purpose::ResetPassword, body) }
}

pub(super) fn password_changed(recipient: Recipient) -> Message {
    let body = "The password of your account was changed, and all its other sessions were ended. If it was not you, \
                set a new password at once with \"forgot password\" and tell the portal's operator.";
    text(recipient, Purpose::PasswordChanged, body.to_owned())
}

pub(super) fn account_claimed(recipient: Recipient) -> Message {
    let body = "You proved that your account is yours. The password and the other addresses that it was registered with \
                no longer belong to it: anybody could have chosen them. Set a password with \"forgot password\".";
    text(recipient, Purpose::AccountClaimed, body.to_owned())
}

pub(super) fn data_shared(recipient: Recipient, (client, tenant): (&str, &str), link: String) -> Message {
    let body = format!(
        "You agreed to share data of your account at {tenant} with {client}. Here you can see what it was, and take \
         your consent back: {link} If it was not you, change your password at once and tell {tenant}."
    );
    let link = is_somebody(&recipient).then_some(link);
    Message { link, ..text(recipient, Purpose::DataShared, body) }
}

pub(super) fn profile_changed(recipient: Recipient) -> Message {
    let body = "This address or number no longer belongs to your account: the portal's operator replaced or removed \
                it. If you did not ask for that, tell them at once.";
    text(recipient, Purpose::ProfileChanged, body.to_owned())
}

pub(super) fn session_ended(recipient: Recipient) -> Message {
    let body = "An old key to one of your sessions was used again, so we ended that session. If you did not do this \
                on another device, change your password. Everything else stays as it is; sign in again to go on.";
    text(recipient, Purpose::SessionEnded, body.to_owned())
}
