//! What a person does with the page, and what must be there then.

mod barge_in;
mod browser;
mod cascade;
mod controls;
mod languages;
mod lists;
mod microphone;
mod page;
mod proxy;
mod reconnect;
mod talk;
mod viva;
