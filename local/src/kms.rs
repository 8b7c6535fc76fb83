//! A KMS endpoint that speaks the part of AWS's protocol that the key ring needs: `GenerateDataKey` and `Decrypt`
//! under one key, which is a file (or, in memory, forgotten). The encryption context is authenticated, as in AWS.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::random::Random;

/// The key's name here.
pub(crate) const KEY_ID: &str = "alias/latchkey-local";

struct Kms {
    key: LessSafeKey,
    random: Random,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Call {
    #[serde(default)]
    ciphertext_blob: String,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
}

/// The endpoint's routes, with the key from `file`, made there if need be.
pub(crate) fn router(file: Option<&Path>, random: Random) -> Result<Router, String> {
    let unusable = |why: &dyn std::fmt::Display| format!("the key-ring key file is unusable: {why}");
    let key = match file {
        Some(file) if file.exists() => std::fs::read(file).map_err(|error| unusable(&error))?,
        Some(file) => {
            let key = random.bytes::<32>().to_vec();
            write_private(file, &key).map_err(|error| unusable(&error))?;
            key
        }
        None => random.bytes::<32>().to_vec(),
    };
    let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| unusable(&"it is not 32 bytes long"))?;
    let kms = Arc::new(Kms { key: LessSafeKey::new(key), random });
    Ok(Router::new().fallback(answer).with_state(kms))
}

fn write_private(file: &Path, key: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    opened.write_all(key)
}

async fn answer(State(kms): State<Arc<Kms>>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let refuse = |kind: &str| (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind })));
    let Ok(call) = serde_json::from_str::<Call>(&body) else { return refuse("SerializationException") };
    let context = serde_json::to_vec(&call.encryption_context).unwrap_or_default();
    let answer = match headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
        Some("TrentService.GenerateDataKey") => kms.generate_data_key(&context),
        Some("TrentService.Decrypt") => kms.decrypt(&call.ciphertext_blob, &context),
        _ => return refuse("UnknownOperationException"),
    };
    answer.map_or_else(|| refuse("InvalidCiphertextException"), |answer| (StatusCode::OK, Json(answer)))
}

impl Kms {
    fn generate_data_key(&self, context: &[u8]) -> Option<Value> {
        let plain = self.random.bytes::<32>();
        let nonce = self.random.bytes::<NONCE_LEN>();
        let mut wrapped = plain.to_vec();
        let nonce_in = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(nonce_in, Aad::from(context), &mut wrapped).ok()?;
        let blob = BASE64.encode(&[nonce.as_slice(), &wrapped].concat());
        Some(json!({ "KeyId": KEY_ID, "Plaintext": BASE64.encode(&plain), "CiphertextBlob": blob }))
    }

    fn decrypt(&self, blob: &str, context: &[u8]) -> Option<Value> {
        let blob = BASE64.decode(blob.as_bytes()).ok()?;
        let (nonce, wrapped) = blob.split_at_checked(NONCE_LEN)?;
        let mut opened = wrapped.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.key.open_in_place(nonce, Aad::from(context), &mut opened).ok()?;
        Some(json!({ "KeyId": KEY_ID, "Plaintext": BASE64.encode(plain) }))
    }
}
