//! One file per route: what it loads and how it arranges the components.

mod talk;

pub use talk::Talk;
