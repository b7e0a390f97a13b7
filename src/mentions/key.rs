//! The key of digests: a secret of the settings, or else a random number in the database.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::fold;
use crate::records::WorkspaceId;

/// The text whose digest is a key's id.
const ID: &str = "heymilo-sync: the id of this key";
/// The number of bytes of that digest in the id.
const ID_BYTES: usize = 8;

/// A key with its id.
#[derive(Clone)]
pub struct Key {
    id: String,
    mac: Hmac<Sha256>,
}

/// A key for the words of one workspace.
pub struct Hasher(Hmac<Sha256>);

impl Key {
    /// Makes a key from a secret of the settings, or from the number in the database.
    pub fn new(secret: &[u8]) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        let digest = mac.clone().chain_update(ID).finalize().into_bytes();
        let id = digest[..ID_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { id, mac }
    }

    /// Identifies the key without revealing it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key for one workspace.
    pub fn of(&self, workspace_id: &WorkspaceId) -> Hasher {
        Hasher(self.mac.clone().chain_update(Sha256::digest(workspace_id.as_str())))
    }
}

impl Hasher {
    /// The digest of an id or an address.
    pub fn digest(&self, word: &str) -> Vec<u8> {
        self.of_folded(&fold(word)).to_vec()
    }

    /// The digest of a folded word.
    pub(super) fn of_folded(&self, word: &str) -> [u8; 32] {
        self.0.clone().chain_update(word).finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}
