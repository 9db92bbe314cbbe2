use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::*;
use crate::ids::{SessionId, TurnId, UserId};
use crate::latency::{LatencyMetrics, TurnMarks};
use crate::ports::BlobKey;
use crate::sessions::{FallbackPolicy, Interaction, Prompt, ProviderConfig, SessionState};
use crate::turns::{Basis, HeardText, Piece, TurnNumber};

const RATE: u32 = 8_000;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn at(ms: u64) -> SessionTime {
    SessionTime::from_millis(ms)
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_772_366_400_000_000).unwrap()
}

fn session() -> Session {
    Session {
        id: SessionId::from_uuid(Uuid::from_u128(1)),
        user_id: UserId::LOCAL,
        interaction: Interaction::Realtime(ProviderConfig::of("offline")),
        prompt: Prompt::default(),
        instructions: String::new(),
        barge_in_enabled: true,
        fallback: FallbackPolicy::Ask,
        started_at: noon(),
        state: SessionState::Active,
    }
}

/// A turn that began 9 s after its session, and of which nothing is known.
fn turn(number: u16) -> Turn {
    Turn {
        id: TurnId::from_uuid(Uuid::from_u128(number.into())),
        session_id: session().id,
        number: TurnNumber::new(number).unwrap(),
        started_at: noon() + TimeDelta::seconds(9),
        ended_at: noon() + TimeDelta::seconds(20),
        user_transcript: None,
        answer: HeardText::default(),
        user_audio: None,
        ai_audio: None,
        played: None,
        interruption: None,
        false_interruptions: 0,
        failure: None,
        usage: None,
        marks: TurnMarks::default(),
        latency: LatencyMetrics::default(),
    }
}

/// A recording so long, whose pieces begin at these offsets and times.
fn recording(length_ms: u64, pieces: &[(u64, u64)]) -> Recording {
    let piece = |(offset, time): &(u64, u64)| Piece {
        offset: ms(*offset),
        at: at(*time),
    };
    let pieces = pieces.iter().map(piece).collect();
    Recording {
        key: BlobKey::parse("a/turn_001_user.wav").unwrap(),
        samples: length_ms * u64::from(RATE) / 1_000,
        sample_rate: RATE,
        placement: Placement::new(pieces, Basis::Measured).ok(),
        peaks: None,
    }
}

/// Turn, offset, time and length of each.
fn shown(stretches: &[Stretch]) -> Vec<(usize, u64, u64, u64)> {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap();
    let shown = stretches.iter().map(|stretch| {
        (
            stretch.turn,
            ms(stretch.offset),
            ms(stretch.at.elapsed()),
            ms(stretch.length),
        )
    });
    shown.collect()
}

fn of(turns: &[Turn]) -> TimeLine {
    TimeLine::of(&session(), turns)
}

#[test]
fn a_session_of_which_nothing_was_recorded_is_empty() {
    assert_eq!(of(&[]), TimeLine::default());
    assert_eq!(of(&[turn(1)]).length(), Duration::ZERO);
}

#[test]
fn each_side_lies_where_it_was_said_and_heard() {
    let turns = [Turn {
        user_audio: Some(recording(1_500, &[(0, 1_000)])),
        ai_audio: Some(recording(2_000, &[(0, 3_000)])),
        played: Some(ms(2_000)),
        ..turn(1)
    }];
    let line = of(&turns);
    assert_eq!(shown(&line.user), [(0, 0, 1_000, 1_500)]);
    assert_eq!(shown(&line.ai), [(0, 0, 3_000, 2_000)]);
    assert_eq!(line.length(), ms(5_000));
}

#[test]
fn an_answer_ends_where_it_was_cut() {
    let cut = |played| {
        of(&[Turn {
            ai_audio: Some(recording(2_000, &[(0, 3_000), (500, 4_000)])),
            played,
            ..turn(1)
        }])
    };
    assert_eq!(shown(&cut(Some(ms(400))).ai), [(0, 0, 3_000, 400)]);
    assert_eq!(
        shown(&cut(Some(ms(800))).ai),
        [(0, 0, 3_000, 500), (0, 500, 4_000, 300)]
    );
    assert_eq!(
        shown(&cut(Some(ms(9_000))).ai),
        [(0, 0, 3_000, 500), (0, 500, 4_000, 1_500)],
        "there is no more than there is"
    );
    assert_eq!(shown(&cut(Some(Duration::ZERO)).ai), []);
    assert_eq!(shown(&cut(None).ai), [], "nothing of it was heard");
}

#[test]
fn a_gap_is_silent_and_what_follows_it_later() {
    let line = of(&[Turn {
        user_audio: Some(recording(1_000, &[(0, 1_000), (300, 2_000), (700, 5_000)])),
        ..turn(1)
    }]);
    assert_eq!(
        shown(&line.user),
        [(0, 0, 1_000, 300), (0, 300, 2_000, 400), (0, 700, 5_000, 300)]
    );
}

#[test]
fn what_overlaps_ends_where_the_next_begins() {
    let turns = [
        Turn {
            user_audio: Some(recording(2_000, &[(0, 1_000), (500, 1_480)])),
            ..turn(1)
        },
        Turn {
            user_audio: Some(recording(1_000, &[(0, 2_700)])),
            ..turn(2)
        },
    ];
    let line = of(&turns);
    assert_eq!(
        shown(&line.user),
        [(0, 0, 1_000, 480), (0, 500, 1_480, 1_220), (1, 0, 2_700, 1_000)]
    );
}

#[test]
fn of_two_that_begin_at_once_the_later_turn_is_heard() {
    let both = |number| Turn {
        user_audio: Some(recording(1_000, &[(0, 1_000)])),
        ..turn(number)
    };
    assert_eq!(shown(&of(&[both(1), both(2)]).user), [(1, 0, 1_000, 1_000)]);
}

#[test]
fn turns_that_do_not_say_where_they_lie_are_estimated() {
    let older = |marks| Turn {
        user_audio: Some(recording(1_000, &[])),
        ai_audio: Some(recording(1_000, &[])),
        played: Some(ms(1_000)),
        marks,
        ..turn(1)
    };
    let all = TurnMarks {
        user_audio_began: Some(at(100)),
        speech_started: Some(at(400)),
        provider_first_audio: Some(at(2_000)),
        first_audio_sent: Some(at(2_001)),
        playback_started: Some(at(2_090)),
        ..TurnMarks::default()
    };
    let without_client = TurnMarks {
        user_audio_began: None,
        playback_started: None,
        ..all
    };
    let without_socket = TurnMarks {
        first_audio_sent: None,
        ..without_client
    };
    for (marks, user, ai) in [
        (all, 100, 2_090),
        (without_client, 400, 2_001),
        (without_socket, 400, 2_000),
        (TurnMarks::default(), 9_000, 9_000),
    ] {
        let turn = older(marks);
        assert!(turn.user_audio.as_ref().is_some_and(Recording::is_estimated));
        let line = of(&[turn]);
        assert_eq!(shown(&line.user), [(0, 0, user, 1_000)]);
        assert_eq!(shown(&line.ai), [(0, 0, ai, 1_000)]);
    }
}

#[test]
fn a_turn_that_began_before_its_session_is_at_its_beginning() {
    let turns = [Turn {
        started_at: noon() - TimeDelta::seconds(1),
        user_audio: Some(recording(1_000, &[])),
        ..turn(1)
    }];
    assert_eq!(shown(&of(&turns).user), [(0, 0, 0, 1_000)]);
}
