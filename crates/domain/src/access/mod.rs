//! Who uses Viva, and the tokens that they sign in with.

mod name;
mod secret;
mod token;

pub use name::{InvalidName, TokenName, UserName};
pub use secret::{ShownToken, TokenDigest};
pub use token::{ApiToken, TokenKind, TokenState, User};
