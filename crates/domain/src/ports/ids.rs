use uuid::Uuid;

/// Makes identifiers and secrets.
pub trait Ids: Send + Sync {
    /// A new UUIDv7.
    fn uuid(&self) -> Uuid;

    /// 256 bits that nobody can guess, as 64 hexadecimal digits.
    fn secret(&self) -> String;
}
