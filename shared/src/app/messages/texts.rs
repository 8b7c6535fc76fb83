//! Every text that is sent to a person: who writes, what happened, how long it is valid, and what to do if it was not
//! they who did it. With `{code}`, `{link}`, `{lasts}`, `{client}` and `{tenant}` where those belong.

use crate::store::Purpose;

/// The subject where it is an e-mail. It never carries the code: it is shown on locked screens.
pub(super) const fn subject(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignInCode => "Your code to sign in to {tenant}",
        Purpose::SecondFactorCode => "Your code to finish signing in to {tenant}",
        Purpose::RecoveryCode => "Your code to sign in to {tenant} without your password",
        Purpose::VerificationCode | Purpose::EmailCode => "Confirm your e-mail address for {tenant}",
        Purpose::PhoneCode => "Confirm your phone for {tenant}",
        Purpose::RecoveryCodeUsed => "A recovery code of your account at {tenant} was used",
        Purpose::FactorsChanged => "How you sign in to {tenant} was changed",
        Purpose::SessionEnded => "A session of your account at {tenant} was ended",
        Purpose::ResetPassword => "Set a new password for {tenant}",
        Purpose::PasswordChanged => "Your password at {tenant} was changed",
        Purpose::ProfileChanged => "This address was taken off your account at {tenant}",
        Purpose::AccountClaimed => "Your account at {tenant} is yours now",
        Purpose::DataShared => "You shared data of your account at {tenant}",
        Purpose::EmailChanged => "The e-mail address of your account at {tenant} was changed",
        Purpose::PhoneChanged => "The phone number of your account at {tenant} was added, changed or removed",
        Purpose::Invitation => "You are invited to open an account at {tenant}",
        Purpose::AddressTaken => "The e-mail address of your account at {tenant} is another account's now",
    }
}

pub(super) const fn body(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignInCode => {
            "{code} is your code to sign in to {tenant}. It works once, for {lasts}. If you did not ask for it, \
             ignore it and tell nobody."
        }
        Purpose::SecondFactorCode => {
            "{code} is the code to finish signing in to {tenant} with. It works once, for {lasts}. If you are not \
             signing in, somebody knows your password: change it, and tell nobody this code."
        }
        Purpose::RecoveryCode => {
            "{code} is the code to sign in to {tenant} without your password or pin. It works once, for {lasts}. If \
             you did not ask for it, ignore it and tell nobody."
        }
        Purpose::VerificationCode => {
            "{code} is the code to confirm to {tenant} that this is yours. It works once, for {lasts}. If you did \
             not ask for it, ignore it and tell nobody."
        }
        Purpose::RecoveryCodeUsed => {
            "One of your recovery codes was used to sign in to {tenant}. Each works once. If it was not you, change \
             your password at once and have new codes made."
        }
        Purpose::FactorsChanged => {
            "The authenticator app or the recovery codes of your account at {tenant} were changed. If it was not you, \
             change your password at once and tell {tenant}."
        }
        Purpose::ResetPassword => {
            "Somebody, hopefully you, asked to set a new password for your account at {tenant}. Open this link within \
             {lasts}; it works once: {link} If it was not you, ignore this message: your password stays as it is."
        }
        Purpose::PasswordChanged => {
            "The password of your account at {tenant} was changed, and all its other sessions were ended. If it was not \
             you, set a new password at once with \"forgot password\" and tell {tenant}."
        }
        Purpose::AccountClaimed => {
            "You proved that your account at {tenant} is yours. The password and the addresses of it that nobody \
             proved no longer belong to it: anybody could have chosen them. Set a password with \"forgot \
             password\". If you did not do this, tell {tenant} at once."
        }
        Purpose::DataShared => {
            "You agreed to share data of your account at {tenant} with {client}. Here you can see what it was, and take \
             your consent back: {link} If it was not you, change your password at once and tell {tenant}."
        }
        Purpose::ProfileChanged => {
            "This address or number no longer belongs to your account at {tenant}, which replaced or removed it. If you \
             did not ask for that, tell {tenant} at once."
        }
        Purpose::SessionEnded => {
            "An old key to one of your sessions at {tenant} was used again, so that session was ended. If you did not do \
             this on another device, change your password. Everything else stays as it is; sign in again to go on."
        }
        Purpose::EmailCode => {
            "{code} is the code to confirm this e-mail address for your account at {tenant}. It works once, for \
             {lasts}; one wrong entry makes it void. If you did not ask for it, ignore it and tell nobody."
        }
        Purpose::PhoneCode => {
            "{code} is the code to confirm this phone for your account at {tenant}. It works once, for {lasts}; one \
             wrong entry makes it void. If you did not ask for it, ignore it and tell nobody."
        }
        Purpose::EmailChanged => {
            "The e-mail address of your account at {tenant} was changed. If it was not you, tell {tenant} at once."
        }
        Purpose::PhoneChanged => {
            "The phone number of your account at {tenant} was added, changed or removed. If it was not you, change your \
             password at once and tell {tenant}."
        }
        Purpose::Invitation => {
            "You are invited to open an account at {tenant}. Open this link within {lasts} to choose a password; it works \
             once: {link} If you did not expect it, ignore this message: no account is opened."
        }
        Purpose::AddressTaken => {
            "The e-mail address of your account at {tenant} now belongs to another account, whose owner proved it; it was \
             never confirmed for yours. If you did not open that account, tell {tenant} at once."
        }
    }
}
