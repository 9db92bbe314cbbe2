//! `/ws`: what only a real socket can prove. The rest of the protocol is tested on channels, beside the code.

mod conversation;
mod falling_back;
mod opening;
mod switching;
mod trouble;
