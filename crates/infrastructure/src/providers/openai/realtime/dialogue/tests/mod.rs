//! Every order in which things can happen, on no clock and no socket.

mod ahead;
mod answering;
mod bench;
mod beta;
mod hostile;
mod interrupting;
mod moving;
mod turns;
