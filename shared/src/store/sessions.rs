use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, Update};

use super::keys::Key;
use super::outbox::Message;
use super::write::{Transacted, Written, check, put, unless_there, update};
use super::{Store, from_item, keys, number, text};
use crate::account::Account;
use crate::error::Error;
use crate::history::Entry;
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::session::{Presented, Session};
use crate::token::RefreshToken;
use crate::types::{AccountId, ClientId, IntermediaryId, SessionId, TenantId, Timestamp};

/// What became of presenting a refresh token.
#[derive(Debug)]
pub enum Rotation {
    /// The session as it is now; its generation is the one to hand out.
    Rotated(Session),
    /// As it has been since the token was presented before; its generation is the one to hand out again.
    Repeated(Session),
    /// An old token came back: the session must end.
    Reused {
        session: Session,
        gap: u32,
    },
    Dead,
}

impl Store {
    /// The row of a session that is new.
    pub(super) fn session_row(&self, tenant: &TenantId, session: &Session) -> Result<Put, Error> {
        let key = keys::session(tenant, session.account_id, session.id);
        Ok(unless_there(self.row(&key, session, Some(session.idle_until + limits().reuse_evidence_seconds))?))
    }

    /// Rotates the session in one conditional write on (generation, not ended, not expired), with the account
    /// read beside it. Of any number of racers one writes; the others learn from the refused write itself what
    /// to answer, so at no moment are there two live successors (yardstick S2, S3).
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn rotate_session(
        &self,
        tenant: &TenantId,
        (token, has_grant): (RefreshToken, bool),
        network: &str,
        now: Timestamp,
    ) -> Result<(Rotation, Option<Account>), Error> {
        // A session of another surface is as good as none.
        let of_surface = if has_grant { "attribute_exists(#grant)" } else { "attribute_not_exists(#grant)" };
        let rotate = self
            .update_at(&keys::session(tenant, token.account_id, token.session_id))
            .update_expression(
                "SET generation = :next, rotated_at_ms = :now_ms, rotated_from = :network, \
                 idle_until = :now + lifetime_seconds, expires_at = :kept + lifetime_seconds",
            )
            .condition_expression(format!(
                "generation = :presented AND attribute_not_exists(ended_at) AND idle_until > :now AND ends_at > :now \
                 AND expires_at > :now AND {of_surface}"
            ))
            .expression_attribute_names("#grant", "grant")
            .expression_attribute_values(":presented", number(token.generation))
            .expression_attribute_values(":next", number(u64::from(token.generation) + 1))
            .expression_attribute_values(":now_ms", number(now.milliseconds()))
            .expression_attribute_values(":network", text(network))
            .expression_attribute_values(":now", number(now.seconds()))
            .expression_attribute_values(":kept", number(now.seconds() + limits().reuse_evidence_seconds))
            .build()?;
        let (written, account) = tokio::join!(self.update(rotate), self.account(tenant, token.account_id, now));
        let rotation = match written? {
            Written::Done(item) => Rotation::Rotated(from_item(item)?),
            Written::Refused(None) => Rotation::Dead,
            Written::Refused(Some(item)) if !super::read::is_current(&item, now) => Rotation::Dead,
            Written::Refused(Some(item)) => {
                let session: Session = from_item(item)?;
                if session.grant.is_some() != has_grant {
                    return Ok((Rotation::Dead, account?));
                }
                match session.judge(token.generation, now) {
                    Presented::Parent => Rotation::Repeated(session),
                    Presented::Reused { gap } => Rotation::Reused { session, gap },
                    // The condition saw the current generation and refused: it was over by then.
                    Presented::Current | Presented::Dead => Rotation::Dead,
                }
            }
        };
        Ok((rotation, account?))
    }

    /// Ends a session for good. `false`: it was over, or never there.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn end_session(
        &self,
        tenant: &TenantId,
        account: AccountId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let ended = self.update(self.ending(tenant, account, session, now)?).await?;
        Ok(matches!(ended, Written::Done(_)))
    }

    /// Every session of an account that the table still holds, live or not.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn sessions(&self, tenant: &TenantId, account: AccountId) -> Result<Vec<Session>, Error> {
        let rows = self.query_all(&keys::account(tenant, account).pk, keys::SESSION).await?;
        rows.into_iter().map(from_item).collect()
    }

    /// Ends every session of an account, by one write: one that the account does not list is dead.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn end_sessions(&self, tenant: &TenantId, account: AccountId) -> Result<(), Error> {
        let end = self
            .update_at(&keys::account(tenant, account))
            .update_expression("SET sessions = :none")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":none", AttributeValue::M(HashMap::new()))
            .build()?;
        self.update(end).await?;
        Ok(())
    }

    /// Ends a session that is live and tells the account's history, both or neither. `false`: it was over.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn end_live_session(
        &self,
        tenant: &TenantId,
        session: SessionId,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut ending = self.ending(tenant, entry.account_id, session, now)?;
        ending.condition_expression = ending
            .condition_expression
            .map(|condition| format!("{condition} AND idle_until > :now AND ends_at > :now"));
        let listed = self
            .check_at(&keys::account(tenant, entry.account_id))
            .condition_expression("attribute_exists(sessions.#session)")
            .expression_attribute_names("#session", session.to_string())
            .build()?;
        let items = vec![update(ending), check(listed), put(self.entry(tenant, entry)?)];
        Ok(matches!(self.transact(items).await?, Transacted::Done))
    }

    /// Ends a session whose token was reused, tells its owner and the account's history: all of it or nothing.
    /// `false`: it was over.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn end_reused_session(
        &self,
        tenant: &TenantId,
        session: &Session,
        (notice, ring): (&Message, &KeyRing),
        entry: Option<&Entry>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let ending = self.ending(tenant, session.account_id, session.id, now)?;
        let mut items = vec![update(ending), put(self.message(tenant, notice, ring, now)?)];
        if let Some(entry) = entry {
            items.push(put(self.entry(tenant, entry)?));
        }
        Ok(matches!(self.transact(items).await?, Transacted::Done))
    }

    fn ending(
        &self,
        tenant: &TenantId,
        account: AccountId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Update, Error> {
        Ok(self
            .update_at(&keys::session(tenant, account, session))
            .update_expression("SET ended_at = :now, expires_at = :kept")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at)")
            .expression_attribute_values(":now", number(now.seconds()))
            .expression_attribute_values(":kept", number(now.seconds() + limits().reuse_evidence_seconds))
            .build()?)
    }

    /// The account and the session, if the session is live, its account is active and lists it, and the record
    /// that the account is for, if any, is still there. One call.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn live_session(
        &self,
        tenant: &TenantId,
        account: AccountId,
        session: SessionId,
        intermediary: Option<&IntermediaryId>,
        now: Timestamp,
    ) -> Result<Option<(Account, Session)>, Error> {
        let record = intermediary.map(|id| keys::intermediary(tenant, id));
        self.live_beside(tenant, (account, session), record.as_slice(), now).await
    }

    /// As [`live_session`](Store::live_session), and only while this client is there as well. One call.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn live_session_of_client(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        (account, session): (AccountId, SessionId),
        intermediary: Option<&IntermediaryId>,
        now: Timestamp,
    ) -> Result<Option<(Account, Session)>, Error> {
        let record = intermediary.map(|id| keys::intermediary(tenant, id));
        let standing: Vec<_> = [keys::client(tenant, client)].into_iter().chain(record).collect();
        self.live_beside(tenant, (account, session), &standing, now).await
    }

    /// The account and the live session, if the rows of `standing` are all there.
    async fn live_beside(
        &self,
        tenant: &TenantId,
        (account, session): (AccountId, SessionId),
        standing: &[Key],
        now: Timestamp,
    ) -> Result<Option<(Account, Session)>, Error> {
        let own = [keys::account(tenant, account), keys::session(tenant, account, session)];
        let mut found = self.get_all(&[own.as_slice(), standing].concat(), now).await?;
        let [account, session] = own.map(|key| found.take(&key));
        let (Some(account), Some(session)) = (account, session) else { return Ok(None) };
        if !standing.iter().all(|key| found.take(key).is_some()) {
            return Ok(None);
        }
        let (account, session): (Account, Session) = (from_item(account)?, from_item(session)?);
        let live = session.is_live(now) && account.keeps(&session);
        Ok(live.then_some((account, session)))
    }
}
