//! The rules, by subject.

pub mod documents;
pub mod edges;
pub mod logs;
pub mod manifests;
pub mod places;
pub mod routes;
pub mod shape;
pub mod words;
