mod guarded;
mod http;
mod socket;
