//! What every implementation of a port must do: suites of plain functions over the port, run from each adapter and fake.
//!
//! A suite is run by one line, `session_store_contract!(fresh_sqlite);`, beside an async function of that name that makes
//! a fresh subject, calls the case with it and cleans up:
//!
//! ```text
//! async fn fresh_sqlite(case: impl AsyncFnOnce(&dyn SessionStore)) { … case(&store).await; … }
//! ```
//!
//! Must not enter: anything that only one adapter does, real waiting. To add a case: a function and a line in the macro
//! of its suite. To add a suite: a module, a macro, a fake that passes.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "cases are tests, and tests fail by panicking"
)]
#![expect(clippy::unused_async, reason = "all cases have one shape")]

pub mod audio_spool;
pub mod blob_store;
pub mod credential_store;
pub mod credential_vault;
pub mod language_model;
pub mod provider_directory;
pub mod realtime_voice;
pub mod retention_store;
pub mod samples;
pub mod session_list;
pub mod session_search;
pub mod session_store;
pub mod speech_to_text;
pub mod template_store;
pub mod text_to_speech;
pub mod token_store;
pub mod turn_journal;
pub mod turn_peaks;

/// Makes one test per case, in a module named as the factory.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_cases {
    ($suite:ident, $factory:ident: $($case:ident),+ $(,)?) => {
        mod $factory {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$factory($crate::$suite::$case).await;
                }
            )+
        }
    };
}
