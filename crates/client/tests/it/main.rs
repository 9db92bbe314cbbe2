//! The client against a server that follows a script. Except in `network` and `rest`, the WebSocket runs over memory, so
//! that the clock can be paused: every wait is exact and takes no time.

mod calls;
mod conversations;
mod network;
mod rest;
mod scripted;
