use shared::error::{Code, Error};

/// Why a command was not done, in one line for whoever gave it.
#[derive(Debug)]
pub struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(line: String) -> Self {
        Self(line)
    }
}

/// An administrator may know what a client may not: what it was that failed.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.message();
        Self(match error.code() {
            Code::Internal | Code::Unavailable => format!("{message} ({})", error.reason()),
            Code::TooManyRequests => {
                format!("{message} ({} seconds)", error.retry_after_seconds().unwrap_or_default())
            }
            _ => message.to_owned(),
        })
    }
}
