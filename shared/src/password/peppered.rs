use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, AssociatedData, Block, KeyId, Params, ParamsBuilder, Version};
use data_encoding::BASE64_NOPAD;

use super::hasher::{Cost, MAX_MEMORY_KIB, MAX_PASSES, PasswordHash};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::types::Invalid;

const MAX_LANES: u32 = 4;
const TAG_BYTES: usize = 32;

/// A hash of ours, taken apart and found within bounds.
pub(super) struct Peppered {
    params: Params,
    salt: phc::Salt,
    tag: phc::Output,
    pub pepper: u8,
}

impl Peppered {
    pub(super) fn parse(hash: &str) -> Result<Self, Error> {
        let broken = |what: &str| Code::Internal.because(format!("a stored password hash has {what}"));
        let parsed = phc::PasswordHash::new(hash).map_err(|_| broken("no PHC form"))?;
        if parsed.algorithm != Algorithm::Argon2id.ident() || parsed.version != Some(0x13) {
            return Err(broken("another algorithm"));
        }
        let params = Params::try_from(&parsed).map_err(|_| broken("unusable parameters"))?;
        let bounded =
            params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES;
        let pepper = params.keyid().first().copied();
        match (parsed.salt, parsed.hash, pepper) {
            (Some(salt), Some(tag), Some(pepper)) if bounded => Ok(Self { params, salt, tag, pepper }),
            _ => Err(broken("parts missing or out of bounds")),
        }
    }

    pub(super) fn cost(&self) -> Option<Cost> {
        let cost = Cost { memory_kib: self.params.m_cost(), passes: self.params.t_cost() };
        (self.params.p_cost() == 1).then_some(cost)
    }

    pub(super) fn matches(&self, password: &[u8], ring: &KeyRing, memory: &mut Vec<Block>) -> Result<bool, Error> {
        let pepper = ring.pepper_by_id(self.pepper).ok_or_else(|| {
            Code::Internal.because("a stored password hash names a pepper that is not in the key ring")
        })?;
        let mut tag = vec![0; self.tag.len()];
        fill(&self.params, pepper.secret(), password, &self.salt, &mut tag, memory)?;
        Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&tag, self.tag.as_bytes()).is_ok())
    }
}

/// The hash of `password` at `cost`, with the ring's newest pepper.
pub(super) fn make(
    cost: Cost,
    password: &[u8],
    salt: &[u8],
    ring: &KeyRing,
    memory: &mut Vec<Block>,
) -> Result<PasswordHash, Error> {
    let failed = |_| Code::Internal.because("a password hash could not be put together");
    let pepper = ring.pepper();
    let keyid = KeyId::new(&[pepper.id]).map_err(|_| Code::Internal.because("a pepper's id is no key id"))?;
    let params = ParamsBuilder::new()
        .m_cost(cost.memory_kib)
        .t_cost(cost.passes)
        .p_cost(1)
        .keyid(keyid)
        .data(AssociatedData::EMPTY)
        .output_len(TAG_BYTES)
        .build()
        .map_err(|_| Code::Internal.because("the configured hash cost is unusable"))?;
    let mut tag = [0; TAG_BYTES];
    fill(&params, pepper.secret(), password, salt, &mut tag, memory)?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(0x13),
        params: phc::ParamsString::try_from(&params).map_err(|_| Code::Internal.because("unprintable parameters"))?,
        salt: Some(phc::Salt::new(salt).map_err(failed)?),
        hash: Some(phc::Output::new(&tag).map_err(failed)?),
    };
    Ok(PasswordHash::made(hash.to_string()))
}

/// The same hash where its pepper has this id.
pub(super) fn with_pepper(hash: &str, pepper: u8) -> Result<String, Invalid> {
    let refused = Invalid("must be a hash that Latchkey made");
    let ours = Peppered::parse(hash).ok().filter(|ours| ours.params.keyid().len() == 1).ok_or(refused)?;
    let named = |id: u8| format!(",keyid={}$", BASE64_NOPAD.encode(&[id]));
    if hash.contains(&named(ours.pepper)) {
        Ok(hash.replacen(&named(ours.pepper), &named(pepper), 1))
    } else {
        Err(refused)
    }
}

fn fill(
    params: &Params,
    pepper: &[u8],
    password: &[u8],
    salt: &[u8],
    tag: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<(), Error> {
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let memory = memory.get_mut(..blocks).unwrap_or_default();
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params.clone())
        .and_then(|argon2| argon2.hash_password_into_with_memory(password, salt, tag, memory))
        .map_err(|_| Code::Internal.because("argon2 refused its parameters"))
}
