use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::types::{Date, Invalid, Line, Text, present};

/// A document that says who somebody is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub document_type: DocumentType,
    pub document_number: Text<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub issuing_country: Option<Text<Line>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub issued_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expires_on: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentType {
    Passport,
    IdentityCard,
    DrivingLicence,
    ResidencePermit,
    Other,
}

impl Document {
    /// On one line: `Passport 12345678, Norway, expires on 1 May 2030`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let kind = match self.document_type {
            DocumentType::Passport => "Passport",
            DocumentType::IdentityCard => "Identity card",
            DocumentType::DrivingLicence => "Driving licence",
            DocumentType::ResidencePermit => "Residence permit",
            DocumentType::Other => "Document",
        };
        let number = format!("{kind} {}", self.document_number.as_str());
        let country = self.issuing_country.as_ref().map(|country| country.as_str().to_owned());
        let issued = self.issued_on.as_ref().map(|date| format!("issued on {}", date.in_words()));
        let expires = self.expires_on.as_ref().map(|date| format!("expires on {}", date.in_words()));
        [Some(number), country, issued, expires].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Entry for Document {
    const RULE: Invalid = Invalid("must not expire before it is issued");

    fn is_sound(&self) -> bool {
        let (issued, expires) = (self.issued_on.as_ref(), self.expires_on.as_ref());
        issued.zip(expires).is_none_or(|(issued, expires)| issued <= expires)
    }
}

/// Personal data: prints nothing of it.
impl std::fmt::Debug for Document {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Document(…)")
    }
}
