//! The rules of this repository that no compiler and no lint checks: which crate may depend on which,
//! how large files get, what never stands in a source file.
//!
//! Each file in `rules/` is one subject. A rule is a function from what [`repository`] read to a list of
//! [`Finding`]s; one test runs it on this repository, others show that it finds what it is there to find.
//! Must not enter: anything that a lint in the top `Cargo.toml` or in `.clippy.toml` can say.
//!
//! To add a rule: a function and its tests in the file of its subject. The words that it forbids are
//! written as `concat!("to", "do")` here, so that the rule does not find itself.

pub mod finding;
pub mod repository;
pub mod rules;

pub use finding::Finding;
