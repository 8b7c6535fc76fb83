use serde::Deserialize;

use super::BackEnd;
use super::scopes;
use crate::account::{Account, Customer, FailedSignIns, Kind, Owner, Profile};
use crate::app::{App, Caller, Memory, messages};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::{Object, Patch, Response};
use crate::log::Line;
use crate::password::{NewPassword, Password, PasswordHash};
use crate::store::{Change, NewAccount, Purpose};
use crate::types::{AccountId, CustomerId, Email, Identifier, Invalid, Name, Phone, SchemaName};

/// What is said of a customer (contract §4.10). What is absent stays as it is; `null` takes it away.
#[derive(Debug, Deserialize)]
pub struct CustomerForm {
    #[serde(default)]
    email: Patch<Email>,
    #[serde(default)]
    phone_number: Patch<PhoneNumber>,
    #[serde(default)]
    first_name: Patch<Name>,
    #[serde(default)]
    last_name: Patch<Name>,
    #[serde(default)]
    password: Patch<Password>,
    #[serde(default)]
    pin: Patch<Password>,
    /// What third parties may ask for (contract §3.6), replaced whole.
    #[serde(default)]
    profile: Patch<BoundedProfile>,
}

/// A profile of at most 8 KiB as JSON: far below what a row holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Object<Profile>")]
struct BoundedProfile(Profile);

const LARGEST_PROFILE: usize = 8 * 1024;

impl TryFrom<Object<Profile>> for BoundedProfile {
    type Error = Invalid;

    fn try_from(Object(profile): Object<Profile>) -> Result<Self, Invalid> {
        let fits = serde_json::to_vec(&profile).is_ok_and(|json| json.len() <= LARGEST_PROFILE);
        if fits { Ok(Self(profile)) } else { Err(Invalid("must be at most 8 KiB")) }
    }
}

/// A number whose `+` may be missing (contract §4.10).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PhoneNumber(pub Phone);

impl TryFrom<String> for PhoneNumber {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let international = if text.starts_with('+') { text } else { format!("+{text}") };
        Phone::try_from(international).map(Self)
    }
}

impl CustomerForm {
    fn sets_secrets(&self) -> bool {
        self.password != Patch::Keep || self.pin != Patch::Keep
    }

    /// The account with what the form says, but for its secrets.
    fn applied_to(&self, before: &Account, customers_share_phones: bool) -> Account {
        let mut after = before.clone();
        self.email.apply_to(&mut after.email);
        let mut phone = after.phone.take().map(PhoneNumber);
        self.phone_number.apply_to(&mut phone);
        after.phone = phone.map(|PhoneNumber(phone)| phone);
        if let Owner::Customer(customer) = &mut after.owner {
            self.first_name.apply_to(&mut customer.first_name);
            self.last_name.apply_to(&mut customer.last_name);
            let mut identify = |field: SchemaName, identifier: Option<Identifier>| match identifier {
                Some(identifier) => after.identifiers.insert(field, identifier.canonical().to_owned()),
                None => after.identifiers.remove(&field),
            };
            identify(SchemaName::customer_id(), Some(Identifier::customer_id(&customer.customer_id)));
            identify(SchemaName::email_address(), after.email.as_ref().map(Identifier::email));
            // What a number was when it was put down it stays, whatever the settings say since.
            if self.phone_number != Patch::Keep {
                let phone = after.phone.as_ref().filter(|_| !customers_share_phones);
                identify(SchemaName::phone(), phone.map(Identifier::phone));
            }
        }
        match &self.profile {
            Patch::Keep => {}
            Patch::Remove => after.profile = Profile::default(),
            Patch::Set(BoundedProfile(profile)) => after.profile.clone_from(profile),
        }
        after.unprove_what_moved(before);
        let same = after.identifiers == before.identifiers && after.reached_by() == before.reached_by();
        after.identity_version += u32::from(!same);
        after
    }
}

impl App {
    /// Makes a customer. Nobody is signed in.
    ///
    /// # Errors
    /// [`Code::CustomerExists`], naming the field; [`Code::WeakPassword`]; [`Code::InsufficientScope`] when it sets a
    /// secret and the back end may not. Then nothing has changed.
    pub async fn create_customer(
        &self,
        back_end: &BackEnd,
        customer_id: Option<CustomerId>,
        form: &CustomerForm,
        memory: &Memory,
        respond: fn(&Account, &Customer) -> Response,
    ) -> Result<Response, Error> {
        let BackEnd { caller, .. } = back_end;
        let Kind::Customer(customer_type) = caller.kind else {
            return Err(Code::Internal.because("not a kind of customer"));
        };
        let id = AccountId::random(&self.random);
        let customer_id = customer_id.unwrap_or_else(|| id.into());
        let customer = Customer { customer_type, customer_id, first_name: None, last_name: None, pin_hash: None };
        let blank = Account::blank(id, Owner::Customer(customer), caller.now);
        let account = form.applied_to(&blank, caller.tenant.settings.customers_share_phones);
        let identifiers: Vec<_> = account.identifiers().collect();
        let owners = self.store.owners(caller.tenant_id(), caller.kind, &identifiers, caller.now).await?;
        let taken = identifiers.iter().zip(owners).find(|(_, owner)| owner.is_some());
        if let Some((identifier, _)) = taken {
            return Err(exists(&identifier.field));
        }
        let account = self.with_secrets(back_end, account, form).await?;
        let answer = respond(&account, customer_of(&account)?);
        let remember = self.remember(caller, memory, &answer)?;
        let remember = remember.as_ref();
        let new = NewAccount { account: &account, session: None, replaces: None, remember, entry: None };
        let saved = self.store.open_account(caller.tenant_id(), new, caller.now).await?;
        self.account_saved(caller, ("account.opened", account.id), saved, |field, _| exists(field), answer)
    }

    /// Changes what is known of a customer. A new password ends every session and voids every code and link that is
    /// out (yardstick P8); an address that is replaced is told and free from then on.
    ///
    /// # Errors
    /// As [`create_customer`](App::create_customer); [`Code::NotFound`].
    pub async fn update_customer(
        &self,
        back_end: &BackEnd,
        id: &CustomerId,
        form: &CustomerForm,
        memory: &Memory,
        respond: fn(&Account, &Customer) -> Response,
    ) -> Result<Response, Error> {
        let BackEnd { caller, .. } = back_end;
        let before = self.customer(caller, id).await?;
        let mut after = form.applied_to(&before, caller.tenant.settings.customers_share_phones);
        if form.sets_secrets() {
            after = self.with_secrets(back_end, after, form).await?;
            after.password_version += 1;
            after.sessions.clear();
            after.failures = FailedSignIns::default();
            (after.second_factors.mfa_failures, after.second_factors.recovery_failures) = (0, 0);
        }
        let answer = respond(&after, customer_of(&after)?);
        if after == before {
            return Ok(answer);
        }
        after.revision += 1;
        let left = messages::left(&before, &after).into_iter();
        let mut notices: Vec<_> =
            left.map(|to| messages::notice(&caller.tenant, to, Purpose::ProfileChanged)).collect();
        if form.sets_secrets() {
            notices.push(messages::notice(&caller.tenant, messages::recipient(&before), Purpose::PasswordChanged));
        }
        let remember = self.remember(caller, memory, &answer)?;
        let change = Change { before: &before, after: &after, only_if_unused: false, displaced: None };
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let saved = self.store.change_account(tenant, change, (&notices, &caller.ring), remember.as_ref(), now).await?;
        let saved =
            self.account_saved(caller, ("account.changed", before.id), saved, |field, _| exists(field), answer)?;
        if form.sets_secrets() {
            self.log_entry(caller, &caller.entry(Happened::PasswordChanged, before.id));
            self.retire_sessions(caller, before.id).await;
        }
        Ok(saved)
    }

    /// # Errors
    /// [`Code::NotFound`].
    pub async fn find_customer(
        &self,
        back_end: &BackEnd,
        id: &CustomerId,
        respond: fn(&Account, &Customer) -> Response,
    ) -> Result<Response, Error> {
        let account = self.customer(&back_end.caller, id).await?;
        Ok(respond(&account, customer_of(&account)?))
    }

    /// Whether a customer of this kind has this identifier.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn is_customer(&self, back_end: &BackEnd, identifier: &Identifier) -> Result<bool, Error> {
        let BackEnd { caller, .. } = back_end;
        let found = self.store.account_by_identifier(caller.tenant_id(), caller.kind, identifier, caller.now).await?;
        Ok(found.is_some())
    }

    /// Takes a customer away with every session, code and identifier of theirs.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn delete_customer(&self, back_end: &BackEnd, id: &CustomerId) -> Result<(), Error> {
        let BackEnd { caller, .. } = back_end;
        let account = self.customer(caller, id).await?;
        if !self.store.delete_account(caller.tenant_id(), &account, caller.now).await? {
            return Err(changed());
        }
        let line = Line { account: Some(account.id.to_string()), ..caller.line("account.deleted") };
        self.log.warn(&self.clock, &line);
        Ok(())
    }

    /// # Errors
    /// [`Code::NotFound`].
    pub(super) async fn customer(&self, caller: &Caller, id: &CustomerId) -> Result<Account, Error> {
        let (tenant, identifier) = (caller.tenant_id(), Identifier::customer_id(id));
        let found = self.store.account_by_identifier(tenant, caller.kind, &identifier, caller.now).await?;
        let account = match found {
            Some(id) => self.store.account(tenant, id, caller.now).await?,
            None => None,
        };
        account.ok_or_else(|| Code::NotFound.because("no customer of this id").saying("There is no such customer."))
    }

    /// The account with the password and pin that the form sets.
    async fn with_secrets(&self, back_end: &BackEnd, account: Account, form: &CustomerForm) -> Result<Account, Error> {
        if !form.sets_secrets() {
            return Ok(account);
        }
        back_end.require(scopes::SET_SECRETS)?;
        let BackEnd { caller, .. } = back_end;
        let mut account = account;
        let Kind::Customer(customer_type) = account.kind() else { return Ok(account) };
        if !customer_type.signs_in() {
            let message = "Only customers and companies have a password or pin.";
            return Err(Code::InvalidRequest.because("a secret for whom nobody signs in").saying(message).at("type"));
        }
        // Both are judged before either is hashed.
        let password = match &form.password {
            Patch::Set(typed) => Patch::Set(caller.new_password(&account, typed)?),
            Patch::Keep => Patch::Keep,
            Patch::Remove => Patch::Remove,
        };
        let pin = match &form.pin {
            Patch::Set(typed) => Patch::Set(NewPassword::pin(typed)?),
            Patch::Keep => Patch::Keep,
            Patch::Remove => Patch::Remove,
        };
        self.hashed(caller, password).await?.apply_to(&mut account.password_hash);
        if let Owner::Customer(customer) = &mut account.owner {
            self.hashed(caller, pin).await?.apply_to(&mut customer.pin_hash);
        }
        Ok(account)
    }

    async fn hashed(&self, caller: &Caller, secret: Patch<NewPassword>) -> Result<Patch<PasswordHash>, Error> {
        Ok(match secret {
            Patch::Set(secret) => Patch::Set(self.passwords.hash(secret, &caller.ring, &self.random).await?),
            Patch::Keep => Patch::Keep,
            Patch::Remove => Patch::Remove,
        })
    }
}

pub(super) fn customer_of(account: &Account) -> Result<&Customer, Error> {
    account.owner.customer().ok_or_else(|| Code::Internal.because("an account of another kind"))
}

/// Back ends may learn what is taken (yardstick, deviations).
fn exists(field: &SchemaName) -> Error {
    let named = [
        (SchemaName::customer_id(), "customer_id"),
        (SchemaName::email_address(), "email"),
        (SchemaName::phone(), "phone_number"),
    ];
    let name = named.iter().find(|(known, _)| known == field).map_or("customer_id", |(_, name)| name);
    let message = format!("A customer with this {name} exists.");
    Code::CustomerExists.because("an identifier is another customer's").saying(message).at(name)
}

fn changed() -> Error {
    Error::conflict("the account was changed at the same time")
}
