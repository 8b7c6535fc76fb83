use std::collections::BTreeMap;

use super::displaced::Displaced;
use super::{identified_by, refused};
use crate::account::{Account, Status};
use crate::app::{App, Caller, Memory, READS, Respond};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::password::Password;
use crate::session::{self, Session};
use crate::store::{AcceptedInvitation, ChangeProof, IntermediaryChange, Saved};
use crate::token::AccountLink;
use crate::types::{Email, Name, Phone, RefreshLifetime, SessionId};

/// What somebody gives to open the account that they were invited to.
#[derive(Debug)]
pub struct Acceptance {
    pub password: Password,
    pub phone: Phone,
    pub full_name: Option<Name>,
    pub lifetime: RefreshLifetime,
}

/// Who holds the link, as things were read.
struct Invitee {
    pending: Account,
    accepted: AcceptedInvitation,
    email: Email,
    displaced: Option<Displaced>,
}

impl App {
    /// The account that a link invites to.
    ///
    /// # Errors
    /// [`Code::InvalidLink`], for every reason alike.
    pub async fn find_invitation(&self, caller: &Caller, token: &str) -> Result<Account, Error> {
        Ok(self.open_invitation(caller, token).await?.0)
    }

    /// Opens the account that a link invites to, and signs its owner in: whoever has the link has the mailbox, so the
    /// address is proved. Another account that had it without proof loses it (yardstick E6, E7).
    ///
    /// # Errors
    /// [`Code::InvalidLink`], for every reason alike; [`Code::WeakPassword`], and then the link goes on working;
    /// [`Code::EmailTaken`] when the address is another account's that proved it.
    pub async fn accept_invitation(
        &self,
        caller: &Caller,
        (token, acceptance): (&str, &Acceptance),
        memory: &Memory,
        respond: Respond,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let mut read = self.to_be_opened(caller, token).await?;
        let password = caller.new_password(&named(&read.pending, acceptance), &acceptance.password)?;
        let hash = self.passwords.hash(password, &caller.ring, &self.random).await?;
        for _ in 0..READS {
            let Invitee { pending, accepted, email, displaced } = &read;
            let id = SessionId::random(&self.random);
            let after = named(pending, acceptance).with_new_identity(now).with_new_password(Some(hash.clone()), now);
            let after = Account {
                status: Status::Active,
                identifiers: identified_by(email),
                email_verified_at: Some(now.seconds()),
                last_active_at: now.seconds(),
                sessions: BTreeMap::from([(id.to_string(), now.seconds())]),
                ..after
            };
            let (client, lifespan) = (caller.client_id.clone(), caller.lifespan(acceptance.lifetime));
            let session = Session::open(id, after.id, client, lifespan, &[session::PASSWORD], now);
            let answer = respond(&self.signed_in(caller, &after, &session))?;
            let remember = self.remember(caller, memory, &answer)?;
            let (mut notices, mut entries) =
                (Vec::new(), vec![caller.entry(Happened::AccountOpened, after.id).in_session(id).because("invited")]);
            if let Some(displaced) = displaced {
                displaced.tell(caller, &mut notices, &mut entries);
            }
            let change = IntermediaryChange {
                proof: ChangeProof::Invitation(accepted),
                displaced: displaced.as_ref().map(|displaced| (&displaced.before, &displaced.after)),
                opens: Some(&session),
                notices: &notices,
                entries: &entries,
                remember: remember.as_ref(),
                ..IntermediaryChange::of(pending, &after)
            };
            match self.store.change_intermediary(tenant, change, &caller.ring, now).await? {
                Saved::Saved => {
                    self.log_entries(caller, &entries);
                    return Ok(answer);
                }
                Saved::AccountChanged | Saved::IdentifierTaken(..) => read = self.to_be_opened(caller, token).await?,
                refusal => return Err(refused(&refusal)),
            }
        }
        Err(refused(&Saved::AccountChanged))
    }

    async fn to_be_opened(&self, caller: &Caller, token: &str) -> Result<Invitee, Error> {
        let (pending, accepted) = self.open_invitation(caller, token).await?;
        let email = pending.email.clone().ok_or_else(|| Code::Internal.because("an invitation of no address"))?;
        let displaced = self.holder_without_proof(caller, (pending.id, &email)).await?;
        Ok(Invitee { pending, accepted, email, displaced })
    }

    async fn open_invitation(&self, caller: &Caller, token: &str) -> Result<(Account, AcceptedInvitation), Error> {
        let refused = |reason| Code::InvalidLink.because(reason);
        let link = AccountLink::parse(token).ok_or_else(|| refused("no link of ours"))?;
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (account, desk) = self.store.account_and_invitation(tenant, link.account_id, now).await?;
        let account = account.filter(|account| account.kind() == caller.kind);
        let accepted = account.and_then(|account| {
            let accepted = desk.accept(&link.secret.digest(), &account, now)?;
            Some((account, accepted))
        });
        accepted.ok_or_else(|| refused("no such invitation, or it was used, replaced or revoked"))
    }
}

/// The account with what its owner says of themselves.
fn named(pending: &Account, acceptance: &Acceptance) -> Account {
    let full_name = acceptance.full_name.clone().or(pending.full_name.clone());
    Account { phone: Some(acceptance.phone.clone()), full_name, ..pending.clone() }
}
