use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use uuid::{Builder, Uuid};

/// The door for chance: the operating system's generator, as aws-lc seeds it.
#[derive(Debug, Clone, Default)]
pub struct Random {
    system: SystemRandom,
}

impl Random {
    /// # Panics
    /// When the operating system has no randomness to give; nothing may go on without it.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        #[expect(clippy::expect_used, reason = "no secret may be made without randomness")]
        self.system.fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }

    /// A number from 0 up to but not including `end`, each equally likely.
    #[must_use]
    pub fn below(&self, end: u32) -> u32 {
        let fair = u32::MAX - u32::MAX % end;
        loop {
            let number = u32::from_be_bytes(self.bytes());
            if number < fair {
                return number % end;
            }
        }
    }

    /// A version 4 UUID.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }
}
