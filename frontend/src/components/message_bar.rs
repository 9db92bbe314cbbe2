use leptos::prelude::*;
use viva_protocol::ws::{ErrorCode, NoticeCode, SessionEndStatus};

use super::configuration::in_words;
use super::{Icon, Shape};
use crate::api::ACCOUNT_PATH;
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::{Preferences, Talk};
use crate::state::message::{Message, Remedy, Severity, Topic};
use crate::state::microphone::MicrophoneProblem;
use crate::words::talk::Words;

/// What happened, what was kept, and one button. It never replaces the page.
#[component]
pub fn MessageBar() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let controls = expect_context::<Controls>();
    let message = Memo::new(move |_| {
        talk.conversation
            .with(|conversation| conversation.message.clone())
    });
    let can_start = Memo::new(move |_| talk.phase().can_start());

    let bar = move |message: Message| {
        let remedy = message.remedy(can_start.get());
        let (severity, words) = (message.severity(), Words::now(preferences));
        let kept = (severity == Severity::Failure || remedy == Remedy::StartAgain).then_some(words.kept_all);
        let (button, link) = match &remedy {
            Remedy::Dismiss => (Some(words.dismiss), None),
            Remedy::StartAgain => (Some(words.start_again), None),
            Remedy::OpenMicrophone => (Some(words.try_again), None),
            Remedy::SignIn => (None, Some(words.sign_in)),
        };
        let act = move || match remedy {
            Remedy::Dismiss => talk
                .conversation
                .update(|conversation| conversation.message = None),
            Remedy::StartAgain => controls.start(),
            Remedy::OpenMicrophone => controls.use_microphone(),
            // The link does it.
            Remedy::SignIn => {}
        };
        let setup = match &message.topic {
            Topic::ModeSwitched(interaction) => talk
                .providers
                .with(|providers| in_words(interaction, providers.list(), words)),
            _ => String::new(),
        };
        view! {
            <div class="vv-message" data-severity=name_of(severity)>
                <Icon shape=if severity == Severity::Info { Shape::Dots } else { Shape::Warning } />
                <p>
                    <strong>{text_of(&message.topic, words)}</strong>
                    <span>{setup}</span>
                    <span>{message.detail.clone()}</span>
                    <span>{kept}</span>
                </p>
                {button.map(|button| view! { <button type="button" on:click=move |_| act()>{button}</button> })}
                {link.map(|link| view! { <a href=ACCOUNT_PATH rel="external">{link}</a> })}
            </div>
        }
    };
    view! {
        <div class="vv-messages" role="alert">
            {move || message.get().map(bar)}
        </div>
    }
    .erase()
}

fn name_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Failure => "failure",
    }
}

fn text_of(topic: &Topic, words: &Words) -> &'static str {
    match topic {
        Topic::Notice(code) => notice(*code, words),
        Topic::Error(code) => error(*code, words),
        Topic::ServerUnreachable => words.msg_unreachable,
        Topic::ConnectionLost => words.msg_lost,
        Topic::SignedOut => words.msg_signed_out,
        Topic::ResumeExpired => words.msg_expired,
        Topic::Replaced => words.msg_replaced,
        Topic::SessionEnded(SessionEndStatus::Superseded) => words.msg_ended_superseded,
        Topic::SessionEnded(SessionEndStatus::Error) => words.msg_ended_error,
        Topic::SessionEnded(SessionEndStatus::Completed | SessionEndStatus::Disconnected) => {
            words.msg_ended_disconnected
        }
        Topic::EndedIdle => words.msg_ended_idle,
        Topic::AudioUnsupported => words.msg_audio_unsupported,
        Topic::MicrophoneChanged => words.msg_microphone_changed,
        Topic::MicrophoneLost(MicrophoneProblem::Missing) => words.msg_microphone_lost,
        Topic::MicrophoneLost(MicrophoneProblem::Busy) => words.msg_microphone_busy,
        Topic::MicrophoneLost(_) => words.msg_microphone_denied,
        Topic::SpeakerChanged => words.msg_speaker_changed,
        Topic::SpeakerUnusable => words.msg_speaker_unusable,
        Topic::EchoNotCancelled => words.msg_echo_not_cancelled,
        Topic::AudioStopped => words.msg_audio_stopped,
        Topic::NotLoaded => words.msg_not_loaded,
        Topic::ModeSwitched(_) => words.msg_switched,
        Topic::ReplayFailed => words.msg_replay_failed,
    }
}

fn notice(code: NoticeCode, words: &Words) -> &'static str {
    match code {
        NoticeCode::UtteranceLimitNear => words.msg_utterance_near,
        NoticeCode::UtteranceLimitReached => words.msg_utterance_reached,
        NoticeCode::MicrophoneQuiet => words.msg_microphone_quiet,
        NoticeCode::SlowClient => words.msg_slow_client,
        NoticeCode::AudioDropped => words.msg_audio_dropped,
        NoticeCode::RecordingFailed => words.msg_recording_failed,
        NoticeCode::StorageDelayed => words.msg_storage_delayed,
        NoticeCode::IdleLimitNear => words.msg_idle_near,
        NoticeCode::AnswerStalled => words.msg_answer_stalled,
        NoticeCode::ResumeIncomplete => words.msg_resume_incomplete,
        NoticeCode::ModelRetired => words.msg_model_retired,
        NoticeCode::Unknown => "",
    }
}

fn error(code: ErrorCode, words: &Words) -> &'static str {
    match code {
        ErrorCode::AuthFailed => words.err_auth,
        ErrorCode::InvalidMode | ErrorCode::InvalidConfig => words.err_config,
        ErrorCode::CredentialMissing => words.err_credential_missing,
        ErrorCode::CredentialInvalid => words.err_credential_invalid,
        ErrorCode::ProviderUnavailable => words.err_provider_unavailable,
        ErrorCode::ProviderError => words.err_provider,
        ErrorCode::QuotaExceeded => words.err_quota,
        ErrorCode::RateLimited => words.err_rate,
        ErrorCode::ResumeExpired => words.msg_expired,
        ErrorCode::SessionExists
        | ErrorCode::NoSession
        | ErrorCode::InvalidMessage
        | ErrorCode::InvalidAudio
        | ErrorCode::InternalError
        | ErrorCode::Unknown => words.err_other,
    }
}
