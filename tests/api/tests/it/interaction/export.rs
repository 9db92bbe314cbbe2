//! `/sessions/{id}/export`.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt;
use tower::ServiceExt;
use viva_audio::level::AUDIBLE;
use viva_audio::{Clip, HEADER_LEN, SampleRate, WavHeader, pcm};
use viva_domain::ports::BlobErrorKind;
use viva_domain::sessions::Session;
use viva_domain::turns::{HeardText, Turn};
use viva_protocol::rest::{EXPORT_SCHEMA, SessionExport};

use crate::bench::{Server, Sound, measured, recording, silent_turn};

const SECOND: Sound = Sound {
    silence: 300,
    loud: 1_000,
    tail: 200,
};
/// Bytes that are read ahead of what the client takes, with all that lies between.
const AHEAD: u64 = 512 * 1024;

struct Kept {
    server: Server,
    session: Session,
}

impl Kept {
    /// Two turns of three rates. The first answer paused after 500 ms and was cut after 900; the second turn is older than the
    /// record of where things lie, and of its user nothing is stored.
    async fn new() -> Self {
        let server = Server::start().await;
        let (user, ai) = (SECOND.clip(SampleRate::HZ_16K), SECOND.clip(SampleRate::HZ_24K));
        let mut first = Turn {
            user_audio: server
                .keep_clip("turn_001_user.wav", &user, Some(measured(&[(0, 1_000)])))
                .await,
            ai_audio: server
                .keep_clip(
                    "turn_001_ai.wav",
                    &ai,
                    Some(measured(&[(0, 4_000), (500, 4_800)])),
                )
                .await,
            played: Some(std::time::Duration::from_millis(900)),
            ..silent_turn(1)
        };
        first.user_transcript = Some("=SUM(\"A1\"), please\r\nnow".to_owned());
        let mut second = Turn {
            user_audio: Some(recording(
                "turn_002_user.wav",
                &user,
                Some(measured(&[(0, 7_000)])),
            )),
            ai_audio: server
                .keep_clip("turn_002_ai.wav", &SECOND.clip(SampleRate::HZ_8K), None)
                .await,
            interruption: None,
            played: Some(std::time::Duration::from_millis(1_500)),
            answer: HeardText {
                heard: "從前從前。".to_owned(),
                unheard: String::new(),
            },
            ..silent_turn(2)
        };
        second.marks.playback_started = Some(viva_domain::latency::SessionTime::from_millis(9_000));
        let session = server.keep_conversation(&[first, second]).await;
        Self { server, session }
    }

    /// Noise of two rates, five seconds each, the second while the first goes on.
    async fn noise() -> Self {
        let server = Server::start().await;
        let (user, ai) = (noise(SampleRate::HZ_16K, 5), noise(SampleRate::HZ_44K1, 5));
        let turn = Turn {
            user_audio: server
                .keep_clip("turn_001_user.wav", &user, Some(measured(&[(0, 1_003)])))
                .await,
            ai_audio: server
                .keep_clip(
                    "turn_001_ai.wav",
                    &ai,
                    Some(measured(&[(0, 4_001), (4_007, 9_000)])),
                )
                .await,
            interruption: None,
            played: Some(std::time::Duration::from_secs(5)),
            ..silent_turn(1)
        };
        let session = server.keep_conversation(&[turn]).await;
        Self { server, session }
    }

    /// Half an hour, all of it noise, which nothing makes smaller. It is one file again and again.
    async fn half_an_hour() -> Self {
        let server = Server::start().await;
        let clip = noise(SampleRate::HZ_24K, 10);
        let ten_seconds = server.keep_clip("turn_001_user.wav", &clip, None).await;
        let turns: Vec<Turn> = (1..=90)
            .map(|number| {
                let at = (u64::from(number) - 1) * 20_000;
                let placed = |at| {
                    ten_seconds
                        .clone()
                        .map(|recording| viva_domain::turns::Recording {
                            placement: Some(measured(&[(0, at)])),
                            ..recording
                        })
                };
                Turn {
                    user_audio: placed(at),
                    ai_audio: placed(at + 10_000),
                    played: Some(std::time::Duration::from_secs(10)),
                    ..silent_turn(number)
                }
            })
            .collect();
        let session = server.keep_conversation(&turns).await;
        Self { server, session }
    }

    fn path(&self, format: &str) -> String {
        format!(
            "/api/v1/interaction/sessions/{}/export?format={format}",
            self.session.id
        )
    }

    async fn file(&self, format: &str) -> Vec<u8> {
        let answer = self.server.get(&self.path(format)).await;
        assert_eq!(answer.status, 200);
        answer.body.to_vec()
    }

    /// The file as a client takes it.
    async fn stream(&self, format: &str) -> BodyDataStream {
        let request = Request::builder()
            .uri(self.path(format))
            .header("host", "localhost");
        let router = viva_presentation::router(self.server.state.clone());
        let response = router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        response.into_body().into_data_stream()
    }
}

fn noise(rate: SampleRate, seconds: u32) -> Clip {
    let mut noise = 0_u32;
    let samples = (0..rate.hz() * seconds).map(|_| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::from_ne_bytes([noise.to_be_bytes()[0], noise.to_be_bytes()[1]])
    });
    Clip {
        rate,
        samples: samples.collect(),
    }
}

/// Both channels, and their rate.
fn channels(file: &[u8]) -> (SampleRate, [Vec<i16>; 2]) {
    let header = WavHeader::decode(file.first_chunk().unwrap()).unwrap();
    assert_eq!((header.channels(), header.file_len()), (2, file.len() as u64));
    let samples: Vec<i16> = pcm::samples_from_le_bytes(&file[HEADER_LEN..]).unwrap().collect();
    let channel = |first: usize| samples.iter().skip(first).step_by(2).copied().collect();
    (header.rate(), [channel(0), channel(1)])
}

/// Stretches that can be heard, in ms, with pauses of less than 50 ms in them.
fn sounds(rate: SampleRate, samples: &[i16]) -> Vec<(u64, u64)> {
    let mut sounds: Vec<(u64, u64)> = Vec::new();
    for (at, _) in (0_u64..)
        .zip(samples)
        .filter(|(_, sample)| sample.unsigned_abs() >= AUDIBLE)
    {
        let ms = rate.ms_of(at);
        match sounds.last_mut() {
            Some(sound) if ms - sound.1 < 50 => sound.1 = ms,
            _ => sounds.push((ms, ms)),
        }
    }
    sounds
}

fn entries(file: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut entries = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let name = entry.name().unwrap().into_owned();
        entries.insert(name, content);
    }
    entries
}

#[tokio::test]
async fn files_say_what_they_are() {
    let kept = Kept::new().await;
    for (format, media_type) in [
        ("json", "application/json"),
        ("csv", "text/csv; charset=utf-8; header=present"),
        ("wav", "audio/wav"),
        ("zip", "application/zip"),
    ] {
        let answer = kept.server.get(&kept.path(format)).await;
        assert_eq!(answer.header("content-type"), media_type);
        let name = format!(
            "attachment; filename=\"viva-2026-03-01-{}.{format}\"",
            kept.session.id
        );
        assert_eq!(answer.header("content-disposition"), name);
        assert_eq!(answer.header("cache-control"), "no-store");
        let told = answer.header("content-length");
        let len = answer.body.len().to_string();
        assert_eq!(told, if format == "zip" { "" } else { &len }, "{format}");
        let head = kept.server.request("HEAD", &kept.path(format), &[]).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    }
}

#[tokio::test]
async fn json_has_everything_but_the_sound() {
    let kept = Kept::new().await;
    let answer = kept.server.get(&kept.path("json")).await;
    let export: SessionExport = serde_json::from_value(answer.json()).unwrap();
    assert_eq!(export.schema, EXPORT_SCHEMA);
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn csv_has_a_row_per_turn_and_no_formulas() {
    let kept = Kept::new().await;
    let file = String::from_utf8(kept.file("csv").await).unwrap();
    let rows = file.strip_prefix('\u{FEFF}').expect("a byte order mark");
    assert!(rows.contains("\"'=SUM(\"\"A1\"\"), please\r\nnow\""), "{rows}");
    assert!(rows.ends_with("\r\n"));
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let header = reader.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let rows: Vec<BTreeMap<&str, &str>> = records
        .iter()
        .map(|record| header.iter().zip(record).collect())
        .collect();
    assert_eq!(rows.len(), 2);
    insta::assert_json_snapshot!(rows);
}

#[tokio::test]
async fn both_sides_lie_on_the_time_line() {
    let kept = Kept::new().await;
    let (rate, [user, ai]) = channels(&kept.file("wav").await);
    assert_eq!(rate, SampleRate::HZ_24K, "the highest of all");
    // What the marks of the two turns say. Of the second user nothing is stored; the first answer was cut.
    let expected_user = [(1_300, 2_300)];
    let expected_ai = [(4_300, 4_500), (4_800, 5_200), (9_300, 10_300)];
    for (found, expected) in [
        (sounds(rate, &user), &expected_user[..]),
        (sounds(rate, &ai), &expected_ai),
    ] {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            let error = found.0.abs_diff(expected.0).max(found.1.abs_diff(expected.1));
            assert!(error <= 10, "{found:?}, not {expected:?}");
        }
    }
    assert_eq!(
        rate.ms_of(user.len() as u64),
        10_500,
        "to the end of the last recording"
    );
}

#[tokio::test]
async fn sound_is_the_same_wherever_it_is_read_from() {
    for kept in [Kept::new().await, Kept::noise().await] {
        let whole = kept.file("wav").await;
        let len = whole.len();
        let somewhere = (0..40).map(|n| len / 41 * n + n % 7);
        for first in somewhere.chain([0, 1, 43, 44, 45, 47, len - 1]) {
            let last = (first + 10_001).min(len - 1);
            let range = format!("bytes={first}-{last}");
            let path = kept.path("wav");
            let part = kept.server.request("GET", &path, &[("range", &range)]).await;
            assert_eq!(part.status, 206);
            assert!(part.body == whole[first..=last], "{range} of {len}");
            assert_eq!(part.header("content-length"), part.body.len().to_string());
            assert_eq!(
                part.header("content-range"),
                format!("bytes {first}-{last}/{len}")
            );
            assert_eq!(part.header("content-type"), "audio/wav");
        }
    }
}

#[tokio::test]
async fn ranges_count_for_sound_that_is_wanted_anew() {
    let kept = Kept::new().await;
    let answer = async |method: &str, format: &str, headers: &[(&str, &str)]| {
        let answer = kept.server.request(method, &kept.path(format), headers).await;
        (answer.status.as_u16(), answer.header("accept-ranges").to_owned())
    };
    let (range, bytes) = (("range", "bytes=10-19"), "bytes".to_owned());
    assert_eq!(answer("GET", "wav", &[range]).await, (206, bytes.clone()));
    assert_eq!(answer("GET", "wav", &[]).await, (200, bytes.clone()));
    assert_eq!(answer("HEAD", "wav", &[range]).await, (200, bytes.clone()));
    // It may have become another one since.
    let since = ("if-range", "\"something\"");
    assert_eq!(answer("GET", "wav", &[range, since]).await, (200, bytes));
    for format in ["json", "csv", "zip"] {
        assert_eq!(
            answer("GET", format, &[range]).await,
            (200, String::new()),
            "{format}"
        );
    }
    let beyond = [("range", "bytes=99999999-")];
    let refused = kept.server.request("GET", &kept.path("wav"), &beyond).await;
    assert_eq!(refused.problem(), (416, "range-not-satisfiable".to_owned()));
}

#[tokio::test]
async fn what_lies_before_a_part_is_not_read() {
    let kept = Kept::half_an_hour().await;
    let begun = kept.server.blob_store.bytes_read();
    // A second at the end, in a recording of ten.
    let headers = [("range", "bytes=-96000")];
    let part = kept.server.request("GET", &kept.path("wav"), &headers).await;
    assert!(part.body.iter().any(|byte| *byte != 0), "it is sound");
    let read = kept.server.blob_store.bytes_read() - begun;
    assert!(read <= 96_000, "{read} bytes read");
}

#[tokio::test]
async fn an_archive_has_all_of_it() {
    let kept = Kept::new().await;
    let entries = entries(kept.file("zip").await);
    let names: Vec<&str> = entries.keys().map(String::as_str).collect();
    let expected = [
        "audio/turn_001_ai.wav",
        "audio/turn_001_user.wav",
        "audio/turn_002_ai.wav",
        "conversation.wav",
        "session.json",
        "turns.csv",
    ];
    assert_eq!(names, expected);
    assert!(entries["conversation.wav"] == kept.file("wav").await);
    assert!(entries["session.json"] == kept.file("json").await);
    assert!(entries["turns.csv"] == kept.file("csv").await);
    let export: SessionExport = serde_json::from_slice(&entries["session.json"]).unwrap();
    for recording in export.turns.iter().flat_map(|turn| &turn.recordings) {
        let stored = entries.get(&recording.file);
        if let Some(clip) = stored.map(|file| Clip::read(file.as_slice()).unwrap()) {
            assert_eq!(clip.rate.hz(), recording.sample_rate);
            assert_eq!(clip.samples.len() as u64, recording.samples);
        }
    }
}

#[tokio::test]
async fn a_session_in_which_nothing_was_said_has_empty_files() {
    let server = Server::start().await;
    let session = server.keep_conversation(&[]).await;
    let kept = Kept { server, session };
    let (rate, [user, ai]) = channels(&kept.file("wav").await);
    assert_eq!((rate, user.len(), ai.len()), (SampleRate::HZ_24K, 0, 0));
    assert_eq!(entries(kept.file("zip").await).len(), 3);
}

#[tokio::test]
async fn who_reads_slowly_keeps_nothing_in_memory() {
    let kept = Kept::half_an_hour().await;
    for (format, most) in [("wav", 1_u64), ("zip", 2)] {
        let mut file = kept.stream(format).await;
        let begun = kept.server.blob_store.bytes_read();
        let mut taken = 0;
        while taken < 1_000_000 {
            let piece = file.next().await.unwrap().unwrap();
            assert!(
                piece.len() <= 64 * 1024,
                "{format}: {} bytes at once",
                piece.len()
            );
            taken += piece.len() as u64;
            let read = kept.server.blob_store.bytes_read() - begun;
            assert!(
                read <= taken * most + AHEAD,
                "{format}: {read} bytes read for {taken}"
            );
        }
        assert!(
            kept.server.blob_store.bytes_read() > begun,
            "{format}: it is sound"
        );
    }
}

#[tokio::test]
async fn who_hangs_up_stops_the_work() {
    let kept = Kept::half_an_hour().await;
    let holders = || Arc::strong_count(&kept.server.blob_store);
    let before = holders();
    for format in ["wav", "zip"] {
        let mut file = kept.stream(format).await;
        file.next().await.unwrap().unwrap();
        assert!(holders() > before);
        drop(file);
        assert_eq!(holders(), before, "{format}: nobody is left who could read on");
    }
}

#[tokio::test]
async fn a_storage_that_goes_away_breaks_the_file_off() {
    let kept = Kept::new().await;
    for format in ["wav", "zip"] {
        let mut file = kept.stream(format).await;
        kept.server.blob_store.faults().fail(BlobErrorKind::Unavailable);
        let mut last = file.next().await;
        while let Some(Ok(_)) = last {
            last = file.next().await;
        }
        assert!(matches!(last, Some(Err(_))), "{format}: it must not look whole");
        kept.server.blob_store.faults().recover();
    }
}

#[tokio::test]
async fn other_formats_are_refused() {
    let kept = Kept::new().await;
    let invalid = (400, "invalid-query".to_owned());
    for format in ["mp3", "", "JSON"] {
        assert_eq!(
            kept.server.get(&kept.path(format)).await.problem(),
            invalid,
            "{format:?}"
        );
    }
    let path = format!("/api/v1/interaction/sessions/{}/export", kept.session.id);
    assert_eq!(kept.server.get(&path).await.problem(), invalid);
}
