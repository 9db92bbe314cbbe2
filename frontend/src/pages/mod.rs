//! One file per route: what it loads and how it arranges the components.

mod history;
mod providers;
mod talk;

pub use history::History;
pub use providers::Providers;
pub use talk::Talk;
