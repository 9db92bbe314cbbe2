//! Conversations side by side: the components of the page Compare. They show what [`Comparing`](crate::comparing::Comparing)
//! holds and call it; they fetch nothing.

mod configuration;
mod grid;
mod heads;
mod interruptions;
mod latency;
mod messages;
mod moment;
mod session_picker;
mod side_by_side;
mod strip_plot;
mod transcripts;

pub use messages::Messages;
pub use session_picker::SessionPicker;
pub use side_by_side::SideBySide;
