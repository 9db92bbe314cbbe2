//! One file per route: what it loads and how it arranges the components.

mod providers;
mod talk;

pub use providers::Providers;
pub use talk::Talk;
