//! The binary `viva`: reads the configuration, picks the adapters, serves. The only place that knows concrete adapters.
//!
//! Must not enter: rules of conversations, routes, queries. What a command does in more than a few steps belongs below.
//!
//! To add a command: a file in `commands/`, a variant in [`Command`]. To add a setting: a documented key in
//! `config/default.toml` and a field in its section. To add a provider: one line in `adapters.rs`.

mod adapters;
mod commands;
mod config;
mod directory;
mod failure;
mod logs;
mod metrics;
mod retention;
mod selftest;
mod shutdown;
mod telemetry;
mod traces;
mod wiring;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::EXIT_CODES;

/// Many threads take memory that others give back, for hours; here that stays level, where glibc's
/// arenas grow with every hour (`docs/soak.md`). Not while it is debugged: what tests put between the program and
/// its C library, such as another clock, needs the C library's own.
#[cfg(not(any(debug_assertions, target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The test bench for voice AI: talk to it, interrupt it, see where the time went.
#[derive(Debug, Parser)]
#[command(name = "viva", version, after_help = EXIT_CODES)]
struct Cli {
    /// Configuration file; `viva.toml` in the current folder when there is one.
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the page and the API.
    Serve(commands::serve::ServeArgs),
    /// Asks a running server whether it can take sessions: exit code 0 where it can.
    Ready(commands::ready::ReadyArgs),
    /// Brings the database up to date.
    Migrate,
    /// Makes, lists and revokes the tokens that people and programs sign in with (`auth.mode = "token"`).
    Token {
        #[command(subcommand)]
        action: commands::token::Action,
    },
    /// Looks at the configuration.
    Config {
        #[command(subcommand)]
        action: commands::config::Action,
    },
    /// Looks after the master key, which encrypts the provider keys of users.
    Keys {
        #[command(subcommand)]
        action: commands::keys::Action,
    },
    /// Purges audio that is no longer kept, and what belongs to nothing.
    Retention {
        #[command(subcommand)]
        action: commands::retention::Action,
    },
    /// Measures providers whose delays are known and prints how far the reported latencies are from the truth.
    Selftest(commands::selftest::SelfTestArgs),
    /// Plays a WAV file as the caller against a running server and prints what happened and how long it took.
    Talk(Box<commands::talk::TalkArgs>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    let done = match command {
        Command::Serve(args) => commands::serve::run(config.as_deref(), args).await,
        Command::Ready(args) => commands::ready::run(config.as_deref(), args).await,
        Command::Migrate => commands::migrate::run(config.as_deref()).await,
        Command::Token { action } => commands::token::run(config.as_deref(), action).await,
        Command::Config { action } => commands::config::run(config.as_deref(), action),
        Command::Keys { action } => commands::keys::run(config.as_deref(), action).await,
        Command::Retention { action } => commands::retention::run(config.as_deref(), action).await,
        Command::Selftest(args) => commands::selftest::run(config.as_deref(), args).await,
        Command::Talk(args) => commands::talk::run(*args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => failure::report(&err),
    }
}
