mod http;
mod socket;
