//! Typed identifiers. All are UUIDv7, so they sort by creation; new ones come from the [`crate::ports::Ids`] port.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

/// The text is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a valid id; an id is a UUID such as 0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e")]
pub struct InvalidId;

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was made for this kind of thing.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The plain UUID.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(raw).map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

typed_id! {
    /// Identifies a person or program that owns sessions.
    UserId
}

typed_id! {
    /// Identifies one conversation between a person and an AI.
    SessionId
}

typed_id! {
    /// Identifies one exchange within a session.
    TurnId
}

typed_id! {
    /// Identifies the storage that a database's recordings are in.
    StorageId
}

typed_id! {
    /// Identifies a system-prompt template.
    TemplateId
}

typed_id! {
    /// Identifies a token that somebody signs in with.
    TokenId
}

typed_id! {
    /// Identifies a stored provider key; a key that takes its place gets another one.
    CredentialId
}

typed_id! {
    /// Identifies an entry of the audit log.
    AuditEntryId
}

impl UserId {
    /// The one user of a server that asks nobody to sign in.
    pub const LOCAL: Self = Self(Uuid::from_u128(1));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_survive_being_written_and_read(raw: u128) {
            let id = SessionId::from_uuid(Uuid::from_u128(raw));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn any_text_is_an_id_or_refused(raw: String) {
            let _ = raw.parse::<TurnId>();
        }
    }

    #[test]
    fn an_id_is_the_plain_uuid() {
        let text = "0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e";
        let id: SessionId = text.parse().unwrap();
        assert_eq!(
            (id.to_string().as_str(), id.as_uuid().get_version_num()),
            (text, 7)
        );
        assert_eq!(UserId::LOCAL.to_string(), "00000000-0000-0000-0000-000000000001");
    }

    #[test]
    fn ids_sort_by_creation() {
        let earlier: TurnId = "0199a6a4-7c1c-7fff-9d53-ffffffffffff".parse().unwrap();
        let later: TurnId = "0199a6a4-7c1d-7000-8000-000000000000".parse().unwrap();
        assert!(earlier < later);
    }

    #[test]
    fn what_is_no_uuid_is_no_id() {
        for bad in [
            "",
            "1",
            "0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5",
            "0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5g",
            " 0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e",
            "../../../../etc/passwd",
        ] {
            assert_eq!(bad.parse::<TemplateId>(), Err(InvalidId), "{bad:?}");
        }
    }
}
