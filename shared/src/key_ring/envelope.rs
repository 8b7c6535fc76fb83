use std::collections::HashMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Material;
use crate::error::{Code, Error};
use crate::random::Random;

/// The ring as the table holds it: a data key that only KMS can unwrap, and the ring sealed under it. Base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedRing {
    wrapped_key: String,
    sealed: String,
}

/// Seals and opens the ring by envelope encryption: KMS wraps a data key, AES-256-GCM does the rest, because a
/// ring is larger than the 4 KiB that KMS encrypts by itself.
#[derive(Debug, Clone)]
pub struct Envelope {
    kms: aws_sdk_kms::Client,
    key_id: String,
}

impl Envelope {
    #[must_use]
    pub fn new(kms: aws_sdk_kms::Client, key_id: String) -> Self {
        Self { kms, key_id }
    }

    /// # Errors
    /// [`Code::Unavailable`] when KMS does not answer or refuses.
    pub async fn seal(&self, material: &Material, random: &Random) -> Result<WrappedRing, Error> {
        let answer = self
            .kms
            .generate_data_key()
            .key_id(&self.key_id)
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(context()))
            .send()
            .await
            .map_err(|failure| refused("KMS made no data key", &failure))?;
        let (Some(plain), Some(wrapped)) = (answer.plaintext, answer.ciphertext_blob) else {
            return Err(Code::Unavailable.because("KMS answered without a data key"));
        };
        let failed = || Code::Internal.because("the key ring could not be sealed");
        let json = Zeroizing::new(serde_json::to_vec(material).map_err(|_| failed())?);
        let nonce = random.bytes::<NONCE_LEN>();
        let mut sealed = json.to_vec();
        cipher(&Zeroizing::new(plain.into_inner()))?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(PURPOSE), &mut sealed)
            .map_err(|_| failed())?;
        Ok(WrappedRing {
            wrapped_key: BASE64.encode(wrapped.as_ref()),
            sealed: BASE64.encode(&[nonce.as_slice(), &sealed].concat()),
        })
    }

    /// # Errors
    /// [`Code::Unavailable`] when KMS does not answer or refuses, [`Code::Internal`] when the ring was changed.
    pub async fn open(&self, wrapped: &WrappedRing) -> Result<Material, Error> {
        let failed = || Code::Internal.because("the key ring does not open");
        let key = BASE64.decode(wrapped.wrapped_key.as_bytes()).map_err(|_| failed())?;
        let answer = self
            .kms
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(key))
            .set_encryption_context(Some(context()))
            .send()
            .await
            .map_err(|failure| refused("KMS did not unwrap the key ring", &failure))?;
        let plain = answer.plaintext.ok_or_else(failed)?;
        let sealed = BASE64.decode(wrapped.sealed.as_bytes()).map_err(|_| failed())?;
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut opened = Zeroizing::new(ciphertext.to_vec());
        let json = cipher(&Zeroizing::new(plain.into_inner()))?
            .open_in_place(nonce, Aad::from(PURPOSE), &mut opened)
            .map_err(|_| failed())?;
        serde_json::from_slice(json).map_err(|_| failed())
    }
}

/// Bound into both layers. It does not name the table: a restored table has another name and must open.
const PURPOSE: &str = "key-ring";

fn context() -> HashMap<String, String> {
    HashMap::from([("latchkey:purpose".to_owned(), PURPOSE.to_owned())])
}

fn refused<E: ProvideErrorMetadata, R>(what: &str, failure: &SdkError<E, R>) -> Error {
    let code = failure.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("no answer");
    Code::Unavailable.because(format!("{what}: {code}"))
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, Error> {
    let unusable = |_| Code::Internal.because("KMS answered with an unusable data key");
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(unusable)?))
}
