//! Names that follow the content, so that a browser may keep a file for good.

use sha2::{Digest as _, Sha256};

use super::tree::File;

/// 64 bits are plenty to tell the versions of one file apart.
const NAME_LENGTH: usize = 16;

/// SHA-256 over parts whose boundaries count.
#[derive(Default)]
pub(super) struct Digest(Sha256);

impl Digest {
    pub(super) fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// 64 hexadecimal digits.
    pub(super) fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// One short hash for a set of files.
pub(super) fn of_files(files: &[File]) -> String {
    let mut digest = Digest::default();
    for file in files {
        digest.add(file.name.as_bytes());
        digest.add(&file.bytes);
    }
    short(digest)
}

/// `icons/mic.svg` becomes `icons/mic-<hash>.svg`.
pub(super) fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let mut digest = Digest::default();
    digest.add(bytes);
    let hash = short(digest);
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[file..].rfind('.') {
        Some(dot) if dot > 0 => format!("{}-{hash}{}", &name[..file + dot], &name[file + dot..]),
        _ => format!("{name}-{hash}"),
    }
}

fn short(digest: Digest) -> String {
    let mut hash = digest.finish();
    hash.truncate(NAME_LENGTH);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_goes_before_the_extension() {
        let name = hashed_name("icons.d/mic.min.svg", b"<svg/>");
        let hash = name
            .strip_prefix("icons.d/mic.min-")
            .unwrap()
            .strip_suffix(".svg")
            .unwrap();
        assert_eq!(hash.len(), NAME_LENGTH);
        assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn a_name_without_extension_gets_the_hash_at_its_end() {
        assert!(hashed_name("icons.d/LICENSE", b"").starts_with("icons.d/LICENSE-"));
    }

    #[test]
    fn other_content_means_another_name() {
        assert_eq!(hashed_name("a.css", b"1"), hashed_name("a.css", b"1"));
        assert_ne!(hashed_name("a.css", b"1"), hashed_name("a.css", b"2"));
    }

    #[test]
    fn moving_a_byte_to_the_next_part_changes_the_digest() {
        let digest = |parts: [&[u8]; 2]| {
            let mut digest = Digest::default();
            for part in parts {
                digest.add(part);
            }
            digest.finish()
        };
        assert_ne!(digest([b"ab", b"c"]), digest([b"a", b"bc"]));
    }
}
