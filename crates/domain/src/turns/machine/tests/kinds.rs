//! The kinds of input, so that a test of all of them cannot forget one.

use crate::turns::{Input, ModeInput, Playback, PlaybackEvent};

/// Makes the list of kinds and the function that tells them apart out of one table: what is in neither does not compile.
macro_rules! kinds {
    ($($pattern:pat => $name:literal,)+) => {
        /// Every kind of input.
        pub(super) const KINDS: &[&str] = &[$($name),+];

        pub(super) fn kind_of(input: &Input) -> &'static str {
            match input {
                $($pattern => $name,)+
            }
        }
    };
}

kinds! {
    Input::Opened => "Opened",
    Input::ModeLeaves => "ModeLeaves",
    Input::ModeStays => "ModeStays",
    Input::ModeReplaced { .. } => "ModeReplaced",
    Input::ClientReady => "ClientReady",
    Input::SpeechStarted { .. } => "SpeechStarted",
    Input::SpeechEnded { .. } => "SpeechEnded",
    Input::SpeechPaused => "SpeechPaused",
    Input::SpeechResumed => "SpeechResumed",
    Input::Committed => "Committed",
    Input::Replayed(Ok(())) => "Replayed",
    Input::Replayed(Err(_)) => "Replayed in part",
    Input::Interrupt { .. } => "Interrupt",
    Input::SetBargeIn(_) => "SetBargeIn",
    Input::Mode { what: ModeInput::UserTranscript { .. }, .. } => "UserTranscript",
    Input::Mode { what: ModeInput::Reached(_), .. } => "Reached",
    Input::Mode { what: ModeInput::ResponseStarted, .. } => "ResponseStarted",
    Input::Mode { what: ModeInput::TextDelta(_), .. } => "TextDelta",
    Input::Mode { what: ModeInput::Audio(_), .. } => "Audio",
    Input::Mode { what: ModeInput::Mark(_), .. } => "Mark",
    Input::Mode { what: ModeInput::ResponseDone(_), .. } => "ResponseDone",
    Input::Mode { what: ModeInput::ResponseFailed(_), .. } => "ResponseFailed",
    Input::Mode { what: ModeInput::Failed(_), .. } => "Failed",
    Input::FirstAudioSent { .. } => "FirstAudioSent",
    Input::Playback(Playback { event: PlaybackEvent::Started, .. }) => "Playback Started",
    Input::Playback(Playback { event: PlaybackEvent::Progress, .. }) => "Playback Progress",
    Input::Playback(Playback { event: PlaybackEvent::Paused, .. }) => "Playback Paused",
    Input::Playback(Playback { event: PlaybackEvent::Resumed, .. }) => "Playback Resumed",
    Input::Playback(Playback { event: PlaybackEvent::Stopped, .. }) => "Playback Stopped",
    Input::Playback(Playback { event: PlaybackEvent::Finished, .. }) => "Playback Finished",
    Input::ClientLost => "ClientLost",
    Input::ClientBack => "ClientBack",
    Input::Tick => "Tick",
    Input::End(_) => "End",
    Input::Drained => "Drained",
}
