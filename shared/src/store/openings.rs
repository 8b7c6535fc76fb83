use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, Update};
use futures_util::future::{OptionFuture, join_all};

use super::code_budget::CodeSearch;
use super::flow_codes::{FlowAddress, FlowCode};
use super::idempotency::Remembered;
use super::mfa_flows::MfaFlow;
use super::outbox::Message;
use super::passwords::verified;
use super::sign_in_codes::SignInCode;
use super::write::{Steps, Written, put, unless_there, update};
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, Status};
use crate::error::Error;
use crate::history::Entry;
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::password::PasswordHash;
use crate::session::Session;
use crate::types::{SchemaName, SessionId, TenantId, Timestamp};

/// A session about to be opened for an account that was read and found in order.
#[derive(Debug)]
pub struct Opening<'a> {
    pub account: &'a Account,
    pub session: &'a Session,
    pub proof: Proof<'a>,
    pub remember: Option<&'a Remembered>,
    /// What the account's history is told of it.
    pub entry: Option<&'a Entry>,
}

impl Opening<'_> {
    /// Whether no transaction is needed: a row of a session that lives on and on must not be left behind by itself.
    fn is_written_in_parts(&self) -> bool {
        let spends_nothing = matches!(self.proof, Proof::Password { .. } | Proof::Vouched);
        spends_nothing && self.remember.is_none() && self.session.grant.is_none()
    }
}

/// What the person proved.
#[derive(Debug)]
pub enum Proof<'a> {
    /// The password whose hash the account had; with a new hash where that one was made the old way.
    Password { rehashed: Option<&'a PasswordHash> },
    /// The code, which is spent by it; with the search that found it, unless the caller named the phone.
    PhoneCode { code: &'a SignInCode, search: Option<&'a CodeSearch> },
    /// The code sent in this flow, which is spent by it. It proves the field that it was sent to.
    FlowCode { address: FlowAddress<'a>, code: &'a FlowCode },
    /// A second factor, which is used up by it, at the end of a flow that began with another one.
    SecondFactor { flow: &'a MfaFlow, factor: &'a SecondFactor, notice: Option<(&'a Message, &'a KeyRing)> },
    /// Nothing: a client vouches for the person, and no failure of theirs is forgotten for it.
    Vouched,
}

/// What proved to be the second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondFactor {
    /// The code that was sent in the flow; it proves the field that holds the address.
    Code(SchemaName),
    /// The authenticator app's code of this time step.
    Totp { step: u64 },
    /// A recovery code; these are left.
    RecoveryCode { left: Vec<String> },
}

impl SecondFactor {
    /// Whether nobody has used it up since the account was read.
    fn stands(&self, now: &Account, read: &Account) -> bool {
        let (now, read) = (&now.second_factors, &read.second_factors);
        match self {
            Self::Code(_) => true,
            Self::Totp { step } => now.totp.as_ref().is_some_and(|totp| totp.last_step < *step),
            Self::RecoveryCode { .. } => now.recovery_codes == read.recovery_codes,
        }
    }
}

/// What became of opening a session. Only the first has changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    Opened,
    /// Since it was read the account was blocked or locked, or its password changed.
    AccountChanged,
    /// Somebody else used the code first, or a wrong try destroyed it.
    CodeSpent,
    /// Too much guessing went on at the same time.
    OverBudget,
    /// The answer was remembered before: it stands, and is to be given again.
    Remembered,
}

const OPENING_TRIES: u32 = 8;
/// Longer than any request takes.
pub(super) const OPENING_SECONDS: i64 = 60;

/// Whoever proved to be the owner starts over with a clean sheet.
pub(super) const FORGET_FAILURES: &str =
    "failed_sign_ins, failed_since_success, failed_at, locked_until, failed_attempt";

/// Whoever proved it by two factors, for all of them.
const FORGET_ALL_FAILURES: &str = "failed_sign_ins, failed_since_success, failed_at, locked_until, failed_attempt, \
                                   mfa_failures, recovery_failures";

/// The condition that an account takes passwords at `:now`, given `:disabling`.
pub(super) const LOCK_IS_OFF: &str =
    "(attribute_not_exists(locked_until) OR locked_until <= :now AND failed_since_success < :disabling)";

impl Store {
    /// Opens a session if the account still is what was read: active, not locked, with the same password. That
    /// check, the account's list of sessions and its cap are one conditional write, so a lock, a block or a
    /// session too many at the same instant is either before it or after it. The session's own row is worth
    /// nothing unless the account lists it, and is written beside it with the history's entry. That has the session's
    /// id: where none was opened, another entry under it says so. Neither replaces what is there: a try that arrives
    /// late must not undo what has become of the session since, or of the entry.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn open_session(&self, tenant: &TenantId, opening: Opening<'_>, now: Timestamp) -> Result<Opened, Error> {
        let id = opening.session.id.to_string();
        let entry = opening.entry.map(|entry| self.entry_under(tenant, &id, entry).map(unless_there)).transpose()?;
        let mut seen = opening.account.clone();
        for attempt in 0..OPENING_TRIES {
            self.back_off_before(attempt).await;
            let ended = self.sessions_to_end(tenant, &seen, now).await?;
            let listing = self.listing(tenant, &opening, &ended.ids, now)?;
            let refusal = match self.write_session(tenant, &opening, (listing, entry.clone()), now).await? {
                Ok(opened) => {
                    // Whichever had to go may have been meant to live for a century.
                    if opened == Opened::Opened {
                        let end = |id: &SessionId| self.end_session(tenant, opening.account.id, *id, now);
                        join_all(ended.live.iter().map(end)).await;
                    }
                    return Ok(opened);
                }
                Err(account) => account,
            };
            let Some(account) = refusal else { return Ok(Opened::AccountChanged) };
            if account.sessions.contains_key(&id) {
                return Ok(Opened::Opened);
            }
            let stands = match opening.proof {
                Proof::Password { .. } => {
                    account.password_version == opening.account.password_version
                        && account.failures.allow(now)
                        && (account.second_factors.totp.is_none() || opening.account.second_factors.totp.is_some())
                }
                Proof::FlowCode { .. } => account.stamp() == opening.account.stamp(),
                Proof::SecondFactor { factor, .. } => {
                    account.stamp() == opening.account.stamp() && factor.stands(&account, opening.account)
                }
                Proof::PhoneCode { code, .. } => code.is_good_for(&account),
                Proof::Vouched => true,
            };
            if account.status != Status::Active || !stands {
                return Ok(Opened::AccountChanged);
            }
            seen = account;
        }
        Err(Error::conflict("too many sign-ins to one account at once"))
    }

    /// `Err` holds the account that refused the session.
    async fn write_session(
        &self,
        tenant: &TenantId,
        opening: &Opening<'_>,
        (listing, entry): (Update, Option<Put>),
        now: Timestamp,
    ) -> Result<Result<Opened, Option<Account>>, Error> {
        let row = self.session_row(tenant, opening.session)?;
        let parse = |item: Option<super::Item>| item.map(from_item::<Account>).transpose();
        if opening.is_written_in_parts() {
            let told = OptionFuture::from(entry.map(|entry| self.put(entry)));
            let (listed, row, told) = tokio::join!(self.update(listing), self.put(row), told);
            row.and(told.transpose())?;
            return match listed? {
                Written::Done(_) => Ok(Ok(Opened::Opened)),
                Written::Refused(item) => Ok(Err(parse(item)?)),
            };
        }
        let mut steps = Steps::new();
        if let Some(remember) = opening.remember {
            steps.add(put(self.remember(tenant, remember, now)?), Opened::Remembered);
        }
        match opening.proof {
            Proof::Password { .. } | Proof::Vouched => {}
            Proof::PhoneCode { code, search } => {
                for item in self.spend(tenant, opening.account.kind(), code, now)? {
                    steps.add(item, Opened::CodeSpent);
                }
                if let Some(search) = search {
                    steps.add(self.within_budget(tenant, search)?, Opened::OverBudget);
                }
            }
            Proof::SecondFactor { flow, notice, .. } => {
                steps.add(self.end_mfa_flow(tenant, flow)?, Opened::CodeSpent);
                if let Some((notice, ring)) = notice {
                    steps.add_sure(put(self.message(tenant, notice, ring, now)?));
                }
            }
            Proof::FlowCode { address, code, .. } => {
                steps.add(self.spend_flow_code(tenant, address, code, now)?, Opened::CodeSpent);
            }
        }
        steps.add(update(listing), Opened::AccountChanged);
        // It is there already where an earlier try went through after all.
        steps.add(put(row), Opened::Opened);
        if let Some(entry) = entry {
            steps.add(put(entry), Opened::Opened);
        }
        match self.carry_out(steps).await? {
            None => Ok(Ok(Opened::Opened)),
            Some((Opened::AccountChanged, account)) => Ok(Err(parse(account.0)?)),
            Some((outcome, _)) => Ok(Ok(outcome)),
        }
    }

    /// The write that lists a session in its account and drops `ended` from it.
    fn listing(
        &self,
        tenant: &TenantId,
        opening: &Opening<'_>,
        ended: &[String],
        now: Timestamp,
    ) -> Result<Update, Error> {
        let Opening { account, session, .. } = opening;
        let mut set = "SET sessions.#new = :now, last_active_at = :now".to_owned();
        let mut remove = Vec::new();
        let mut conditions = vec!["#status = :active AND size(sessions) < :room".to_owned()];
        let mut builder = self
            .update_at(&keys::account(tenant, account.id))
            .expression_attribute_names("#new", session.id.to_string())
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", number(now.seconds()))
            .expression_attribute_values(":active", text(Status::Active.as_str()))
            .expression_attribute_values(":room", number(limits().sessions_per_account + ended.len()));
        for (position, id) in ended.iter().enumerate() {
            builder = builder.expression_attribute_names(format!("#ended{position}"), id);
            remove.push(format!("sessions.#ended{position}"));
            conditions.push(format!("attribute_exists(sessions.#ended{position})"));
        }
        match &opening.proof {
            Proof::Vouched => {}
            Proof::PhoneCode { code, .. } => {
                set += ", phone_verified_at = :now";
                conditions.push(
                    "(attribute_not_exists(credentials_changed_at_ms) OR credentials_changed_at_ms <= :sent)"
                        .to_owned(),
                );
                builder = builder.expression_attribute_values(":sent", number(code.sent_at_ms));
            }
            Proof::SecondFactor { factor, .. } => {
                conditions.push("password_version = :version AND identity_version = :identity".to_owned());
                builder = builder
                    .expression_attribute_values(":version", number(account.password_version))
                    .expression_attribute_values(":identity", number(account.identity_version));
                match factor {
                    SecondFactor::Code(field) => {
                        if let Some(verified) = verified(field) {
                            set += verified;
                            builder = builder.expression_attribute_values(":verified_at", number(now.seconds()));
                        }
                    }
                    SecondFactor::Totp { step } => {
                        set += ", totp.last_step = :step";
                        conditions.push("totp.last_step < :step".to_owned());
                        builder = builder.expression_attribute_values(":step", number(step));
                    }
                    SecondFactor::RecoveryCode { left } => {
                        let list = |codes: &[String]| AttributeValue::L(codes.iter().map(text).collect());
                        set += ", recovery_codes = :left";
                        conditions.push("recovery_codes = :codes".to_owned());
                        builder = builder
                            .expression_attribute_values(":codes", list(&account.second_factors.recovery_codes))
                            .expression_attribute_values(":left", list(left));
                    }
                }
            }
            Proof::FlowCode { code, .. } => {
                conditions.push("password_version = :version AND identity_version = :identity".to_owned());
                builder = builder
                    .expression_attribute_values(":version", number(account.password_version))
                    .expression_attribute_values(":identity", number(account.identity_version));
                if let Some(verified) = code.field.as_ref().and_then(verified) {
                    set += verified;
                    builder = builder.expression_attribute_values(":verified_at", number(now.seconds()));
                }
            }
            Proof::Password { rehashed } => {
                conditions.push("password_version = :version".to_owned());
                conditions.push(LOCK_IS_OFF.to_owned());
                // An authenticator app that was set up while the password was looked at is to be asked for.
                if account.second_factors.totp.is_none() {
                    conditions.push("attribute_not_exists(totp)".to_owned());
                }
                builder = builder
                    .expression_attribute_values(":version", number(account.password_version))
                    .expression_attribute_values(":disabling", number(limits().disabling_failures));
                if let Some(hash) = rehashed {
                    set += ", password_hash = :rehashed";
                    builder = builder.expression_attribute_values(":rehashed", text(hash.as_str()));
                }
            }
        }
        let forget = match opening.proof {
            Proof::Vouched => "",
            Proof::SecondFactor { .. } => FORGET_ALL_FAILURES,
            _ => FORGET_FAILURES,
        };
        let remove: Vec<_> =
            remove.iter().map(String::as_str).chain([forget]).filter(|part| !part.is_empty()).collect();
        let remove = if remove.is_empty() { String::new() } else { format!("REMOVE {}", remove.join(", ")) };
        Ok(builder
            .update_expression(format!("{set} {remove}"))
            .condition_expression(conditions.join(" AND "))
            .build()?)
    }

    /// None while there is room; else those listed sessions that are over, and as many of the least recently used as it
    /// takes: one, unless the deployment allows fewer than it did.
    async fn sessions_to_end(&self, tenant: &TenantId, account: &Account, now: Timestamp) -> Result<Displaced, Error> {
        let most = limits().sessions_per_account;
        if account.sessions.len() < most {
            return Ok(Displaced::default());
        }
        let ids = account.sessions.keys().filter_map(|id| SessionId::try_from(id.clone()).ok());
        let rows: Vec<_> = ids.map(|id| keys::session(tenant, account.id, id)).collect();
        let mut found = HashMap::new();
        for row in self.get_all(&rows, now).await?.into_items() {
            let session: Session = from_item(row)?;
            found.insert(session.id.to_string(), session);
        }
        let is_over = |(id, opened_at): &(&String, &i64)| match found.get(*id) {
            Some(session) => !session.is_live(now),
            // The row of a session that is being opened may still be on its way.
            None => **opened_at + OPENING_SECONDS < now.seconds(),
        };
        let over: Vec<_> = account.sessions.iter().filter(is_over).map(|(id, _)| id.clone()).collect();
        let mut live: Vec<_> = found.values().filter(|session| session.is_live(now)).collect();
        live.sort_by_key(|session| session.last_used_at_ms());
        live.truncate((account.sessions.len() + 1).saturating_sub(most + over.len()));
        let live: Vec<_> = live.into_iter().map(|session| session.id).collect();
        Ok(Displaced { ids: over.into_iter().chain(live.iter().map(SessionId::to_string)).collect(), live })
    }
}

/// Sessions that an account lists no more.
#[derive(Default)]
struct Displaced {
    ids: Vec<String>,
    /// Those of them that are not over.
    live: Vec<SessionId>,
}
