//! The page Compare: which sessions, what the server says of them, and how that is set side by side.

mod columns;
mod configuration;
mod measure;
mod picker;
mod plot;
#[cfg(test)]
pub(crate) mod samples;
mod selection;
mod trouble;

pub use columns::{Column, Columns, Question};
pub use configuration::{Fact, FactName, FactValue, facts};
pub use measure::{Dot, Measure, Sample, measured};
pub use picker::{Heard, Picker, Search};
pub use plot::{Lane, Scale, path};
pub use selection::{COMPARED, LeftOut, Selection, comparison_of};
pub use trouble::Trouble;
