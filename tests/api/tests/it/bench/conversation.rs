//! A conversation that was kept, with sound.

use std::time::Duration;

use viva_audio::{Clip, SampleRate};
use viva_contract::samples;
use viva_domain::ids::UserId;
use viva_domain::latency::{SessionTime, TurnMarks};
use viva_domain::sessions::Session;
use viva_domain::turns::{Basis, Piece, Placement, Recording, Turn};

use super::Server;

/// Half of full scale.
const LOUD: i16 = 16_384;

/// A sound with silence around it, in ms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sound {
    pub(crate) silence: u32,
    pub(crate) loud: u32,
    pub(crate) tail: u32,
}

impl Sound {
    pub(crate) fn clip(self, rate: SampleRate) -> Clip {
        let len = |ms| usize::try_from(rate.samples_in_ms(ms)).unwrap();
        let mut samples = vec![0; len(self.silence)];
        // A wave, since a step rings when it is resampled.
        let wave = [LOUD, LOUD / 2, -LOUD, -LOUD / 2];
        samples.extend(wave.iter().copied().cycle().take(len(self.loud)));
        samples.resize(samples.len() + len(self.tail), 0);
        Clip { rate, samples }
    }
}

/// Pieces by offset and time in ms.
pub(crate) fn measured(pieces: &[(u64, u64)]) -> Placement {
    let piece = |(offset, at): &(u64, u64)| Piece {
        offset: Duration::from_millis(*offset),
        at: SessionTime::from_millis(*at),
    };
    let pieces = pieces.iter().map(piece).collect();
    Placement::new(pieces, Basis::Measured).unwrap()
}

/// A turn of the first sample session in which nothing was recorded.
pub(crate) fn silent_turn(number: u16) -> Turn {
    Turn {
        user_audio: None,
        ai_audio: None,
        marks: TurnMarks::default(),
        ..samples::turn(1, number)
    }
}

impl Server {
    /// The local user had a conversation of these turns: the first sample session.
    pub(crate) async fn keep_conversation(&self, turns: &[Turn]) -> Session {
        let session = self.keep_session(1, 0).await;
        for turn in turns {
            let store = &self.session_store;
            store.save_turn(UserId::LOCAL, turn).await.unwrap();
        }
        session
    }

    /// Stores a recording; `name` is that of its file.
    pub(crate) async fn keep_clip(
        &self,
        name: &str,
        clip: &Clip,
        placement: Option<Placement>,
    ) -> Option<Recording> {
        let recording = recording(name, clip, placement);
        self.keep_recording(&recording.key, &clip.to_wav_bytes()).await;
        Some(recording)
    }
}

/// A recording that is not stored.
pub(crate) fn recording(name: &str, clip: &Clip, placement: Option<Placement>) -> Recording {
    let key = format!("interactions/{}/{name}", samples::session_id(1));
    Recording {
        key: viva_domain::ports::BlobKey::parse(&key).unwrap(),
        samples: clip.samples.len() as u64,
        sample_rate: clip.rate.hz(),
        placement,
        peaks: None,
    }
}
