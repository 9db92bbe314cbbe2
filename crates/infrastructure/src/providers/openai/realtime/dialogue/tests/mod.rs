//! Every order in which things can happen, on no clock and no socket.

mod ahead;
mod answering;
mod bench;
mod hostile;
mod interrupting;
mod moving;
mod turns;
