//! Turns: what one side said and the other answered, and the machine that decides whose turn it is.

mod heard;
mod turn;

pub use heard::{HeardText, split_heard};
pub use turn::{Generation, InterruptReason, Recording, Turn, TurnNumber, Usage};
