use clap::Subcommand;
use shared::key_ring::Renewable;

use crate::output::{progress, show};
use crate::{Admin, Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum KeyRingCommand {
    /// Make the deployment's key ring, unless it has one; until then its functions answer 503
    Init,
    /// Publish and drop the signing keys that are due, as the schedule does
    Rotate,
    /// Drop a signing key at once: no token that it signed opens anything any more
    Drop {
        /// The `kid` of the key
        kid: String,
    },
    /// Make new secrets, when somebody may have seen them: everybody signs in again, portals fetch their keys again
    RenewSecrets,
    /// Make a new pepper, when somebody may have seen it: each password is hashed anew at its next sign-in
    RenewPepper,
}

impl KeyRingCommand {
    pub(crate) async fn run(self, Admin { app, .. }: &Admin) -> Result<(), Failure> {
        match self {
            Self::Init if app.store.key_ring(app.clock.now()).await?.is_some() => {
                progress("There is a key ring already.");
                Ok(())
            }
            Self::Init | Self::Rotate => show(&app.rotate_keys().await?),
            Self::Drop { kid } => show(&app.drop_key(&kid).await?),
            Self::RenewSecrets => show(&app.renew(Renewable::Secrets).await?),
            Self::RenewPepper => show(&app.renew(Renewable::Pepper).await?),
        }
    }
}
