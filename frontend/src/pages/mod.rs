//! One file per route: what it loads and how it arranges the components.

mod compare;
mod conversation;
mod history;
mod providers;
mod talk;

pub use compare::Compare;
pub use conversation::Conversation;
pub use history::History;
pub use providers::Providers;
pub use talk::Talk;
