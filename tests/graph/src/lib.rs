//! Viva: graph.
