//! Viva: contract.
