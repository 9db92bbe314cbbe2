//! Conversations as a session has them, with a server that is as strict as the real one. They run on real sockets and real
//! time; nothing waits for time to pass.

mod answering;
mod bench;
mod closing;
mod compatible;
mod contract;
mod failing;
mod moving;
mod opening;
mod strict;
