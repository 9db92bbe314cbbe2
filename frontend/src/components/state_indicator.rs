use leptos::prelude::*;

use super::{Icon, Shape};
use crate::erase::Erase;
use crate::state::context::{Preferences, Talk};
use crate::state::conversation::Conversation;
use crate::state::figures;
use crate::state::phase::Phase;
use crate::state::reconnect::Attempt;
use crate::words::fill;
use crate::words::talk::{Words, say};

/// Where the conversation stands, in words, colour and icon, and for how long it has run.
#[component]
pub fn StateIndicator() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let phase = Memo::new(move |_| talk.phase());
    let barge_in = Memo::new(move |_| talk.settings.with(|settings| settings.barge_in));
    let waits = Memo::new(move |_| talk.conversation.with(Conversation::waits_for_choice));
    let shape = Signal::derive(move || {
        if waits.get() {
            Shape::Warning
        } else {
            shape_of(phase.get())
        }
    });
    let name = move || {
        if waits.get() {
            "offered"
        } else {
            phase.get().name()
        }
    };
    let title = move || {
        let words = Words::now(preferences);
        if waits.get() {
            words.state_offered
        } else {
            title_of(phase.get(), words)
        }
    };
    let hint = move || {
        let words = Words::now(preferences);
        if waits.get() {
            words.state_offered_hint.to_owned()
        } else {
            hint_of(phase.get(), barge_in.get(), words)
        }
    };
    view! {
        <div class="vv-state" data-state=name>
            <span class="vv-state-mark">
                <Icon shape />
            </span>
            <div class="vv-state-words" role="status" aria-live="polite" aria-atomic="true">
                <strong>{title}</strong>
                <span class="vv-state-hint">
                    {hint}
                    // Seen but not announced: it changes every second.
                    <span aria-hidden="true">{move || countdown(phase.get(), Words::now(preferences))}</span>
                </span>
            </div>
            <span class="vv-state-time" role="timer" aria-label=say(|words| words.session_time)>
                {move || figures::clock(talk.elapsed_s.get())}
            </span>
        </div>
    }
    .erase()
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
        Phase::Reconnecting(Attempt { number, of, .. }) => {
            let (number, of) = (number.to_string(), of.to_string());
            return fill(
                words.state_reconnecting_hint,
                &[("attempt", &number), ("of", &of)],
            );
        }
        Phase::Ending => words.state_ending_hint,
        Phase::Ended => words.state_ended_hint,
        Phase::Failed => words.state_failed_hint,
    };
    hint.to_owned()
}

/// When the connection is tried again; empty in every other phase.
fn countdown(phase: Phase, words: &Words) -> String {
    match phase {
        Phase::Reconnecting(Attempt { in_s: 0, .. }) => words.state_reconnecting_now.to_owned(),
        Phase::Reconnecting(Attempt { in_s, .. }) => {
            fill(words.state_reconnecting_in, &[("seconds", &in_s.to_string())])
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;

    fn reconnecting(in_s: u32) -> Phase {
        Phase::Reconnecting(Attempt {
            number: 2,
            of: 3,
            in_s,
        })
    }

    #[test]
    fn what_is_announced_stays_the_same_while_the_seconds_pass() {
        for language in [Language::English, Language::TraditionalChinese] {
            let words = Words::of(language);
            let announced = hint_of(reconnecting(4), true, words);
            assert!(announced.contains('2') && announced.contains('3'), "{announced}");
            for in_s in [3, 0] {
                assert_eq!(hint_of(reconnecting(in_s), true, words), announced);
            }
        }
    }

    #[test]
    fn the_seconds_are_shown_until_the_attempt_begins() {
        let words = Words::of(Language::English);
        assert_eq!(countdown(reconnecting(4), words), ", in 4 s");
        assert_eq!(countdown(reconnecting(0), words), ", now");
        assert_eq!(countdown(Phase::Listening, words), "");
    }
}
