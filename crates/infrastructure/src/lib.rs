//! Adapters: what the ports of the domain look like on a real machine.
//!
//! [`db`] keeps rows in SQLite or PostgreSQL, [`blobs`] finished recordings, [`spool`] growing ones, [`journal`] finished
//! turns while the database is away; [`system`] has the machine's clock and randomness, [`providers`] the voices,
//! [`catalogue`] what is known about them, [`credentials`] the accounts that users have there, and [`vault`] encrypts those.
//!
//! # A conversation in one process
//!
//! What the server puts together for everybody, a program can put together for itself: adapters of the ports that
//! the `Sessions` of `viva-application` need, of its own or from here. This holds a conversation and keeps it, without a server
//! and without a network:
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use tokio::time::{Instant, interval};
//! use tokio_util::task::TaskTracker;
//! use viva_application::meters::{Meters, Registry};
//! use viva_application::sessions::{
//!     Link, Outgoing, SessionInput, SessionMessage, SessionSettings, Sessions, SessionsPorts, StartSession, UserAudio,
//! };
//! use viva_application::traces::Traces;
//! use viva_audio::Clip;
//! use viva_domain::ids::UserId;
//! use viva_domain::ports::{ProviderDirectory, SessionStore, StoreError};
//! use viva_domain::providers::ProviderCatalogue;
//! use viva_domain::sessions::{Interaction, ProviderConfig};
//! use viva_domain::turns::Event;
//! use viva_infrastructure::blobs::ObjectBlobStore;
//! use viva_infrastructure::db::{Database, DatabaseConfig, SqlCredentialStore, SqlSessionStore};
//! use viva_infrastructure::journal::FileTurnJournal;
//! use viva_infrastructure::providers::offline::OfflineRealtimeVoice;
//! use viva_infrastructure::providers::speech::SpeechSynthesizer;
//! use viva_infrastructure::spool::LocalAudioSpool;
//! use viva_infrastructure::system::{SystemClock, SystemIds};
//!
//! /// A port of our own: everybody has the same providers.
//! struct ForEverybody(Arc<ProviderCatalogue>);
//!
//! #[async_trait::async_trait]
//! impl ProviderDirectory for ForEverybody {
//!     async fn catalogue(&self, _: UserId) -> Result<Arc<ProviderCatalogue>, StoreError> {
//!         Ok(Arc::clone(&self.0))
//!     }
//!
//!     fn forget(&self, _: UserId) {}
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Adapters: rows in SQLite, files in a folder, a provider that needs no network.
//!     let folder = tempfile::tempdir()?;
//!     let url = format!("sqlite://{}", folder.path().join("viva.db").display());
//!     let database = Database::connect(&DatabaseConfig::new(url)).await?;
//!     database.migrate().await?;
//!     let tasks = TaskTracker::new();
//!     let voice = OfflineRealtimeVoice::new(SpeechSynthesizer::synthetic(), tasks.clone());
//!     let mut providers = ProviderCatalogue::default();
//!     providers.realtime.insert(voice.info(), Arc::new(voice));
//!     let session_store = Arc::new(SqlSessionStore::new(database.clone()));
//!     let ports = SessionsPorts {
//!         session_store: session_store.clone(),
//!         blob_store: Arc::new(ObjectBlobStore::open_folder(folder.path().join("recordings")).await?),
//!         audio_spool: Arc::new(LocalAudioSpool::open(folder.path().join("spool")).await?),
//!         turn_journal: Arc::new(FileTurnJournal::open(folder.path().join("journal")).await?),
//!         provider_directory: Arc::new(ForEverybody(Arc::new(providers))),
//!         credential_store: Arc::new(SqlCredentialStore::new(database)),
//!         clock: Arc::new(SystemClock),
//!         ids: Arc::new(SystemIds),
//!         meters: Meters::new(Registry::none(), ["offline"]),
//!         traces: Traces::default(),
//!     };
//!     let sessions = Sessions::new(ports, SessionSettings::default(), tasks);
//!
//!     // A conversation: the user's audio goes in as it is spoken, what happens comes out.
//!     let interaction = Interaction::Realtime(ProviderConfig::of("offline"));
//!     let (link, mut end) = Link::new();
//!     let start = StartSession::new(UserId::LOCAL, interaction);
//!     let mut connection = sessions.start(start, link).await?;
//!     let question = Clip::read(std::fs::File::open("../server/src/selftest/utterance.wav")?)?;
//!     let mut frames = question.samples.chunks(480);
//!     let mut every_20_ms = interval(Duration::from_millis(20));
//!     let latency = loop {
//!         let outgoing = tokio::select! {
//!             _ = every_20_ms.tick() => {
//!                 // After the question there is silence, by which the session finds that it is over.
//!                 let samples = frames.next().unwrap_or(&[0; 480]).to_vec();
//!                 let received = Instant::now();
//!                 connection.process_audio(UserAudio { samples, captured: None, received }).await?;
//!                 continue;
//!             }
//!             outgoing = end.outgoing.recv() => outgoing.ok_or("the session ended early")?,
//!         };
//!         match outgoing {
//!             // Here it would be played. Without a report of that, an answer is taken to be heard from when it is sent.
//!             Outgoing::Audio(frame) if frame.is_first() => {
//!                 let (turn, at) = (frame.turn, Instant::now());
//!                 connection.send(SessionInput::FirstAudioSent { turn, at }).await.ok();
//!             }
//!             Outgoing::Message { message: SessionMessage::Event(event), .. } => match event {
//!                 Event::AiTranscript { text, .. } => println!("AI: {text}"),
//!                 Event::ResponseEnded { latency, .. } => break latency,
//!                 _ => {}
//!             },
//!             _ => {}
//!         }
//!     };
//!     assert!(latency.total.is_some_and(|total| total.duration < Duration::from_secs(5)), "{latency:?}");
//!
//!     // Everything is kept when this is through.
//!     let id = connection.session_id();
//!     connection.send(SessionInput::End).await.ok();
//!     drop((connection, end));
//!     sessions.shut_down().await;
//!     let turns = session_store.turns(UserId::LOCAL, id).await?;
//!     assert!(turns[0].user_audio.is_some() && turns[0].ai_audio.is_some(), "{turns:?}");
//!     Ok(())
//! }
//! ```
//!
//! Must not enter: rules of the conversation, HTTP routes, settings of the whole server; an adapter gets its own small
//! configuration. No error of a library leaves an adapter other than as the `source` of a port's error.
//!
//! To add an adapter: a folder with one public type that implements a port, the port's contract in its tests, one arm in
//! the server's wiring.

pub mod blobs;
pub mod catalogue;
pub mod credentials;
pub mod db;
#[cfg(test)]
mod deleting;
mod disk;
#[cfg(test)]
mod exporting;
pub mod journal;
pub mod providers;
pub mod spool;
pub mod system;
pub mod vault;
