//! The cards of the page Providers: what there is, and what a person does with a key of theirs. No key is ever in here.

mod card;
mod entry;
mod questions;
mod trouble;

pub use card::{Card, Outcome, Unfolded, Work};
pub use entry::{Entry, KeyForm, Listing, Standing};
pub use questions::Questions;
pub use trouble::{AddressFault, Trouble, TroubleKind};
