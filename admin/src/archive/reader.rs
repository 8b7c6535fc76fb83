use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use age::x25519::Identity;
use zeroize::Zeroizing;

use super::LONGEST_LINE;
use super::line::{Footer, Line};
use super::refused::Refused;
use super::sealed::{Digest, MAGIC, read_part};
use crate::Failure;

/// A file to import, opened anew for each time that it is read through.
pub(super) struct Source {
    pub file: PathBuf,
    /// `None`: it is not encrypted, as people from other systems write it.
    pub identity: Option<Identity>,
}

/// A line with its number in the file, counted from 1.
pub(super) struct Numbered {
    pub number: u64,
    pub line: Result<Line, Refused>,
}

/// Some lines at a time.
pub(super) struct Reader<'a> {
    file: BufReader<File>,
    identity: Option<&'a Identity>,
    export: Option<String>,
    parts: u32,
    lines: u64,
    digest: Digest,
    footer: Option<Footer>,
}

/// How many lines of a file without parts are taken at a time.
const LINES: usize = 500;

impl Source {
    pub(super) fn read(&self) -> Result<Reader<'_>, Failure> {
        let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", self.file.display());
        let mut file = BufReader::new(File::open(&self.file).map_err(unreadable)?);
        let is_sealed = file.fill_buf().map_err(unreadable)?.starts_with(MAGIC);
        match &self.identity {
            Some(_) if is_sealed => file.consume(MAGIC.len()),
            Some(_) => return Err(format!("{} is no export of this version", self.file.display()).into()),
            None if is_sealed => return Err("the file is encrypted: name the --identity".to_owned().into()),
            None => {}
        }
        let (identity, digest) = (self.identity.as_ref(), Digest::default());
        Ok(Reader { file, identity, export: None, parts: 0, lines: 0, digest, footer: None })
    }
}

impl Reader<'_> {
    /// The next lines; none at the end of the file, which is known to be whole then.
    pub(super) fn next(&mut self) -> Result<Option<Vec<Numbered>>, Failure> {
        let Some(identity) = self.identity else { return self.next_plain() };
        let Some(part) = read_part(&mut self.file, identity, self.parts)? else {
            let cut_off = || Failure::from("the file is cut off".to_owned());
            self.footer.as_ref().ok_or_else(cut_off)?;
            return Ok(None);
        };
        if self.footer.is_some() || *self.export.get_or_insert_with(|| part.export.clone()) != part.export {
            return Err(format!("the file was changed: part {} is not of it", self.parts).into());
        }
        if self.parts == 0 {
            self.digest = Digest::from(part.export.clone());
        }
        let expected = Footer { lines: self.lines, digest: self.digest.as_str().to_owned() };
        let numbered: Vec<_> = part.lines.lines().map(|line| self.numbered(line)).collect();
        self.parts += 1;
        self.digest = self.digest.and(&part.lines);
        if let Some(Numbered { line: Ok(Line::Footer(footer)), .. }) = numbered.last() {
            if *footer != expected || numbered.len() != 1 {
                return Err("the file was changed: its footer counts other lines".to_owned().into());
            }
            self.footer = Some(footer.clone());
        }
        Ok(Some(numbered))
    }

    fn next_plain(&mut self) -> Result<Option<Vec<Numbered>>, Failure> {
        let mut numbered = Vec::new();
        while numbered.len() < LINES {
            let mut line = Zeroizing::new(Vec::new());
            let most = LONGEST_LINE as u64 + 2;
            let read = self.file.by_ref().take(most).read_until(b'\n', &mut line);
            let read = read.map_err(|error| format!("the file cannot be read: {error}"))?;
            if read == 0 {
                break;
            }
            if read as u64 == most && line.last() != Some(&b'\n') {
                self.file.skip_until(b'\n').map_err(|error| format!("the file cannot be read: {error}"))?;
            }
            match std::str::from_utf8(&line) {
                Ok(text) if text.trim().is_empty() => self.lines += 1,
                Ok(text) => numbered.push(self.numbered(text.trim_end_matches(['\r', '\n']))),
                Err(_) => {
                    self.lines += 1;
                    numbered.push(Numbered { number: self.lines, line: Err(Refused::because("it is not UTF-8")) });
                }
            }
        }
        Ok(if numbered.is_empty() { None } else { Some(numbered) })
    }

    fn numbered(&mut self, text: &str) -> Numbered {
        self.lines += 1;
        Numbered { number: self.lines, line: Line::parse(text) }
    }
}
