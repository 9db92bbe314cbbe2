//! Viva from outside: the real router on a real socket, with SQLite, and fakes where a test has to decide what happens.
//!
//! All of it is in `tests/it`, one binary whose modules mirror the URLs. Must not enter: what one module alone can prove
//! (that is a unit test beside it), real time, other machines.
//!
//! To add a test of a route: a function in the module of its URL, `Server::start` or `Server::on_fakes`, a snapshot of the body.
