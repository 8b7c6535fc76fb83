use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;

use super::memory::answered_by_twin;
use super::sign_in::SIGN_IN_CODE;
use super::{App, Caller, Memory, messages};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::store::{Channel, Message, Purpose, SentCode, SignInCode};
use crate::token::OneTimeCode;
use crate::types::{AccountId, Phone};

/// How many codes are drawn when each was outstanding already: with 1,000 outstanding, eight in a row are so
/// once in 10^24 sends.
const DRAWS: u32 = 8;

impl App {
    /// Sends a sign-in code to a phone that is exactly one account's. A number that is nobody's or shared gets
    /// the same answer for the same work, and no message.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] within 60 s of the last code to this number, after 5 in an hour or 10 in a day,
    /// whoever's it is.
    pub async fn send_sign_in_code(
        &self,
        caller: &Caller,
        phone: &Phone,
        memory: &Memory,
        answer: Response,
    ) -> Result<Response, Error> {
        let (tenant, kind, now) = (caller.tenant_id(), caller.kind, caller.now);
        let (desk, owner) = tokio::join!(
            self.store.code_desk(tenant, kind, phone, now),
            self.store.only_owner_of_phone(tenant, kind, phone)
        );
        let (desk, owner) = (desk?, owner?);
        let too_soon = |wait| Code::TooManyRequests.because("a code was sent to this number lately").retry_after(wait);
        if let Some(wait) = desk.sends.wait(now) {
            return Err(too_soon(wait));
        }
        let remember = self.remember(caller, memory, &answer)?;
        for _ in 0..DRAWS {
            let (code, message) = self.draw(caller, phone, owner.filter(|_| desk.takes_codes()));
            let sent = self
                .store
                .send_sign_in_code(tenant, kind, &desk, &code, &message, remember.as_ref(), &caller.ring, now)
                .await?;
            match sent {
                SentCode::Sent => return Ok(answer),
                SentCode::Remembered => return Err(answered_by_twin()),
                SentCode::TooSoon => return Err(too_soon(60)),
                SentCode::Taken => {}
            }
        }
        Err(Code::Unavailable.because("no free code in eight draws"))
    }

    /// A code with its message; for nobody, one that can never be entered and a message that goes nowhere.
    fn draw(&self, caller: &Caller, phone: &Phone, owner: Option<AccountId>) -> (SignInCode, Message) {
        let code = OneTimeCode::random(&self.random);
        let digest = match owner {
            Some(_) => code.digest(&caller.ring, caller.tenant_id(), &[SIGN_IN_CODE]),
            None => BASE64URL_NOPAD.encode(digest(&SHA256, &self.random.bytes::<32>()).as_ref()),
        };
        let recipient = match owner {
            Some(_) => (Channel::Sms, phone.as_str().to_owned()),
            None => messages::nobody(),
        };
        let message = messages::code(&caller.tenant, recipient, Purpose::SignInCode, &code);
        (SignInCode::new(digest, phone.clone(), owner, caller.now), message)
    }
}
