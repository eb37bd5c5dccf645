//! Passwords: hashing and checking them, slow on purpose (Argon2id, RFC 9106). Who waits for it is not known here.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::{Hash, Hashed};

/// How dear a hash is.
#[derive(Clone, Debug)]
pub struct Hasher {
    argon2: Argon2<'static>,
    /// A hash of nothing: what a password of nobody is compared with, so that it takes as long.
    of_nobody: String,
}

/// Memory of a hash, in KiB: 19 MiB.
const MEMORY_KIB: u32 = 19 * 1_024;
/// Passes over it.
const PASSES: u32 = 2;

impl Hasher {
    /// As servers need it: 19 MiB, two passes, one lane.
    #[must_use]
    pub fn dear() -> Self {
        Self::new(MEMORY_KIB, PASSES)
    }

    /// As simulations need it, in which nobody attacks: as little as Argon2 allows.
    #[must_use]
    pub fn cheap() -> Self {
        Self::new(Params::MIN_M_COST, 1)
    }

    fn new(memory_kib: u32, passes: u32) -> Self {
        let params = Params::new(memory_kib, passes, 1, None).unwrap_or_default();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let of_nobody = make(&argon2, b"", &[0; 16]).unwrap_or_default();
        Self { argon2, of_nobody }
    }

    /// Does what is to be done with a password.
    #[must_use]
    pub fn hash(&self, hash: &Hash) -> Hashed {
        match hash {
            Hash::Make { password, salt } => {
                make(&self.argon2, password.reveal().as_bytes(), salt).map_or(Hashed::Failed, Hashed::Made)
            }
            Hash::Check { password, phc } => {
                let right = self.is_right(password.reveal().as_bytes(), phc.as_deref().unwrap_or(&self.of_nobody));
                // The empty password is nobody's, and no one can set it.
                Hashed::Checked(right && phc.is_some())
            }
        }
    }

    fn is_right(&self, password: &[u8], phc: &str) -> bool {
        PasswordHash::new(phc).is_ok_and(|hash| self.argon2.verify_password(password, &hash).is_ok())
    }
}

fn make(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Option<String> {
    let hash: PasswordHash = argon2.hash_password_with_salt(password, salt).ok()?;
    Some(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::wire::message::Secret;

    fn check(hasher: &Hasher, password: &str, phc: Option<&str>) -> Hashed {
        let password = Secret::from(password.to_owned());
        hasher.hash(&Hash::Check { password, phc: phc.map(str::to_owned) })
    }

    #[test]
    fn a_password_is_known_by_its_hash_and_no_other_is() {
        let hasher = Hasher::cheap();
        let password = Secret::from(String::from("correct horse"));
        let Hashed::Made(phc) = hasher.hash(&Hash::Make { password, salt: [7; 16] }) else { panic!("no hash") };
        assert!(phc.starts_with("$argon2id$v=19$") && !phc.contains("horse"), "{phc}");
        assert_eq!(check(&hasher, "correct horse", Some(&phc)), Hashed::Checked(true));
        assert_eq!(check(&hasher, "correct horsf", Some(&phc)), Hashed::Checked(false));
        assert_eq!(check(&hasher, "", None), Hashed::Checked(false), "nobody has no password");
        assert_eq!(check(&hasher, "x", Some("not a hash")), Hashed::Checked(false));
    }

    #[test]
    fn a_server_hashes_as_dearly_as_it_says() {
        let hasher = Hasher::dear();
        assert!(hasher.of_nobody.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hasher.of_nobody);
    }
}
