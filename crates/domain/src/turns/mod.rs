//! Turns: what one side said and the other answered, and the machine that decides whose turn it is.

mod heard;
mod machine;
mod placement;
mod turn;

pub use heard::{HeardText, speaking_time, split_heard};
pub use machine::{
    AmendedTranscript, BargeIn, Effect, Event, FinishedTurn, Greeting, Input, Limits, MachineSettings,
    ModeInput, ModeOrder, NoticeCode, OnModeFailure, Playback, PlaybackEvent, SessionFailure, Summary,
    TurnMachine, TurnState, TurnTaking,
};
pub use placement::{Basis, InvalidPlacement, Piece, Placement, Placing};
pub use turn::{Generation, InterruptReason, Recording, Turn, TurnNumber, TurnOutcome, Usage};
