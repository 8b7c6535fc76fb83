use futures_util::future::try_join_all;
use shared::account::{Account, Kind};
use shared::app::{App, Caller};
use shared::error::{Code, Error};
use shared::http::Request;
use shared::types::{AccountId, Email, Identifier, IntermediaryId, Invalid, Phone};

/// How many values may be looked for at once.
const MOST_VALUES: usize = 100;
/// How many accounts may share the numbers of one search.
const MOST_SHARING: u16 = 1_000;
const QUERIES_AT_ONCE: usize = 8;

/// What an account must fit, each value once. An empty list was not asked for.
pub(crate) struct Wanted {
    ids: Vec<AccountId>,
    emails: Vec<Identifier>,
    phones: Vec<Phone>,
    intermediary_ids: Vec<IntermediaryId>,
}

impl Wanted {
    pub(crate) fn of(request: &Request) -> Result<Self, Error> {
        let sent: usize = KEYS.iter().map(|(_, name)| request.queries(name).count()).sum();
        if !(1..=MOST_VALUES).contains(&sent) {
            let message = "Send 1 to 100 values of ids, emails, phones and intermediaryIds.";
            return Err(Code::InvalidRequest.because("no value, or too many").saying(message));
        }
        let [ids, emails, phones, intermediary_ids] = KEYS;
        let email = |text| Email::try_from(text).map(|email| Identifier::email(&email));
        Ok(Self {
            ids: values(request, ids, AccountId::try_from)?,
            emails: values(request, emails, email)?,
            phones: values(request, phones, phone)?,
            intermediary_ids: values(request, intermediary_ids, IntermediaryId::try_from)?,
        })
    }

    fn fits(&self, account: &Account) -> bool {
        let has_email = |email: &Identifier| account.identifiers().any(|identifier| identifier == *email);
        let has_record = |id: &IntermediaryId| account.owner.intermediary_id() == Some(id);
        account.kind() == Kind::Intermediary
            && (self.ids.is_empty() || self.ids.contains(&account.id))
            && (self.emails.is_empty() || self.emails.iter().any(has_email))
            && (self.phones.is_empty() || account.phone.as_ref().is_some_and(|phone| self.phones.contains(phone)))
            && (self.intermediary_ids.is_empty() || self.intermediary_ids.iter().any(has_record))
    }
}

/// As the contract writes them, and as they are looked for.
const KEYS: [(&str, &str); 4] =
    [("ids", "ids"), ("emails", "emails"), ("phones", "phones"), ("intermediaryIds", "intermediaryids")];

fn values<T: PartialEq>(
    request: &Request,
    (shown, name): (&str, &str),
    parse: impl Fn(String) -> Result<T, Invalid>,
) -> Result<Vec<T>, Error> {
    let mut values = Vec::new();
    for text in request.queries(name) {
        let value = parse(text.to_owned()).map_err(|invalid| Error::invalid(shown, invalid))?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(values)
}

fn phone(text: String) -> Result<Phone, Invalid> {
    // A plus sign in a query stands for a space.
    Phone::try_from(text.strip_prefix(' ').map(|number| format!("+{number}")).unwrap_or(text))
}

/// The accounts that fit, the oldest first.
pub(crate) async fn find(app: &App, caller: &Caller, wanted: Wanted) -> Result<Vec<Account>, Error> {
    let candidates = candidates(app, caller, &wanted).await?;
    let mut accounts = app.store.accounts(caller.tenant_id(), &candidates, caller.now).await?;
    accounts.retain(|account| wanted.fits(account));
    accounts.sort_by_key(|account| (account.created_at, account.id));
    Ok(accounts)
}

/// All that may fit, by the key that costs least; each once, because an account has one value of each.
async fn candidates(app: &App, caller: &Caller, wanted: &Wanted) -> Result<Vec<AccountId>, Error> {
    let (store, tenant, now) = (&app.store, caller.tenant_id(), caller.now);
    if !wanted.ids.is_empty() {
        return Ok(wanted.ids.clone());
    }
    if !wanted.intermediary_ids.is_empty() {
        return store.accounts_of_intermediaries(tenant, &wanted.intermediary_ids, now).await;
    }
    if !wanted.emails.is_empty() {
        let owners = store.owners(tenant, Kind::Intermediary, &wanted.emails, now).await?;
        return Ok(owners.into_iter().flatten().collect());
    }
    let mut found = Vec::new();
    for phones in wanted.phones.chunks(QUERIES_AT_ONCE) {
        let query = |phone| store.owners_of_phone(tenant, Kind::Intermediary, phone, MOST_SHARING + 1);
        found.extend(try_join_all(phones.iter().map(query)).await?.into_iter().flatten());
        if found.len() > MOST_SHARING.into() {
            let message = "Too many accounts share these numbers. Look for fewer at once.";
            return Err(Code::InvalidRequest.because("too many accounts").saying(message).at("phones"));
        }
    }
    Ok(found)
}
