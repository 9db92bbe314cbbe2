//! What a person does with the page, and what must be there then.

mod barge_in;
mod by_hand;
mod capture;
mod cascade;
mod choices;
mod controls;
mod conversation;
mod devices;
mod explanations;
mod greeting;
mod languages;
mod lists;
mod long_session;
mod microphone;
mod output;
mod playback;
mod providers;
mod proxy;
mod reconnect;
mod self_test;
mod sign_in;
mod stall;
mod statistics;
mod talk;
mod templates;
mod waterfall;
