use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::calendar::{self, Due};
use super::material::{RawKey, RawSecret, RawSigningKey, next_id};
use super::{Algorithm, Material, SigningKey, signing_key};
use crate::error::{Code, Error};
use crate::random::Random;
use crate::types::Timestamp;

/// What has no calendar: it is renewed by hand, when somebody may have seen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Renewable {
    /// What authenticates refresh tokens, portals' keys, links' codes and forms, and seals rows.
    Secrets,
    /// What password hashes are made with.
    Pepper,
}

/// The signing keys, by `kid`, that came into a ring, that left it, and whose day was set right; and what was renewed
/// or came in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeyChanges {
    pub published: Vec<String>,
    pub dropped: Vec<String>,
    /// Those that were to sign much later than a day from now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rescheduled: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewed: Option<Renewable>,
    /// Peppers that came in from another deployment, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adopted_peppers: Vec<u8>,
}

impl KeyChanges {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { published, dropped, rescheduled, renewed, adopted_peppers } = self;
        let no_keys = published.is_empty() && dropped.is_empty() && rescheduled.is_empty();
        no_keys && renewed.is_none() && adopted_peppers.is_empty()
    }
}

impl Material {
    /// Publishes and drops what the calendar has due at `now`; an algorithm without a key gets one that signs at
    /// once. After an error the ring is half changed and must not be written.
    ///
    /// # Errors
    /// [`Code::Internal`] when a key cannot be made or read.
    pub fn rotate(&mut self, now: Timestamp) -> Result<KeyChanges, Error> {
        let mut changes = KeyChanges::default();
        // A key that was made by a clock that was ahead would put off its successor for as long.
        let latest = calendar::publish_ahead(now);
        for key in self.signing_keys.iter_mut().filter(|key| key.signs_from > latest) {
            key.signs_from = latest;
            changes.rescheduled.push(kid_of(key)?);
        }
        for algorithm in Algorithm::ALL {
            let of_algorithm = self.signing_keys.iter().filter(|key| key.algorithm == algorithm);
            let due = Due::at(now, &of_algorithm.map(|key| key.signs_from).collect::<Vec<_>>());
            for _ in 0..due.retire {
                let oldest = self.signing_keys.iter().position(|key| key.algorithm == algorithm);
                changes.dropped.extend(oldest.map(|place| kid_of(&self.signing_keys.remove(place))).transpose()?);
            }
            if let Some(signs_from) = due.publish {
                changes.published.push(self.publish(algorithm, signs_from)?);
            }
        }
        Ok(changes)
    }

    /// The emergency: one key is gone at once. If it was the one that signs, the next one that is published signs
    /// from `now` on; where there is none, a new one. After an error the ring is half changed and must not be written.
    ///
    /// # Errors
    /// [`Code::NotFound`] when no key has this `kid`, [`Code::Internal`] when a key cannot be made or read.
    pub fn drop_key(&mut self, kid: &str, now: Timestamp) -> Result<KeyChanges, Error> {
        let kids = self.signing_keys.iter().map(kid_of).collect::<Result<Vec<_>, _>>()?;
        let unknown = || Code::NotFound.because("no key has this kid").saying("No key that is published has this kid.");
        let place = kids.iter().position(|known| known == kid).ok_or_else(unknown)?;
        let signing = Algorithm::ALL.iter().any(|algorithm| self.signing_place(*algorithm, now) == Some(place));
        let algorithm = self.signing_keys.remove(place).algorithm;
        let mut changes = KeyChanges { dropped: vec![kid.to_owned()], ..KeyChanges::default() };
        if signing {
            let mut of_algorithm = self.signing_keys.iter_mut().filter(|key| key.algorithm == algorithm);
            match of_algorithm.find(|key| key.signs_from > now) {
                Some(next) => next.signs_from = now,
                None => changes.published.push(self.publish(algorithm, now)?),
            }
        }
        Ok(changes)
    }

    /// The other emergency. New secrets end what older ones authenticate: everybody signs in again, portals fetch their
    /// keys again, codes and links are asked for again; what they sealed still opens. A new pepper ends nothing: each
    /// hash is made anew when its password is next typed.
    ///
    /// # Errors
    /// [`Code::Internal`] when all 255 ids are used up.
    pub fn renew(&mut self, what: Renewable, random: &Random) -> Result<KeyChanges, Error> {
        let of_kind = match what {
            Renewable::Secrets => &mut self.secrets,
            Renewable::Pepper => &mut self.peppers,
        };
        of_kind.push(RawSecret::new(next_id(of_kind)?, random));
        Ok(KeyChanges { renewed: Some(what), ..KeyChanges::default() })
    }

    fn publish(&mut self, algorithm: Algorithm, signs_from: Timestamp) -> Result<String, Error> {
        let pkcs8 = RawKey(Zeroizing::new(signing_key::generate_pkcs8(algorithm)?));
        let public = Some(signing_key::numbers(algorithm, &pkcs8.0)?);
        let key = RawSigningKey { algorithm, signs_from, public, pkcs8 };
        let kid = kid_of(&key)?;
        self.signing_keys.push(key);
        Ok(kid)
    }

    fn signing_place(&self, algorithm: Algorithm, now: Timestamp) -> Option<usize> {
        let keys = self.signing_keys.iter().enumerate().rev().filter(|(_, key)| key.algorithm == algorithm);
        calendar::signing(keys, |(_, key)| key.signs_from, now).map(|(place, _)| place)
    }
}

fn kid_of(key: &RawSigningKey) -> Result<String, Error> {
    SigningKey::open(key).map(|key| key.kid().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::key_ring::KeyRing;
    use crate::random::Random;

    const HOUR: i64 = 3_600_000;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds)
    }

    fn first_ring() -> Material {
        Material::generate(&Random::default(), at(0)).unwrap()
    }

    fn signing(material: &Material, algorithm: Algorithm, now: i64) -> String {
        KeyRing::open(material).unwrap().signing_key(algorithm, at(now)).unwrap().kid().to_owned()
    }

    #[test]
    fn every_algorithm_signs_from_the_start_and_its_signatures_are_its_own() {
        let ring = KeyRing::open(&first_ring()).unwrap();
        for algorithm in Algorithm::ALL {
            let key = ring.signing_key(algorithm, at(0)).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            let signature = key.sign(b"message").unwrap();
            assert!(key.signed(b"message", &signature) && !key.signed(b"massage", &signature));
            for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
                assert!(!ring.signing_key(other, at(0)).unwrap().signed(b"message", &signature));
            }
        }
    }

    #[test]
    fn a_ring_from_before_public_halves_were_kept_opens_as_the_same() {
        let first = first_ring();
        let mut json = serde_json::to_value(&first).unwrap();
        for key in json["signing_keys"].as_array_mut().unwrap() {
            key.as_object_mut().unwrap().remove("public").unwrap();
        }
        let material: Material = serde_json::from_value(json).unwrap();
        for algorithm in Algorithm::ALL {
            assert_eq!(signing(&material, algorithm, 0), signing(&first, algorithm, 0));
        }
    }

    #[test]
    fn a_key_whose_halves_are_not_of_one_is_found_before_it_signs() {
        assert!(KeyRing::open_whole(&first_ring()).is_ok());
        for broken in [json!("AAAA"), serde_json::to_value(first_ring()).unwrap()["signing_keys"][0]["pkcs8"].clone()] {
            let mut json = serde_json::to_value(first_ring()).unwrap();
            json["signing_keys"][0]["pkcs8"] = broken;
            let material: Material = serde_json::from_value(json).unwrap();
            let failure = KeyRing::open_whole(&material).unwrap_err();
            assert_eq!(failure.code(), Code::Internal);
        }
    }

    #[test]
    fn a_ring_from_before_algorithms_had_names_opens_and_gains_the_others() {
        let mut json = serde_json::to_value(first_ring()).unwrap();
        let keys = json["signing_keys"].as_array_mut().unwrap();
        keys.truncate(1);
        keys[0].as_object_mut().unwrap().remove("algorithm").unwrap();
        let mut material: Material = serde_json::from_value(json).unwrap();
        let rsa = signing(&material, Algorithm::Rs256, 0);
        assert!(KeyRing::open(&material).unwrap().signing_key(Algorithm::Es256, at(0)).is_err());

        let changes = material.rotate(at(HOUR)).unwrap();
        assert_eq!((changes.published.len(), changes.dropped.len()), (2, 0));
        assert_eq!(signing(&material, Algorithm::Rs256, HOUR), rsa);
        assert_eq!(signing(&material, Algorithm::Es256, HOUR), changes.published[0]);
        assert_eq!(signing(&material, Algorithm::EdDsa, HOUR), changes.published[1]);
        assert!(material.rotate(at(HOUR)).unwrap().is_empty());
    }

    #[test]
    fn a_successor_is_published_a_day_ahead_and_its_predecessor_stays_a_day() {
        let mut material = first_ring();
        let (first, due) = (signing(&material, Algorithm::Es256, 0), 82 * 24 * HOUR);
        assert!(material.rotate(at(due - 1)).unwrap().is_empty());
        let next = material.rotate(at(due)).unwrap().published;
        assert_eq!(next.len(), 3);
        assert!(material.rotate(at(due + 25 * HOUR)).unwrap().is_empty());
        assert_eq!(signing(&material, Algorithm::Es256, due + 24 * HOUR), first);
        assert_eq!(signing(&material, Algorithm::Es256, due + 25 * HOUR), next[1]);
        let changes = material.rotate(at(due + 50 * HOUR)).unwrap();
        assert_eq!((changes.published.len(), changes.dropped.len()), (0, 3));
        assert_eq!(changes.dropped[1], first);
    }

    #[test]
    fn a_dropped_signer_is_followed_at_once_by_a_new_key_or_by_the_one_that_is_published() {
        let mut material = first_ring();
        let first = signing(&material, Algorithm::EdDsa, 0);
        let changes = material.drop_key(&first, at(HOUR)).unwrap();
        assert_eq!(changes.dropped, [first]);
        let second = signing(&material, Algorithm::EdDsa, HOUR);
        assert_eq!(changes.published, std::slice::from_ref(&second));

        let due = 83 * 24 * HOUR;
        let third = material.rotate(at(due)).unwrap().published.remove(2);
        let changes = material.drop_key(&second, at(due)).unwrap();
        assert_eq!((changes.published.len(), changes.dropped), (0, vec![second]));
        assert_eq!(signing(&material, Algorithm::EdDsa, due), third);
        assert!(material.rotate(at(due)).unwrap().is_empty());
    }

    #[test]
    fn a_dropped_key_that_does_not_sign_changes_nothing_else() {
        let mut material = first_ring();
        let due = 82 * 24 * HOUR;
        let next = material.rotate(at(due)).unwrap().published.remove(0);
        let first = signing(&material, Algorithm::Rs256, due);
        assert!(material.drop_key(&next, at(due)).unwrap().published.is_empty());
        assert_eq!(signing(&material, Algorithm::Rs256, due), first);
        assert_eq!(material.rotate(at(due)).unwrap().published.len(), 1);

        let signs = due + 25 * HOUR;
        let second = signing(&material, Algorithm::Rs256, signs);
        assert_ne!(second, first);
        assert!(material.drop_key(&first, at(signs)).unwrap().published.is_empty());
        assert_eq!(signing(&material, Algorithm::Rs256, signs), second);
        let failure = material.drop_key(&first, at(signs)).unwrap_err();
        assert_eq!(failure.code(), Code::NotFound);
    }
}
