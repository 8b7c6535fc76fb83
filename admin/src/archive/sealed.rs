use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::str::FromStr;

use age::x25519::{Identity, Recipient};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, HEXLOWER};
use shared::random::Random;
use zeroize::Zeroizing;

use crate::Failure;

pub(super) const MAGIC: &[u8] = b"latchkey-export 1\n";

/// Far above what a page of the table comes to.
const LARGEST_PART: u32 = 256 * 1024 * 1024;

/// Which export a part is of: 128 bits of chance, in hexadecimal.
pub(super) fn export_id(random: &Random) -> String {
    HEXLOWER.encode(&random.bytes::<16>())
}

/// What is hashed over the export's id and all parts so far, in Base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digest(String);

impl Digest {
    pub(super) fn and(&self, lines: &str) -> Self {
        let both = [digest(&SHA256, self.0.as_bytes()), digest(&SHA256, lines.as_bytes())];
        let [before, part] = both.each_ref().map(AsRef::as_ref);
        Self(BASE64.encode(digest(&SHA256, &[before, part].concat()).as_ref()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Digest {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Writes one part: how many bytes it takes in the file.
pub(super) fn write_part(
    file: &mut impl Write,
    recipient: &Recipient,
    (export, number): (&str, u32),
    lines: &str,
) -> Result<u64, Failure> {
    let plain = Zeroizing::new(format!("{export} {number}\n{lines}"));
    let sealed = age::encrypt(recipient, plain.as_bytes()).map_err(|_| "a part cannot be encrypted".to_owned())?;
    let length = u32::try_from(sealed.len()).ok().filter(|length| *length <= LARGEST_PART);
    let length = length.ok_or_else(|| "a part is too large; read fewer rows at a time".to_owned())?;
    let written = file.write_all(&length.to_be_bytes()).and_then(|()| file.write_all(&sealed));
    written.map_err(|error| format!("the export cannot be written: {error}"))?;
    Ok(4 + u64::from(length))
}

/// A part as it was read: the export's id, and its lines.
pub(super) struct Part {
    pub export: String,
    pub lines: Zeroizing<String>,
}

/// Reads the part of this number; `None` at the end of the file.
pub(super) fn read_part(file: &mut impl Read, identity: &Identity, number: u32) -> Result<Option<Part>, Failure> {
    let cut_off = |_| Failure::from("the file is cut off".to_owned());
    let mut length = [0; 4];
    match file.read_exact(&mut length[..1]) {
        Ok(()) => file.read_exact(&mut length[1..]).map_err(cut_off)?,
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(format!("the file cannot be read: {error}").into()),
    }
    let length = u32::from_be_bytes(length);
    let changed = || Failure::from(format!("the file was changed: part {number} is not as it was written"));
    if length > LARGEST_PART {
        return Err(changed());
    }
    let mut sealed = Vec::new();
    file.take(length.into()).read_to_end(&mut sealed).map_err(cut_off)?;
    if sealed.len() != usize::try_from(length).unwrap_or_default() {
        return Err("the file is cut off".to_owned().into());
    }
    let opened = age::decrypt(identity, &sealed).map_err(|failure| match failure {
        age::DecryptError::NoMatchingKeys if number == 0 => {
            Failure::from("the file is encrypted for another key than the identity's".to_owned())
        }
        _ => changed(),
    })?;
    let opened = Zeroizing::new(opened);
    let text = std::str::from_utf8(&opened).map_err(|_| changed())?;
    let (place, lines) = text.split_once('\n').ok_or_else(changed)?;
    let (export, named) = place.split_once(' ').ok_or_else(changed)?;
    if named != number.to_string() {
        return Err(changed());
    }
    Ok(Some(Part { export: export.to_owned(), lines: Zeroizing::new(lines.to_owned()) }))
}

pub(super) fn recipient(text: &str) -> Result<Recipient, String> {
    Recipient::from_str(text).map_err(|_| "it is no X25519 recipient of age (age1...)".to_owned())
}

/// The first identity in a file as `age-keygen` writes it.
pub(super) fn identity(file: &Path) -> Result<Identity, Failure> {
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let identity = text.lines().find_map(|line| Identity::from_str(line.trim()).ok());
    Ok(identity.ok_or_else(|| format!("{} holds no X25519 identity of age (AGE-SECRET-KEY-1...)", file.display()))?)
}
