//! Random sessions.

use std::time::Duration;

use proptest::prelude::*;

use crate::latency::{ClientTime, SessionTime, Stage};
use crate::ports::{ProviderErrorKind, SpeechMark};
use crate::turns::machine::tests::RATE;
use crate::turns::{
    BargeIn, Greeting, Input, Limits, MachineSettings, ModeInput, OnModeFailure, PlaybackEvent,
    SessionFailure, TurnTaking,
};

/// Something that happens. What it refers to is chosen when it happens, so that most of it makes sense.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) passes: Time,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum Time {
    By(Duration),
    ToTheDeadline,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Input(Input),
    /// The mode says something in the generation so many before the newest.
    Mode {
        behind: u32,
        what: ModeInput,
    },
    /// The client reports on the turn so many before the newest.
    Playback {
        behind: u16,
        event: PlaybackEvent,
        played: u64,
        at: Option<u64>,
    },
    FirstAudioSent {
        behind: u16,
    },
}

pub(super) fn settings() -> impl Strategy<Value = MachineSettings> {
    let barge_in = prop_oneof![Just(BargeIn::Enabled), Just(BargeIn::Disabled)];
    let greeting = prop_oneof![Just(Greeting::None), Just(Greeting::WhenReady)];
    let limits = prop_oneof![
        Just(Limits::default()),
        Just(Limits {
            utterance: Duration::from_secs(2),
            utterance_warning: Duration::from_secs(1),
            idle: Duration::from_secs(8),
            idle_warning: Duration::from_secs(3),
            resume: Duration::from_secs(3),
            response: Duration::from_secs(2),
            stall: Duration::from_millis(500),
            gap: Duration::from_secs(1),
        }),
    ];
    (barge_in, turn_taking(), on_mode_failure(), greeting, limits).prop_map(
        |(barge_in, turn_taking, on_mode_failure, greeting, limits)| MachineSettings {
            barge_in,
            turn_taking,
            on_mode_failure,
            greeting,
            limits,
            output_rate: RATE,
            audible: 1,
        },
    )
}

fn turn_taking() -> impl Strategy<Value = TurnTaking> {
    prop_oneof![Just(TurnTaking::Session), Just(TurnTaking::Provider)]
}

/// Most sessions go on: one that ends has nothing more to show.
fn on_mode_failure() -> impl Strategy<Value = OnModeFailure> {
    prop_oneof![
        1 => Just(OnModeFailure::EndSession),
        4 => Just(OnModeFailure::WaitForAnother)
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let passes = prop_oneof![
        3 => Just(Time::By(Duration::ZERO)),
        6 => (0_u64..400).prop_map(|ms| Time::By(Duration::from_millis(ms))),
        1 => (0_u64..4_000).prop_map(|ms| Time::By(Duration::from_millis(ms))),
        1 => Just(Time::ToTheDeadline),
    ];
    (passes, what()).prop_map(|(passes, what)| Step { passes, what })
}

fn what() -> impl Strategy<Value = What> {
    let behind = prop_oneof![12 => Just(0_u32), 2 => 1_u32..4];
    let turns_behind = prop_oneof![6 => Just(0_u16), 2 => Just(1), 1 => 2_u16..5];
    let event = prop_oneof![
        Just(PlaybackEvent::Started),
        Just(PlaybackEvent::Progress),
        Just(PlaybackEvent::Paused),
        Just(PlaybackEvent::Resumed),
        Just(PlaybackEvent::Stopped),
        Just(PlaybackEvent::Finished),
    ];
    prop_oneof![
        12 => input().prop_map(What::Input),
        16 => (behind, said()).prop_map(|(behind, what)| What::Mode { behind, what }),
        4 => (turns_behind.clone(), event, 0_u64..5_000, prop::option::of(0_u64..100_000))
            .prop_map(|(behind, event, played, at)| What::Playback { behind, event, played, at }),
        2 => turns_behind.prop_map(|behind| What::FirstAudioSent { behind }),
    ]
}

/// Session times in here are taken as ms before now.
fn input() -> impl Strategy<Value = Input> {
    let captured = || prop::option::of((0_u64..100_000_000).prop_map(ClientTime::from_micros));
    let ago = || (0_u64..800).prop_map(SessionTime::from_millis);
    prop_oneof![
        8 => (ago(), captured()).prop_map(|(at, captured)| Input::SpeechStarted { at, captured }),
        8 => (ago(), captured())
            .prop_map(|(at, captured)| Input::SpeechEnded { at, captured, decided: SessionTime::ZERO }),
        2 => Just(Input::SpeechPaused),
        2 => Just(Input::SpeechResumed),
        4 => Just(Input::Committed),
        6 => Just(Input::Replayed(Ok(()))),
        2 => Just(Input::Replayed(Err(failure()))),
        2 => prop::option::of((0_u64..3_000).prop_map(Duration::from_millis))
            .prop_map(|played| Input::Interrupt { played }),
        1 => Just(Input::SetBargeIn(BargeIn::Enabled)),
        1 => Just(Input::SetBargeIn(BargeIn::Disabled)),
        3 => Just(Input::Opened),
        2 => Just(Input::ClientReady),
        1 => Just(Input::ClientLost),
        2 => Just(Input::ClientBack),
        4 => Just(Input::Tick),
        1 => Just(Input::ModeLeaves),
        1 => Just(Input::ModeStays),
        2 => (turn_taking(), on_mode_failure()).prop_map(|(turn_taking, on_mode_failure)| Input::ModeReplaced {
            turn_taking,
            on_mode_failure,
        }),
        1 => Just(Input::Drained),
    ]
}

fn said() -> impl Strategy<Value = ModeInput> {
    let text = || {
        prop::sample::select(vec!["", " ", "so it goes", "on", " and on. ", "龍，\u{3000}drag"])
            .prop_map(str::to_owned)
    };
    prop_oneof![
        20 => (0_usize..600, 0_i16..2).prop_map(|(samples, sample)| ModeInput::Audio(vec![sample; samples])),
        10 => text().prop_map(ModeInput::TextDelta),
        4 => (0_u64..600, 0_usize..20).prop_map(|(ms, chars)| {
            let at = Duration::from_millis(ms);
            ModeInput::Mark(SpeechMark { at, chars })
        }),
        6 => Just(ModeInput::ResponseStarted),
        4 => Just(ModeInput::ResponseDone(None)),
        2 => Just(ModeInput::ResponseFailed(failure())),
        1 => Just(ModeInput::Failed(failure())),
        4 => stage().prop_map(ModeInput::Reached),
        2 => (text(), any::<bool>()).prop_map(|(text, is_final)| ModeInput::UserTranscript { text, is_final }),
    ]
}

fn stage() -> impl Strategy<Value = Stage> {
    prop::sample::select(vec![
        Stage::Transcribed,
        Stage::LlmRequested,
        Stage::LlmFirstToken,
        Stage::LlmFirstPiece,
        Stage::LlmDone,
        Stage::TtsRequested,
    ])
}

pub(super) fn failure() -> SessionFailure {
    SessionFailure {
        kind: ProviderErrorKind::Unavailable,
        provider: None,
        message: "oops".to_owned(),
        retry_after: None,
    }
}
