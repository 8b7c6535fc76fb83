//! How often a client and a source may act: counted in the table, so over all instances.

use super::{App, Caller, Proved};
use crate::account::Kind;
use crate::error::{Code, Error};
use crate::store::{Admission, SourceLimit};

impl App {
    /// Counts the call, and proves by the same write that its client is still there. Surfaces without a limit of
    /// their own let every call in, and so do the pages, where leads call no portal.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] over the limit, or from a source that failed too often; the refusal of the caller's
    /// key when its client is no more.
    pub async fn admit(&self, caller: &Caller) -> Result<(), Error> {
        if caller.kind != Kind::Lead || caller.proved == Proved::Nothing {
            return Ok(());
        }
        self.refuse_blocked_source(caller)?;
        let limit = caller.tenant.settings.lead_calls();
        match self.store.admit_call(caller.tenant_id(), &caller.client_id, limit, caller.now).await? {
            Admission::Admitted => Ok(()),
            Admission::Gone => Err(caller.proved.refusal().because("the client is no more")),
            Admission::OverLimit { wait_ms } => {
                let message = format!("API calls exceeded the limit of {} in {} second(s)", limit.calls, limit.seconds);
                let wait = (wait_ms + 999).div_euclid(1000);
                Err(Code::TooManyRequests.because("over the client's limit").saying(message).retry_after(wait))
            }
        }
    }

    /// A source that was found to have failed too often uses up none of the portal's calls for a minute.
    fn refuse_blocked_source(&self, caller: &Caller) -> Result<(), Error> {
        let Some(act) = caller.act(SourceLimit::failed_sign_ins()) else { return Ok(()) };
        let until = self.blocked_sources.get(&(caller.tenant_id().clone(), act.whose), caller.now);
        let blocked = until.is_some_and(|until| caller.now.seconds() < until);
        if blocked { Err(caller.over(act.limit)) } else { Ok(()) }
    }

    /// Whether the caller's source may fail once more.
    pub(super) async fn source_may_fail(&self, caller: &Caller) -> Result<(), Error> {
        let Some(act) = caller.act(SourceLimit::failed_sign_ins()) else { return Ok(()) };
        if self.store.source_may(caller.tenant_id(), &act, caller.now).await? {
            return Ok(());
        }
        let until = caller.now.seconds() + act.limit.wait(caller.now);
        self.blocked_sources.put((caller.tenant_id().clone(), act.whose), until, caller.now);
        Err(caller.over(act.limit))
    }

    pub(super) async fn count_source_failure(&self, caller: &Caller) -> Result<(), Error> {
        let Some(act) = caller.act(SourceLimit::failed_sign_ins()) else { return Ok(()) };
        self.store.count_source(caller.tenant_id(), &act, caller.now).await?;
        Ok(())
    }

    /// Counts one act of the caller's source.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] when it may not act again.
    pub(super) async fn count_source(&self, caller: &Caller, limit: SourceLimit) -> Result<(), Error> {
        let Some(act) = caller.act(limit) else { return Ok(()) };
        let may = self.store.count_source(caller.tenant_id(), &act, caller.now).await?;
        if may { Ok(()) } else { Err(caller.over(limit)) }
    }
}
