//! The page History: what is looked for, what was found, what of it is chosen, and what is deleted.

mod listing;
mod names;
mod pacing;
mod removal;
mod selection;
mod trouble;
mod wanted;

pub use listing::{Found, Heard, Listing, Shown};
pub use names::Names;
pub use pacing::{Entry, Pace, Pacing};
pub use removal::{Kept, Outcome, Reason, Removal};
pub use selection::{Chosen, Comparison, Selection, Share};
pub use trouble::{Trouble, TroubleKind};
pub use wanted::{Filters, Flaw, MODES, MOST_LETTERS, Question, STATUSES, Wanted};
