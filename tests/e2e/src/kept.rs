//! A conversation of half an hour, which nobody has to hold.

use std::time::Duration;

use anyhow::{Context, Result};
use viva_audio::{Clip, PeakMeter, SampleRate};
use viva_contract::samples;
use viva_domain::ids::{SessionId, UserId};
use viva_domain::latency::{LatencyMetrics, SessionTime, StageMarks, TurnMarks};
use viva_domain::ports::{BlobKey, BlobStore, SessionStore};
use viva_domain::sessions::{EndStatus, Interaction, Session};
use viva_domain::turns::{Basis, HeardText, InterruptReason, Piece, Placement, Recording, Turn};
use viva_infrastructure::blobs::ObjectBlobStore;
use viva_infrastructure::db::{Database, DatabaseConfig, SqlSessionStore};

use crate::viva::Viva;

/// How many turns there are, one every 20 s.
pub const TURNS: u16 = 90;
const EVERY_MS: u64 = 20_000;
/// Since the turn began: the answer begins to be heard.
const ANSWERED_MS: u64 = 6_860;
/// So long are both recordings.
const SPOKEN_MS: u64 = 6_300;
const ANSWER_MS: u64 = 10_000;
/// One in so many answers is cut.
const CUT_EVERY: u16 = 7;

impl Viva {
    /// Keeps half an hour of a cascade: speech-like sound, transcripts in two scripts, some answers cut.
    pub async fn keep_half_an_hour(&self) -> Result<SessionId> {
        let config = DatabaseConfig::new(self.database());
        let database = Database::connect(&config).await?;
        let sessions = SqlSessionStore::new(database);
        let storage = ObjectBlobStore::open_folder(self.storage()).await?;
        let session = Session {
            user_id: UserId::LOCAL,
            interaction: Interaction::Cascade(Box::new(samples::cascade_config())),
            ..samples::session(1)
        };
        sessions.insert(&session).await?;
        let user = keep(&storage, &session, "user", SampleRate::HZ_16K, SPOKEN_MS).await?;
        let ai = keep(&storage, &session, "ai", SampleRate::HZ_24K, ANSWER_MS).await?;
        for number in 1..=TURNS {
            let turn = turn(number, &user, &ai)?;
            sessions.save_turn(UserId::LOCAL, &turn).await?;
        }
        let end = samples::at(i64::from(TURNS) * 20_000_000);
        sessions
            .end(UserId::LOCAL, session.id, end, EndStatus::Completed)
            .await?;
        Ok(session.id)
    }
}

/// Stores a recording, which all turns share.
async fn keep(
    storage: &ObjectBlobStore,
    session: &Session,
    side: &str,
    rate: SampleRate,
    length_ms: u64,
) -> Result<Recording> {
    let clip = murmur(rate, length_ms);
    let mut meter = PeakMeter::new(rate);
    meter.push(&clip.samples);
    let key = BlobKey::parse(&format!("interactions/{}/turn_001_{side}.wav", session.id))?;
    storage.put(&key, clip.to_wav_bytes().into()).await?;
    Ok(Recording {
        key,
        samples: clip.samples.len() as u64,
        sample_rate: rate.hz(),
        placement: None,
        peaks: Some(meter.finish().into()),
    })
}

/// A tone that comes and goes as syllables do.
fn murmur(rate: SampleRate, length_ms: u64) -> Clip {
    let count = u64::from(rate.hz()) * length_ms / 1_000;
    let sample = |n: u64| {
        let seconds = n as f64 / f64::from(rate.hz());
        let syllable = (seconds * 9.0).sin().abs() * (seconds * 1.3).cos().abs();
        let sample = (seconds * 1_100.0).sin() * syllable * 12_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "far from the limits of 16 bits")]
        let sample = sample as i16;
        sample
    };
    Clip {
        rate,
        samples: (0..count).map(sample).collect(),
    }
}

fn turn(number: u16, user: &Recording, ai: &Recording) -> Result<Turn> {
    let begins_ms = (u64::from(number) - 1) * EVERY_MS;
    let is_cut = number.is_multiple_of(CUT_EVERY);
    let mark = |ms: u64| Some(SessionTime::from_millis(begins_ms + ms));
    let sample = samples::turn(1, number);
    Ok(Turn {
        user_transcript: Some(format!(
            "This is question {number}, and it is about as long as what people ask. 請告訴我第 {number} 個故事。"
        )),
        answer: HeardText {
            heard: format!(
                "Once upon a time, {number} dragons lived beyond the hills, and each of them kept a lantern. \
                 從前從前，山的另一邊住著 {number} 條龍。"
            ),
            unheard: if is_cut {
                "Nobody heard how it went on.".to_owned()
            } else {
                String::new()
            },
        },
        user_audio: Some(placed(user, begins_ms)?),
        ai_audio: Some(placed(ai, begins_ms + ANSWERED_MS)?),
        played: Some(Duration::from_millis(if is_cut { 4_000 } else { ANSWER_MS })),
        interruption: is_cut.then_some(InterruptReason::Speech),
        false_interruptions: u32::from(number.is_multiple_of(11)),
        marks: TurnMarks {
            user_audio_began: mark(0),
            speech_started: mark(300),
            speech_ended: mark(6_000),
            endpointed: mark(6_500),
            committed: mark(6_501),
            ai_was_done: None,
            stages: StageMarks {
                transcribed: mark(6_550),
                llm_requested: mark(6_551),
                llm_first_token: mark(6_650),
                llm_first_piece: mark(6_690),
                llm_done: mark(6_695),
                tts_requested: mark(6_691),
            },
            provider_first_audio: mark(6_800),
            first_audio_sent: mark(6_802),
            playback_started: mark(ANSWERED_MS),
            leading_silence: Some(Duration::ZERO),
            stalled: None,
            interrupted: if is_cut { mark(ANSWERED_MS + 3_900) } else { None },
            playback_stopped: mark(ANSWERED_MS + if is_cut { 4_000 } else { ANSWER_MS }),
        },
        latency: LatencyMetrics {
            realtime: None,
            provider: None,
            interrupt: sample.latency.interrupt.filter(|_| is_cut),
            ..sample.latency
        },
        ..sample
    })
}

fn placed(recording: &Recording, at_ms: u64) -> Result<Recording> {
    let piece = Piece {
        offset: Duration::ZERO,
        at: SessionTime::from_millis(at_ms),
    };
    let placement = Placement::new(vec![piece], Basis::Measured).context("one piece is in order")?;
    Ok(Recording {
        placement: Some(placement),
        ..recording.clone()
    })
}
