use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::key_ring::{KeyRing, Mac};

/// What we hand out and keep nothing of: form 1 · secrets 1 · content · HMAC-SHA-256 32, over `bound_to`, too. It is
/// told from a forged one without any read.
pub(super) fn sign(ring: &KeyRing, purpose: Mac, bound_to: &[&[u8]], content: &[u8]) -> Vec<u8> {
    let secrets = ring.secrets();
    let body = [&[FORM, secrets.id()], content].concat();
    let mac = secrets.mac(purpose, &[bound_to, &[body.as_slice()]].concat());
    [body.as_slice(), &mac].concat()
}

/// The content of what we signed for this purpose and bound to this, by the ring's newest secrets; nothing else has any.
pub(super) fn open<'a>(ring: &KeyRing, purpose: Mac, bound_to: &[&[u8]], signed: &'a [u8]) -> Option<&'a [u8]> {
    let (body, mac) = signed.split_at_checked(signed.len().checked_sub(MAC_BYTES)?)?;
    let [FORM, id, content @ ..] = body else { return None };
    let secrets = Some(ring.secrets()).filter(|secrets| secrets.id() == *id)?;
    let expected = secrets.mac(purpose, &[bound_to, &[body]].concat());
    verify_slices_are_equal(mac, &expected).ok()?;
    Some(content)
}

const FORM: u8 = 1;
const MAC_BYTES: usize = 32;
