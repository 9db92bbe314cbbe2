//! What the page History says of sessions, and of what went wrong with them.

use leptos::prelude::*;
use viva_protocol::rest::SessionStatus;
use viva_protocol::ws::Mode;

use crate::Language;
use crate::api::sign_in_from_here;
use crate::erase::Erase;
use crate::state::excerpt::excerpt;
use crate::state::figures;
use crate::state::history::{Flaw, Kept, MOST_LETTERS, Outcome, Reason, Trouble, TroubleKind};
use crate::words::fill;
use crate::words::history::Words;
use crate::words::session_status::status;

/// When something was, in ms since 1970, on the reader's clock.
#[cfg(feature = "hydrate")]
pub(super) fn when(ms: i64, language: Language) -> String {
    crate::browser::local_minute(ms, language)
}

/// The server shows no sessions.
#[cfg(not(feature = "hydrate"))]
pub(super) fn when(ms: i64, _language: Language) -> String {
    ms.to_string()
}

pub(super) fn count(number: usize) -> String {
    figures::count(number as u64)
}

/// A mode as it is told and as it is asked for.
pub(super) fn mode(mode: Mode, words: &Words) -> &'static str {
    match mode {
        Mode::Realtime => words.mode_realtime,
        Mode::Cascade => words.mode_cascade,
        Mode::Unknown => "",
    }
}

/// The same for one of the names that can be asked for.
pub(super) fn mode_named(name: &str, words: &Words) -> &'static str {
    mode(
        if name == "cascade" {
            Mode::Cascade
        } else {
            Mode::Realtime
        },
        words,
    )
}

/// The same for one of the names that can be asked for.
pub(super) fn status_named(name: &str, words: &Words) -> &'static str {
    status(status_of(name), words)
}

fn status_of(name: &str) -> SessionStatus {
    match name {
        "active" => SessionStatus::Active,
        "disconnected" => SessionStatus::Disconnected,
        "error" => SessionStatus::Error,
        "superseded" => SessionStatus::Superseded,
        _ => SessionStatus::Completed,
    }
}

/// A word for style sheets and tests: what the address calls it.
pub(super) fn status_name(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Active => "active",
        SessionStatus::Completed => "completed",
        SessionStatus::Disconnected => "disconnected",
        SessionStatus::Error => "error",
        SessionStatus::Superseded => "superseded",
    }
}

/// What happened and what to do, then what the server says of it, which speaks English.
pub(super) fn told(trouble: &Trouble, words: &Words) -> AnyView {
    let sign_in = trouble.is_signed_out().then(|| {
        view! { <a href=sign_in_from_here()>{words.sign_in}</a> }
    });
    view! {
        <p>
            <strong>{sentence(trouble.kind, words)}</strong>
            <span>{wait(trouble.kind, words)}</span>
            <span lang="en">{trouble.detail.clone()}</span>
        </p>
        {sign_in}
    }
    .erase()
}

fn sentence(kind: TroubleKind, words: &Words) -> &'static str {
    match kind {
        TroubleKind::NoServer => words.err_no_server,
        TroubleKind::SignedOut => words.err_signed_out,
        TroubleKind::TooManyRequests { .. } => words.err_too_many,
        TroubleKind::Senseless => words.err_senseless,
        TroubleKind::Other => words.err_other,
    }
}

fn wait(kind: TroubleKind, words: &Words) -> Option<String> {
    let TroubleKind::TooManyRequests { wait_s } = kind else {
        return None;
    };
    Some(fill(words.wait, &[("s", &wait_s?.to_string())]))
}

/// What makes no sense, in a sentence.
pub(super) fn flaw(flaw: &Flaw, words: &Words) -> String {
    let (text, value) = match flaw {
        Flaw::From(value) => (words.flaw_from, value.as_str()),
        Flaw::To(value) => (words.flaw_to, value.as_str()),
        Flaw::Reversed => (words.flaw_reversed, ""),
        Flaw::Mode(value) => (words.flaw_mode, value.as_str()),
        Flaw::Provider(value) => (words.flaw_provider, value.as_str()),
        Flaw::Status(value) => (words.flaw_status, value.as_str()),
        Flaw::LongText => (words.flaw_long, ""),
        Flaw::NoText(value) => (words.flaw_no_text, value.as_str()),
        Flaw::Page(value) => (words.flaw_page, value.as_str()),
    };
    fill(
        text,
        &[("most", &count(MOST_LETTERS)), ("value", &excerpt(value))],
    )
}

/// How many were deleted.
pub(super) fn deleted(outcome: &Outcome, words: &Words) -> String {
    match outcome.deleted {
        0 => words.deleted_none.to_owned(),
        1 => words.deleted_one.to_owned(),
        many => fill(words.deleted_many, &[("count", &count(many))]),
    }
}

/// Why a session is still there.
pub(super) fn kept(kept: &Kept, language: Language) -> String {
    let words = Words::of(language);
    let text = match kept.reason {
        Reason::Active => words.kept_active,
        Reason::Unfinished => words.kept_unfinished,
        Reason::Failed => words.kept_failed,
    };
    fill(text, &[("when", &when(kept.session.began_ms, language))])
}

/// That so many more are.
pub(super) fn more_kept(number: usize, words: &Words) -> String {
    match number {
        1 => words.kept_more_one.to_owned(),
        more => fill(words.kept_more, &[("count", &count(more))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::history::{MODES, STATUSES};

    const LANGUAGES: [Language; 2] = [Language::English, Language::TraditionalChinese];

    #[test]
    fn what_can_be_asked_for_has_words_of_its_own() {
        for language in LANGUAGES {
            let words = Words::of(language);
            let mut names: Vec<&str> = STATUSES.map(|name| status_named(name, words)).to_vec();
            names.extend(MODES.map(|name| mode_named(name, words)));
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
        }
        for name in STATUSES {
            assert_eq!(status_name(status_of(name)), name);
        }
    }

    #[test]
    fn what_makes_no_sense_is_shown_as_it_was_written() {
        for language in LANGUAGES {
            let words = Words::of(language);
            let written = || "<b>{most}".to_owned();
            for wrong in [
                Flaw::From(written()),
                Flaw::To(written()),
                Flaw::Mode(written()),
                Flaw::Provider(written()),
                Flaw::Status(written()),
                Flaw::NoText(written()),
                Flaw::Page(written()),
            ] {
                let text = flaw(&wrong, words);
                assert!(text.contains("<b>{most}"), "{text}");
            }
            assert!(flaw(&Flaw::LongText, words).contains("200"));
            let long = Flaw::Status("s".repeat(300));
            assert!(flaw(&long, words).chars().count() < 100);
        }
    }

    #[test]
    fn who_has_to_wait_is_told_how_long_when_it_is_known() {
        for language in LANGUAGES {
            let words = Words::of(language);
            let limited = |wait_s| wait(TroubleKind::TooManyRequests { wait_s }, words);
            assert!(limited(Some(7)).is_some_and(|text| text.contains(" 7 ")));
            assert_eq!(limited(None), None);
            assert_eq!(wait(TroubleKind::Other, words), None);
        }
    }
}
