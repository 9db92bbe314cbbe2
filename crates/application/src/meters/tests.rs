use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use futures_util::FutureExt as _;
use secrecy::SecretString;
use viva_contract::samples::{self, OWNER, cascade_config, failed_turn, realtime_config, session_id, turn};
use viva_contract::turn_journal_contract;
use viva_domain::credentials::{AddressFault, Credential, CredentialRefusal, RawCredential};
use viva_domain::latency::{MeasuredAt, TotalLatency};
use viva_domain::ports::{
    BlobKey, EndedSession, LanguageModelRequest, RealtimeRequest, RemovedBlobs, SpoolErrorKind, StoredBlob,
    TextToSpeechRequest, TurnJournal,
};
use viva_domain::providers::ProviderVoice;
use viva_fakes::{
    MemoryFigures, MemoryTurnJournal, Reply, ScriptedCredentialCheck, ScriptedLanguageModel,
    ScriptedRealtimeVoice, ScriptedSpeechToText, ScriptedTextToSpeech,
};

use super::*;

/// Meters that know the sample providers.
fn meters() -> (MemoryFigures, Meters) {
    let figures = MemoryFigures::default();
    let registry = Registry::new(Arc::new(figures.clone()));
    let cascade = cascade_config();
    let providers = [&cascade.stt, &cascade.llm, &cascade.tts].map(|config| config.provider.as_str());
    let meters = Meters::new(registry, providers.into_iter().chain(["scripted"]));
    (figures, meters)
}

fn realtime() -> Interaction {
    Interaction::Realtime(realtime_config("scripted"))
}

fn stages_in(figures: &MemoryFigures) -> Vec<String> {
    let series = figures.series().into_iter();
    series
        .filter(|name| name.starts_with("viva_turn_latency_seconds"))
        .collect()
}

#[test]
fn everything_that_is_told_is_listed_and_described() {
    let (figures, meters) = meters();
    meters.turn(&realtime(), &turn(1, 1));
    meters.retention_ran(RunOutcome::Failed);
    let names: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(names.len(), METRICS.len(), "no name is there twice");
    assert_eq!(figures.described(), names);
    for series in figures.series() {
        let name = series.split('{').next().unwrap_or_default();
        assert!(names.contains(name), "{series}");
    }
}

#[test]
fn names_say_what_they_are_and_in_which_unit() {
    for metric in METRICS {
        let name = metric.name;
        assert!(name.starts_with("viva_"), "{name}");
        assert_eq!(
            metric.kind == MetricKind::Counter,
            name.ends_with("_total"),
            "{name}"
        );
        assert!(
            metric.kind != MetricKind::Histogram || name.ends_with("_seconds"),
            "{name}"
        );
        assert!(!metric.help.ends_with('.'), "{name}");
    }
}

#[test]
fn what_may_happen_is_told_before_it_does() {
    let (figures, _meters) = meters();
    for series in [
        "viva_sessions_started_total{mode=\"cascade\"}",
        "viva_sessions_ended_total{status=\"superseded\"}",
        "viva_turns_total{mode=\"realtime\",outcome=\"unanswered\"}",
        "viva_turns_interruptions_total{reason=\"client\"}",
        "viva_audio_frames_dropped_total{cause=\"recorder_busy\"}",
        "viva_provider_errors_total{provider=\"scripted\",kind=\"rate_limited\"}",
        "viva_retention_removed_bytes_total{what=\"orphan\"}",
    ] {
        assert_eq!(figures.counter(series), Some(0), "{series}");
    }
    for queue in Queue::ALL.map(Queue::as_str) {
        let series = format!("viva_queue_entries{{queue=\"{queue}\"}}");
        assert_eq!(figures.gauge(&series), Some(0.0), "{series}");
    }
}

#[test]
fn numbers_of_causes_and_queues_are_their_places() {
    let places = Dropped::ALL.map(|cause| cause as usize);
    assert_eq!(places, [0, 1, 2, 3]);
    assert_eq!(Queue::ALL.map(|queue| queue as usize), [0, 1, 2, 3, 4]);
}

#[test]
fn an_answer_that_was_heard_is_measured_by_stage_and_by_whose_time_it_was() {
    let (figures, meters) = meters();
    let mut heard = turn(1, 1);
    heard.interruption = None;
    let cascade = cascade_config();
    meters.turn(&Interaction::Cascade(Box::new(cascade.clone())), &heard);
    let of = |stage: &str, provider: &str| {
        figures.histogram(&format!(
            "viva_turn_latency_seconds{{stage=\"{stage}\",mode=\"cascade\",provider=\"{provider}\"}}"
        ))
    };
    assert_eq!(of("total", "none"), [0.860_001]);
    assert_eq!(of("stt", &cascade.stt.provider), [0.049_008]);
    assert_eq!(of("llm_ttft", &cascade.llm.provider), [0.099_009]);
    assert_eq!(of("tts_ttfb", &cascade.tts.provider), [0.109_011]);
    assert_eq!(of("overhead", "none"), [0.003_005]);
    assert_eq!(of("interrupt", "none"), [0.0; 0]);
    let outcome = "viva_turns_total{mode=\"cascade\",outcome=\"answered\"}";
    assert_eq!(figures.counter(outcome), Some(1));
    assert_eq!(figures.counter("viva_turns_false_interruptions_total"), Some(3));
}

#[test]
fn an_estimate_is_not_told_as_what_was_measured() {
    let (figures, meters) = meters();
    let mut heard = turn(1, 1);
    heard.interruption = None;
    heard.latency.total = Some(TotalLatency {
        duration: Duration::from_millis(700),
        measured: MeasuredAt::Server,
    });
    meters.turn(&realtime(), &heard);
    let of = |stage: &str| {
        figures.histogram(&format!(
            "viva_turn_latency_seconds{{stage=\"{stage}\",mode=\"realtime\",provider=\"scripted\"}}"
        ))
    };
    assert_eq!((of("total"), of("total_estimated")), (vec![], vec![0.7]));
    assert_eq!(of("provider"), [0.299_004]);
}

#[test]
fn answers_that_were_cut_are_in_no_figure_but_their_own() {
    let (figures, meters) = meters();
    meters.turn(&realtime(), &turn(1, 1));
    let cut = "viva_turn_latency_seconds{stage=\"interrupt\",mode=\"realtime\",provider=\"none\"}";
    assert_eq!(stages_in(&figures), [cut]);
    assert_eq!(figures.histogram(cut), [0.090_007]);
    assert_eq!(
        figures.counter("viva_turns_interruptions_total{reason=\"speech\"}"),
        Some(1)
    );
    let outcome = "viva_turns_total{mode=\"realtime\",outcome=\"interrupted\"}";
    assert_eq!(figures.counter(outcome), Some(1));
}

#[test]
fn a_turn_that_failed_has_no_latencies() {
    let (figures, meters) = meters();
    meters.turn(&realtime(), &failed_turn(1, 1));
    assert_eq!(stages_in(&figures), Vec::<String>::new());
    let outcome = "viva_turns_total{mode=\"realtime\",outcome=\"failed\"}";
    assert_eq!(figures.counter(outcome), Some(1));
}

#[test]
fn who_is_not_in_the_catalogue_makes_no_series() {
    let (figures, meters) = meters();
    let hostile = |n: usize| format!("\"}} 1\nviva_fake{{a=\"{n}");
    let ask = |n: usize| {
        let provider = hostile(n);
        meters.provider_failed(&provider, &ProviderErrorKind::Failed(provider.clone()));
        meters.provider_failed(&provider, &ProviderErrorKind::InvalidConfig(provider.clone()));
        meters.turn(&Interaction::Realtime(realtime_config(&provider)), &turn(1, 1));
        let _ = meters.retries(Role::Realtime, &provider);
    };
    ask(0);
    let before = figures.series();
    (1..500).for_each(ask);
    assert_eq!(figures.series(), before);
    let others = "viva_provider_errors_total{provider=\"other\",kind=\"failed\"}";
    assert_eq!(figures.counter(others), Some(500));
}

#[test]
fn shares_of_a_gauge_add_up_and_go_with_their_owners() {
    let (figures, meters) = meters();
    let waiting = || figures.gauge("viva_queue_entries{queue=\"outbox\"}");
    let (mut one, mut two) = (
        Share::of(meters.queue(Queue::Outbox)),
        Share::of(meters.queue(Queue::Outbox)),
    );
    one.set(3);
    two.set(4);
    one.set(1);
    assert_eq!(waiting(), Some(5.0));
    drop(two);
    assert_eq!(waiting(), Some(1.0));
    let counted = Counted::new(meters.queue(Queue::Outbox));
    assert_eq!(waiting(), Some(2.0));
    drop((one, counted));
    assert_eq!(waiting(), Some(0.0));
}

#[test]
fn many_threads_lose_no_count() {
    let (figures, meters) = meters();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    meters.frame_in();
                    drop(Counted::new(meters.queue(Queue::Recorder)));
                }
            });
        }
    });
    assert_eq!(
        figures.counter("viva_audio_frames_total{direction=\"in\"}"),
        Some(40_000)
    );
    assert_eq!(figures.gauge("viva_queue_entries{queue=\"recorder\"}"), Some(0.0));
}

#[test]
fn what_retention_removes_is_counted() {
    let (figures, meters) = meters();
    let gone = RemovedBlobs { files: 2, bytes: 100 };
    let session = EndedSession {
        id: session_id(1),
        owner: OWNER,
        ended_at: samples::at(0),
    };
    let file = StoredBlob {
        key: BlobKey::tombstone_of(session_id(2)),
        len: 7,
        modified: samples::at(0),
    };
    meters.removed(&Removal::Recordings(session, gone));
    meters.removed(&Removal::Orphan(file));
    meters.removed(&Removal::Begun(session_id(3)));
    meters.retention_ran(RunOutcome::Done(
        DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
    ));
    let removed = |what: &str| figures.counter(&format!("viva_retention_removed_total{{what=\"{what}\"}}"));
    assert_eq!(
        ["recording", "orphan", "begun", "lost_recording"].map(removed),
        [2, 1, 1, 0].map(Some)
    );
    let bytes =
        |what: &str| figures.counter(&format!("viva_retention_removed_bytes_total{{what=\"{what}\"}}"));
    assert_eq!(["recording", "orphan"].map(bytes), [100, 7].map(Some));
    let last = figures.gauge("viva_retention_last_run_timestamp_seconds");
    assert_eq!(last, Some(1_800_000_000.0));
    assert_eq!(
        figures.counter("viva_retention_runs_total{outcome=\"done\"}"),
        Some(1)
    );
}

async fn counted_journal(case: impl AsyncFnOnce(&dyn TurnJournal)) {
    let journal = meters().1.journal(Arc::new(MemoryTurnJournal::default()));
    case(&*journal).await;
}

turn_journal_contract!(counted_journal);

#[tokio::test]
async fn turns_in_the_journal_are_counted_once() {
    let (figures, meters) = meters();
    let inner = Arc::new(MemoryTurnJournal::default());
    inner.keep(OWNER, &turn(1, 1)).await.unwrap();
    let journal = meters.journal(inner.clone());
    let waiting = || figures.gauge("viva_journal_turns");
    assert_eq!(waiting(), Some(0.0));
    journal.kept().await.unwrap();
    assert_eq!(waiting(), Some(1.0), "what an earlier process left");
    journal.keep(OWNER, &turn(1, 1)).await.unwrap();
    journal.keep(OWNER, &turn(1, 2)).await.unwrap();
    journal.keep(OWNER, &turn(2, 1)).await.unwrap();
    assert_eq!(waiting(), Some(3.0));
    journal.remove(&turn(1, 2)).await.unwrap();
    journal.remove_session(session_id(2)).await.unwrap();
    assert_eq!(waiting(), Some(1.0));
    inner.faults().fail_next(1, SpoolErrorKind::Full);
    assert!(journal.keep(OWNER, &turn(1, 3)).await.is_err());
    assert_eq!(waiting(), Some(1.0));
    let written =
        |outcome: &str| figures.counter(&format!("viva_journal_writes_total{{outcome=\"{outcome}\"}}"));
    assert_eq!(["kept", "failed"].map(written), [3, 1].map(Some));
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_what_came_of_them() {
    let (figures, meters) = meters();
    let delay = Duration::from_millis(120);
    let model = Arc::new(ScriptedLanguageModel::new().accepting_for(delay));
    let counted = meters.llm("scripted", model.clone());
    let request = || LanguageModelRequest {
        config: realtime_config("scripted"),
        instructions: String::new(),
        messages: Vec::new(),
    };
    model.reply(Reply::new().text("Noon.").done());
    drop(counted.respond(request()).await.unwrap());
    // Somebody who does not wait for the answer.
    assert!(counted.respond(request()).now_or_never().is_none());
    model.faults().fail(ProviderErrorKind::RateLimited);
    assert!(counted.respond(request()).await.is_err());
    let calls = |outcome: &str| {
        let labels = format!("role=\"llm\",provider=\"scripted\",outcome=\"{outcome}\"");
        figures.counter(&format!("viva_provider_calls_total{{{labels}}}"))
    };
    assert_eq!(["accepted", "refused", "given_up"].map(calls), [1; 3].map(Some));
    let accept = "viva_provider_accept_seconds{role=\"llm\",provider=\"scripted\"}";
    assert_eq!(figures.histogram(accept), [0.12]);
}

#[tokio::test]
async fn whatever_a_provider_is_asked_to_do_is_counted_by_its_role() {
    let (figures, meters) = meters();
    let (voice, ears, mouth) = (
        Arc::new(ScriptedRealtimeVoice::new()),
        Arc::new(ScriptedSpeechToText::new()),
        Arc::new(ScriptedTextToSpeech::new()),
    );
    let config = || realtime_config("scripted");
    let realtime = meters.realtime("scripted", voice.clone());
    let request = RealtimeRequest {
        config: config(),
        instructions: String::new(),
        ai_role: None,
        history: Vec::new(),
    };
    drop(realtime.connect(request).await.unwrap());
    let stt = meters.stt("scripted", ears.clone());
    drop(stt.connect(config()).await.unwrap());
    let tts = meters.tts("scripted", mouth.clone());
    let request = TextToSpeechRequest {
        config: config(),
        text: "Noon.".to_owned(),
        previous_text: String::new(),
    };
    drop(tts.speak(request).await.unwrap());
    let calls = |role: &str, outcome: &str| {
        let labels = format!("role=\"{role}\",provider=\"scripted\",outcome=\"{outcome}\"");
        figures.counter(&format!("viva_provider_calls_total{{{labels}}}"))
    };
    let roles = ["realtime", "stt", "tts"];
    assert_eq!(roles.map(|role| calls(role, "accepted")), [Some(1); 3]);

    voice.faults().fail(ProviderErrorKind::Unavailable);
    ears.faults().fail(ProviderErrorKind::Unavailable);
    mouth.faults().fail(ProviderErrorKind::Unavailable);
    assert!(stt.connect(config()).await.is_err());
    assert_eq!(
        roles.map(|role| calls(role, "refused")),
        [Some(0), Some(1), Some(0)]
    );

    // What is only asked about is answered by the provider itself, and is no call.
    mouth.faults().recover();
    let zoe = ProviderVoice {
        id: "zoe".to_owned(),
        name: "Zoe".to_owned(),
        language: None,
        gender: None,
    };
    mouth.list(vec![zoe.clone()]);
    assert_eq!(tts.voices().await.unwrap(), Some(vec![zoe]));
    assert_eq!(calls("tts", "accepted"), Some(1));
}

#[test]
fn every_failure_of_a_provider_has_a_name_of_its_own() {
    let (figures, meters) = meters();
    let why = || "why".to_owned();
    for (kind, name) in [
        (ProviderErrorKind::Unknown, "unknown"),
        (ProviderErrorKind::CredentialMissing, "credential_missing"),
        (ProviderErrorKind::NotSetUp(why()), "not_set_up"),
        (ProviderErrorKind::CredentialInvalid, "credential_invalid"),
        (ProviderErrorKind::OwnCredentialInvalid, "own_credential_invalid"),
        (ProviderErrorKind::CredentialForbidden, "credential_forbidden"),
        (ProviderErrorKind::InvalidConfig(why()), "invalid_config"),
        (ProviderErrorKind::Unavailable, "unavailable"),
        (ProviderErrorKind::RateLimited, "rate_limited"),
        (ProviderErrorKind::QuotaExceeded, "quota_exceeded"),
        (ProviderErrorKind::Failed(why()), "failed"),
    ] {
        meters.provider_failed("scripted", &kind);
        let series = format!("viva_provider_errors_total{{provider=\"scripted\",kind=\"{name}\"}}");
        assert_eq!(figures.counter(&series), Some(1), "{name}");
    }
}

#[tokio::test]
async fn keys_are_counted_by_what_their_provider_said() {
    let (figures, meters) = meters();
    let inner = Arc::new(ScriptedCredentialCheck::default());
    let checks = meters.key_checks(inner.clone());
    let key = Credential::parse(RawCredential {
        api_key: &SecretString::from("sk-1"),
        base_url: None,
        organization: None,
    })
    .unwrap();
    assert_eq!(checks.check("scripted", &key).await, Ok(()));
    let wrong_address = CredentialRefusal::WrongAddress {
        fault: AddressFault::NotHttp,
        said: "not that way".to_owned(),
    };
    let checked = |outcome: &str| {
        let labels = format!("provider=\"scripted\",outcome=\"{outcome}\"");
        figures.counter(&format!("viva_key_checks_total{{{labels}}}"))
    };
    for (refusal, outcome) in [
        (CredentialRefusal::BadKey, "bad_key"),
        (CredentialRefusal::Forbidden, "forbidden"),
        (CredentialRefusal::QuotaExceeded, "quota_exceeded"),
        (CredentialRefusal::NoNetwork("away".to_owned()), "no_network"),
        (
            CredentialRefusal::RateLimited { retry_after: None },
            "rate_limited",
        ),
        (wrong_address, "wrong_address"),
        (CredentialRefusal::Failed("why".to_owned()), "failed"),
    ] {
        inner.refusals().fail_next(1, refusal.clone());
        assert_eq!(checks.check("scripted", &key).await, Err(refusal));
        assert_eq!(checked(outcome), Some(1), "{outcome}");
    }
    assert_eq!(checked("accepted"), Some(1));
}
