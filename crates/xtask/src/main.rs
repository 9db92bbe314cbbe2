//! Viva.

fn main() {}
