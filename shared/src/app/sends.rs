//! How often something is sent to one destination, in the words of an answer.

use super::memory::answered_by_twin;
use crate::error::{Code, Error};
use crate::http::Response;
use crate::store::{Sends, Sent};
use crate::types::Timestamp;

/// # Errors
/// [`Code::TooManyRequests`] while nothing more may be sent there.
pub(super) fn may_send(sends: &Sends, now: Timestamp) -> Result<(), Error> {
    sends.wait(now).map_or(Ok(()), |wait| Err(too_soon(wait)))
}

/// The answer once it is sent.
pub(super) fn answer_sent(sent: Sent, answer: Response) -> Result<Response, Error> {
    match sent {
        Sent::Sent => Ok(answer),
        Sent::TooSoon | Sent::Overtaken => Err(too_soon(60)),
        Sent::Remembered => Err(answered_by_twin()),
    }
}

pub(super) fn too_soon(wait: i64) -> Error {
    Code::TooManyRequests.because("something was sent there lately").retry_after(wait)
}
