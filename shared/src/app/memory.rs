use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;

use super::{App, Caller};
use crate::error::{Code, Error};
use crate::http::{Request, Response};
use crate::key_ring::Mac;
use crate::session::Session;
use crate::store::{Remembered, TokensOf};
use crate::types::Invalid;

/// Where the answer to a request will be kept, if its caller sent an idempotency key (contract §1.0).
#[derive(Debug, Default)]
pub struct Memory {
    kept: Option<Slot>,
}

#[derive(Debug)]
struct Slot {
    digest: String,
    request: String,
}

impl Slot {
    fn context(&self, caller: &Caller) -> String {
        format!("{} {}", caller.tenant_id(), self.digest)
    }
}

impl Memory {
    fn of(caller: &Caller, request: &Request) -> Result<Self, Error> {
        let Some(key) = request.header("idempotency-key")? else { return Ok(Self::default()) };
        if !(1..=128).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid("idempotency-key", Invalid("must be 1 to 128 visible ASCII characters")));
        }
        // Without a gateway's routes every route is the same.
        let endpoint = if request.route == "$default" { &request.path } else { &request.route };
        let slot = digest(&SHA256, format!("{}\n{endpoint}\n{key}", caller.client_id).as_bytes());
        // What else tells two requests apart: whose session it is, and which number.
        let header = |name| Ok::<_, Error>(request.header(name)?.unwrap_or_default().as_bytes());
        let mut parts = vec![request.body.as_slice(), header("accountrefreshtoken")?, header("accountaccesstoken")?];
        let path: BTreeMap<_, _> = request.path_parameters.iter().collect();
        parts.extend(path.values().map(|value| value.as_bytes()));
        let slot = Slot {
            digest: BASE64URL_NOPAD.encode(slot.as_ref()),
            request: BASE64URL_NOPAD.encode(&caller.ring.secrets().mac(Mac::Request, &parts)),
        };
        Ok(Self { kept: Some(slot) })
    }
}

impl App {
    /// Does `work` once for an idempotency key: an answer that was remembered is given again, and `work` is to
    /// write its own in the transaction of its effect (`App::remember`). Without a key this costs nothing.
    ///
    /// A refusal may come from a twin that was faster, so it stands only if no answer is there by then. Refusals
    /// are not remembered: what had no effect may be tried again.
    ///
    /// # Errors
    /// [`Code::IdempotencyKeyReused`] when the key was used for another request within 24 hours; those of `work`.
    pub async fn once(
        &self,
        caller: &Caller,
        request: &Request,
        work: impl AsyncFnOnce(&Memory) -> Result<Response, Error>,
    ) -> Result<Response, Error> {
        let memory = Memory::of(caller, request)?;
        match self.recall(caller, &memory).await? {
            Recalled::Answer(answer) => return Ok(answer),
            Recalled::Over => return work(&Memory::default()).await,
            Recalled::Nothing => {}
        }
        match work(&memory).await {
            Ok(answer) => Ok(answer),
            Err(refusal) => match self.recall(caller, &memory).await? {
                Recalled::Answer(answer) => Ok(answer),
                Recalled::Nothing | Recalled::Over => Err(refusal),
            },
        }
    }

    /// `answer` sealed, to be written in the transaction of its effect.
    pub(super) fn remember(
        &self,
        caller: &Caller,
        memory: &Memory,
        answer: &Response,
    ) -> Result<Option<Remembered>, Error> {
        let Some(slot) = &memory.kept else { return Ok(None) };
        let json = serde_json::to_vec(answer).map_err(|_| Code::Internal.because("an answer has no JSON form"))?;
        let answer = caller.ring.secrets().seal(&self.random, &slot.context(caller), &json)?;
        Ok(Some(Remembered { digest: slot.digest.clone(), request: slot.request.clone(), answer, session: None }))
    }

    /// As [`remember`](App::remember), of an answer that is worth something only while the session has these tokens.
    pub(super) fn remember_tokens(
        &self,
        caller: &Caller,
        memory: &Memory,
        (answer, session): (&Response, &Session),
    ) -> Result<Option<Remembered>, Error> {
        let remembered = self.remember(caller, memory, answer)?;
        Ok(remembered.map(|remembered| Remembered { session: Some(TokensOf::now(session)), ..remembered }))
    }

    async fn recall(&self, caller: &Caller, memory: &Memory) -> Result<Recalled, Error> {
        let Some(slot) = &memory.kept else { return Ok(Recalled::Nothing) };
        let found = self.store.remembered(caller.tenant_id(), &slot.digest, caller.now).await?;
        let Some(remembered) = found else { return Ok(Recalled::Nothing) };
        if remembered.request != slot.request {
            return Err(Code::IdempotencyKeyReused.because("another request under the same idempotency key"));
        }
        if let Some(tokens) = remembered.session
            && !self.store.are_current(caller.tenant_id(), tokens, caller.now).await?
        {
            return Ok(Recalled::Over);
        }
        let json = caller.ring.unseal(&slot.context(caller), &remembered.answer)?;
        let answer = serde_json::from_slice(&json);
        answer.map(Recalled::Answer).map_err(|_| Code::Internal.because("a remembered answer does not parse"))
    }
}

/// What is remembered under a key.
enum Recalled {
    Nothing,
    Answer(Response),
    /// Tokens that were used since, or whose session is over: giving them again would undo a rotation or a sign-out
    /// (yardstick S2, S6), so the request is looked at as if it had no key.
    Over,
}

/// What an act says whose twin was faster: [`App::once`] then finds the twin's answer.
pub(super) fn answered_by_twin() -> Error {
    Code::Unavailable.because("answered at the same time under the same idempotency key")
}
