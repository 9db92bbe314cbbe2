//! A session whose recordings are purged: all else of it is there, and whoever wants to hear it is told since when they cannot.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use viva_audio::SampleRate;
use viva_contract::samples;
use viva_domain::ids::UserId;
use viva_domain::sessions::{EndStatus, Session, SessionState};
use viva_domain::turns::{Recording, Turn};
use viva_protocol::rest::{SessionExport, SessionPeaks};

use crate::bench::{Server, Sound, measured, silent_turn};

const SOUND: Sound = Sound {
    silence: 40,
    loud: 40,
    tail: 30,
};

struct Kept {
    server: Server,
    session: Session,
}

impl Kept {
    /// A turn of which the user's side was measured and the AI's was not. Its files are still there, as a process leaves them
    /// that dies.
    async fn new() -> Self {
        let server = Server::start().await;
        let session = Session {
            user_id: UserId::LOCAL,
            state: SessionState::Ended {
                at: samples::at(60_000_000),
                status: EndStatus::Completed,
            },
            recordings_purged_at: Some(samples::at(86_400_000_000)),
            ..samples::session(1)
        };
        server.session_store.insert(&session).await.unwrap();
        let clip = SOUND.clip(SampleRate::HZ_24K);
        let user = server
            .keep_clip("turn_001_user.wav", &clip, Some(measured(&[(0, 1_000)])))
            .await;
        let turn = Turn {
            user_audio: user.map(|user| Recording {
                peaks: Some(vec![0, 0, 180, 180, 0, 0].into()),
                ..user
            }),
            ai_audio: server
                .keep_clip("turn_001_ai.wav", &clip, Some(measured(&[(0, 2_000)])))
                .await,
            ..silent_turn(1)
        };
        let saved = server.session_store.save_turn(UserId::LOCAL, &turn).await;
        saved.unwrap();
        Self { server, session }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/interaction/sessions/{}{rest}", self.session.id)
    }
}

#[tokio::test]
async fn sessions_say_when_their_recordings_were_purged() {
    let kept = Kept::new().await;
    kept.server.keep_session(2, 0).await;
    let purged_at = "2026-03-02T12:00:00Z";
    let detail = kept.server.get(&kept.path("")).await.json();
    assert_eq!(detail["recordings_purged_at"], purged_at);
    assert_eq!(detail["turns"][0]["user_transcript"], "Tell me a story.");
    assert_eq!(detail["turns"][0]["user_audio_ms"], 110);
    let list = kept.server.get("/api/v1/interaction/sessions").await.json();
    assert_eq!(list["items"][1]["recordings_purged_at"], purged_at);
    assert!(list["items"][0].get("recordings_purged_at").is_none());
}

#[tokio::test]
async fn what_is_purged_is_gone_with_its_date() {
    let kept = Kept::new().await;
    let turn = samples::turn_id(1, 1);
    let gone = (410, "recordings-purged".to_owned());
    let read = kept.server.blob_store.bytes_read();
    for path in [
        format!("/turns/{turn}/audio?type=user"),
        format!("/turns/{turn}/audio?type=ai"),
        "/export?format=wav".to_owned(),
    ] {
        let answer = kept.server.get(&kept.path(&path)).await;
        assert_eq!(answer.problem(), gone, "{path}");
        assert!(
            answer.text().contains("2026-03-02T12:00:00Z"),
            "{}",
            answer.text()
        );
    }
    let strange = format!("/turns/{}/audio?type=ai", samples::turn_id(1, 2));
    let unknown = kept.server.get(&kept.path(&strange)).await.problem();
    assert_eq!(unknown, (404, "turn-not-found".to_owned()));
    assert_eq!(kept.server.blob_store.bytes_read(), read);
}

#[tokio::test]
async fn waveforms_and_places_stay_as_far_as_they_were_measured() {
    let kept = Kept::new().await;
    let read = kept.server.blob_store.bytes_read();
    let peaks = kept.server.get(&kept.path("/peaks")).await.json();
    let peaks: SessionPeaks = serde_json::from_value(peaks).unwrap();
    let measured: Vec<bool> = peaks
        .recordings
        .iter()
        .map(|recording| recording.peaks.is_some())
        .collect();
    assert_eq!(measured, [true, false]);
    assert!(
        peaks
            .recordings
            .iter()
            .all(|recording| recording.stretches.len() == 1)
    );
    assert_eq!(
        kept.server.blob_store.bytes_read(),
        read,
        "nothing is measured now"
    );
}

#[tokio::test]
async fn an_archive_is_without_sound_and_says_why() {
    let kept = Kept::new().await;
    let file = kept.server.get(&kept.path("/export?format=zip")).await;
    assert_eq!(file.status, 200);
    let mut archive = zip::ZipArchive::new(Cursor::new(file.body.to_vec())).unwrap();
    let mut entries = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        entries.insert(entry.name().unwrap().into_owned(), content);
    }
    let names: Vec<&str> = entries.keys().map(String::as_str).collect();
    assert_eq!(names, ["session.json", "turns.csv"]);
    let export: SessionExport = serde_json::from_str(&entries["session.json"]).unwrap();
    assert_eq!(
        export.session.recordings_purged_at,
        kept.session.recordings_purged_at
    );
    assert_eq!(export.turns[0].recordings.len(), 2, "where they lay");
    let json = kept.server.get(&kept.path("/export?format=json")).await;
    assert_eq!(json.text(), entries["session.json"]);
    let csv = kept.server.get(&kept.path("/export?format=csv")).await;
    assert_eq!(csv.text(), entries["turns.csv"]);
}
