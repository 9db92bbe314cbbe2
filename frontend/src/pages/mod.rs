//! One file per route: what it loads and how it arranges the components.

mod conversation;
mod providers;
mod talk;

pub use conversation::Conversation;
pub use providers::Providers;
pub use talk::Talk;
