use leptos::prelude::*;

use super::{Icon, Shape};
use crate::state::context::{Preferences, Talk};
use crate::state::figures;
use crate::state::phase::Phase;
use crate::state::reconnect::Attempt;
use crate::words::{Words, fill, say};

/// Where the conversation stands, in words, colour and icon, and for how long it has run.
#[component]
pub fn StateIndicator() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let phase = Memo::new(move |_| talk.phase());
    let barge_in = Memo::new(move |_| talk.settings.with(|settings| settings.barge_in));
    let shape = Signal::derive(move || shape_of(phase.get()));
    view! {
        <div class="vv-state" data-state=move || phase.get().name()>
            <span class="vv-state-mark">
                <Icon shape />
            </span>
            <div class="vv-state-words" role="status" aria-live="polite" aria-atomic="true">
                <strong>{move || title_of(phase.get(), preferences.words())}</strong>
                <span class="vv-state-hint">
                    {move || hint_of(phase.get(), barge_in.get(), preferences.words())}
                </span>
            </div>
            <span class="vv-state-time" role="timer" aria-label=say(|words| words.session_time)>
                {move || figures::clock(talk.elapsed_s.get())}
            </span>
        </div>
    }
    .into_any()
}

fn shape_of(phase: Phase) -> Shape {
    match phase {
        Phase::Ready => Shape::Ready,
        Phase::AskingForMicrophone => Shape::Microphone,
        Phase::Connecting => Shape::Plug,
        Phase::Listening => Shape::Ear,
        Phase::HearingYou => Shape::Voice,
        Phase::Thinking => Shape::Dots,
        Phase::AiSpeaking => Shape::Speaker,
        Phase::Interrupted => Shape::Hand,
        Phase::Reconnecting(_) => Shape::Loop,
        Phase::Ending | Phase::Ended => Shape::Flag,
        Phase::Failed => Shape::Warning,
    }
}

fn title_of(phase: Phase, words: &Words) -> &'static str {
    match phase {
        Phase::Ready => words.state_ready,
        Phase::AskingForMicrophone => words.state_asking,
        Phase::Connecting => words.state_connecting,
        Phase::Listening => words.state_listening,
        Phase::HearingYou => words.state_hearing,
        Phase::Thinking => words.state_thinking,
        Phase::AiSpeaking => words.state_speaking,
        Phase::Interrupted => words.state_interrupted,
        Phase::Reconnecting(_) => words.state_reconnecting,
        Phase::Ending => words.state_ending,
        Phase::Ended => words.state_ended,
        Phase::Failed => words.state_failed,
    }
}

fn hint_of(phase: Phase, barge_in: bool, words: &Words) -> String {
    let hint = match phase {
        Phase::Ready => words.state_ready_hint,
        Phase::AskingForMicrophone => words.state_asking_hint,
        Phase::Connecting => words.state_connecting_hint,
        Phase::Listening => words.state_listening_hint,
        Phase::HearingYou => words.state_hearing_hint,
        Phase::Thinking => words.state_thinking_hint,
        Phase::AiSpeaking if barge_in => words.state_speaking_hint,
        Phase::AiSpeaking => words.state_speaking_hint_no_barge_in,
        Phase::Interrupted => words.state_interrupted_hint,
        Phase::Reconnecting(attempt) => return reconnecting(attempt, words),
        Phase::Ending => words.state_ending_hint,
        Phase::Ended => words.state_ended_hint,
        Phase::Failed => words.state_failed_hint,
    };
    hint.to_owned()
}

fn reconnecting(attempt: Attempt, words: &Words) -> String {
    let text = if attempt.in_s > 0 {
        words.state_reconnecting_in
    } else {
        words.state_reconnecting_now
    };
    let (number, of, seconds) = (
        attempt.number.to_string(),
        attempt.of.to_string(),
        attempt.in_s.to_string(),
    );
    fill(text, &[("attempt", &number), ("of", &of), ("seconds", &seconds)])
}
