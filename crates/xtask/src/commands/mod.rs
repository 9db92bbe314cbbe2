//! One file per command.

pub(crate) mod api;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod coverage;
pub(crate) mod dev;
pub(crate) mod dist;
pub(crate) mod e2e;
pub(crate) mod fuzz;
pub(crate) mod history;
pub(crate) mod run;
pub(crate) mod soak;
pub(crate) mod test;
pub(crate) mod traces;
pub(crate) mod truth;
