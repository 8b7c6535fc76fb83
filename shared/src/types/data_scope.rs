use super::Invalid;

/// Something of a person that a third party may ask for (contract §3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DataScope {
    UserId,
    Picture,
    Names,
    Email,
    Phone,
    Gender,
    DocumentDetail,
    Birthdate,
    Address,
    BankAccount,
    Preferences,
    IsVerified,
    IsOver18,
    IsOver21,
    InstagramAccount,
    XAccount,
    TiktokAccount,
}

impl DataScope {
    pub const ALL: [Self; 17] = [
        Self::UserId,
        Self::Picture,
        Self::Names,
        Self::Email,
        Self::Phone,
        Self::Gender,
        Self::DocumentDetail,
        Self::Birthdate,
        Self::Address,
        Self::BankAccount,
        Self::Preferences,
        Self::IsVerified,
        Self::IsOver18,
        Self::IsOver21,
        Self::InstagramAccount,
        Self::XAccount,
        Self::TiktokAccount,
    ];

    /// Its name in a scope, which is also its member of `user_data`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::Picture => "picture",
            Self::Names => "names",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Gender => "gender",
            Self::DocumentDetail => "document_detail",
            Self::Birthdate => "birthdate",
            Self::Address => "address",
            Self::BankAccount => "bank_account",
            Self::Preferences => "preferences",
            Self::IsVerified => "is_verified",
            Self::IsOver18 => "is_over_18",
            Self::IsOver21 => "is_over_21",
            Self::InstagramAccount => "instagram_account",
            Self::XAccount => "x_account",
            Self::TiktokAccount => "tiktok_account",
        }
    }
}

/// `pictures`, as document 003 writes it, is `picture`.
impl TryFrom<&str> for DataScope {
    type Error = Invalid;

    fn try_from(text: &str) -> Result<Self, Invalid> {
        let name = if text == "pictures" { "picture" } else { text };
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == name);
        found.ok_or(Invalid("is no scope that anybody can ask for"))
    }
}
