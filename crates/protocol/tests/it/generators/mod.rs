//! Strategies for everything that goes over the wire. Composed ones are boxed: their value trees are large, and unboxed
//! they would be moved through the stack of a test thread.

mod rest_bodies;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use viva_protocol::ws::*;

pub(crate) use rest_bodies::{session_detail, template};

pub(crate) fn audio_frame() -> impl Strategy<Value = AudioFrame> {
    let kind = prop_oneof![Just(FrameKind::User), Just(FrameKind::Ai)];
    let samples = vec(any::<[u8; 2]>(), 0..100);
    (
        kind,
        any::<bool>(),
        any::<u16>(),
        any::<u32>(),
        any::<u64>(),
        samples,
    )
        .prop_map(
            |(kind, is_last, turn_number, seq, position, samples)| AudioFrame {
                kind,
                is_last,
                turn_number,
                seq,
                position,
                payload: Bytes::from(samples.concat()),
            },
        )
}

/// Times with three decimals: the JSON reader is exact for these, and within one unit in the last place for others.
fn ms() -> impl Strategy<Value = f64> {
    (-1_000_000_000_i32..1_000_000_000).prop_map(|thousandths| f64::from(thousandths) / 1_000.0)
}

fn share() -> impl Strategy<Value = f32> {
    (0..=1_000_u16).prop_map(|thousandths| f32::from(thousandths) / 1_000.0)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "\\PC{0,20}", any::<String>()]
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0..4_000_000_000_000_i64).prop_map(|ms| DateTime::from_timestamp_millis(ms).expect("a date before 2100"))
}

fn json_value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        ms().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
    .boxed()
}

fn options() -> impl Strategy<Value = Map<String, Value>> {
    vec((text(), json_value()), 0..3).prop_map(|fields| fields.into_iter().collect())
}

pub(crate) fn interaction() -> BoxedStrategy<Interaction> {
    let realtime = (text(), of(text()), of(text()), of(text()), options()).prop_map(
        |(realtime_provider, realtime_model, voice, language, options)| {
            Interaction::Realtime(RealtimeConfig {
                realtime_provider,
                realtime_model,
                voice,
                language,
                options,
            })
        },
    );
    let providers = (text(), text(), text());
    let choices = (of(text()), of(text()), of(text()), of(text()), of(text()));
    let languages = (of(text()), of(text()));
    let cascade =
        (providers, choices, languages, options()).prop_map(|(providers, choices, languages, options)| {
            let (stt_provider, llm_provider, tts_provider) = providers;
            let (stt_language, tts_language) = languages;
            let (stt_model, llm_model, tts_model, tts_voice, language) = choices;
            Interaction::Cascade(CascadeConfig {
                stt_provider,
                stt_model,
                stt_language,
                llm_provider,
                llm_model,
                tts_provider,
                tts_model,
                tts_voice,
                tts_language,
                language,
                options,
            })
        });
    prop_oneof![realtime, cascade].boxed()
}

fn turn_detection() -> BoxedStrategy<TurnDetection> {
    (
        of(share()),
        of(share()),
        of(any::<u32>()),
        of(any::<u32>()),
        of(any::<u32>()),
        of(any::<bool>()),
    )
        .prop_map(
            |(threshold, barge_in_threshold, silence_ms, prefix_ms, min_speech_ms, eager)| TurnDetection {
                threshold,
                barge_in_threshold,
                silence_ms,
                prefix_ms,
                min_speech_ms,
                eager,
            },
        )
        .boxed()
}

fn start_session() -> BoxedStrategy<StartSession> {
    let prompts = (
        of(text()),
        of(uuid()),
        of(text()),
        of(text()),
        of(text()),
        of(text()),
    );
    let fallback = prop_oneof![
        Just(FallbackPolicy::Ask),
        Just(FallbackPolicy::Auto),
        Just(FallbackPolicy::Off)
    ];
    let transport = prop_oneof![Just(AudioTransport::Binary), Just(AudioTransport::Base64)];
    let audio = (any::<u32>(), any::<u32>(), transport).prop_map(|(input_rate, output_rate, transport)| {
        AudioSettings {
            input_rate,
            output_rate,
            transport,
        }
    });
    let switches = (any::<bool>(), any::<bool>(), fallback);
    let mode = prop_oneof![Just(Mode::Realtime), Just(Mode::Cascade)];
    (mode, json_value(), prompts, switches, of(turn_detection()), audio)
        .prop_map(|(mode, config, prompts, switches, turn_detection, audio)| {
            let (system_prompt, template_id, user_role, ai_role, scenario_context, prompt_language) = prompts;
            let (barge_in_enabled, greeting, fallback) = switches;
            StartSession {
                mode,
                config,
                system_prompt,
                template_id,
                user_role,
                ai_role,
                scenario_context,
                prompt_language,
                barge_in_enabled,
                greeting,
                fallback,
                turn_detection,
                audio,
            }
        })
        .boxed()
}

pub(crate) fn client_message() -> impl Strategy<Value = ClientMessage> {
    let resume = (uuid(), text(), of(any::<u32>()), of(any::<u32>())).prop_map(
        |(session_id, resume_token, last_received_seq, last_message_seq)| ResumeSession {
            session_id,
            resume_token,
            last_received_seq,
            last_message_seq,
        },
    );
    let event = prop_oneof![
        Just(PlaybackEvent::Started),
        Just(PlaybackEvent::Progress),
        Just(PlaybackEvent::Paused),
        Just(PlaybackEvent::Resumed),
        Just(PlaybackEvent::Stopped),
        Just(PlaybackEvent::Finished),
    ];
    let playback =
        (any::<u16>(), event, ms(), ms()).prop_map(|(turn_number, event, played_ms, at)| PlaybackReport {
            turn_number,
            event,
            played_ms,
            at,
        });
    let update = (of(any::<bool>()), of(turn_detection())).prop_map(|(barge_in_enabled, turn_detection)| {
        UpdateSession {
            barge_in_enabled,
            turn_detection,
        }
    });
    let chunk = (text(), of(ms())).prop_map(|(audio, timestamp)| UserAudioChunk { audio, timestamp });
    prop_oneof![
        text().prop_map(|token| ClientMessage::Authenticate(Authenticate { token })),
        start_session().prop_map(|start| ClientMessage::StartSession(Box::new(start))),
        resume.prop_map(ClientMessage::ResumeSession),
        Just(ClientMessage::Ready),
        chunk.prop_map(ClientMessage::AudioChunk),
        Just(ClientMessage::EndTurn),
        of(ms()).prop_map(|played_ms| ClientMessage::Interrupt(Interrupt { played_ms })),
        update.prop_map(ClientMessage::UpdateSession),
        interaction().prop_map(|interaction| ClientMessage::SwitchMode(SwitchMode {
            mode: interaction.mode(),
            config: interaction.config(),
        })),
        playback.prop_map(ClientMessage::Playback),
        Just(ClientMessage::EndSession),
        ms().prop_map(|timestamp| ClientMessage::Ping(Ping { timestamp })),
    ]
}

pub(crate) fn latency() -> BoxedStrategy<Latency> {
    let measured = of(prop_oneof![Just(MeasuredAt::Client), Just(MeasuredAt::Server)]);
    (vec(of(ms()), 13), measured)
        .prop_map(|(values, measured)| Latency {
            total_ms: values[0],
            measured,
            endpointing_ms: values[1],
            stt_ms: values[2],
            llm_ttft_ms: values[3],
            tts_ttfb_ms: values[4],
            realtime_ms: values[5],
            provider_ms: values[6],
            overhead_ms: values[7],
            network_playout_ms: values[8],
            unexplained_ms: values[9],
            interrupt_ms: values[10],
            llm_text_ms: values[11],
            leading_silence_ms: values[12],
        })
        .boxed()
}

fn usage() -> impl Strategy<Value = Usage> {
    (of(any::<u64>()), of(any::<u64>())).prop_map(|(input_tokens, output_tokens)| Usage {
        input_tokens,
        output_tokens,
    })
}

fn session_started() -> BoxedStrategy<SessionStarted> {
    (uuid(), text(), interaction(), any::<(u32, u64, u64, u64)>())
        .prop_map(
            |(
                session_id,
                resume_token,
                interaction,
                (max_message_bytes, utterance_ms, idle_ms, resume_ms),
            )| {
                let limits = Limits {
                    max_message_bytes,
                    utterance_ms,
                    idle_ms,
                    resume_ms,
                };
                SessionStarted {
                    session_id,
                    resume_token,
                    interaction,
                    limits,
                }
            },
        )
        .boxed()
}

fn session_ended() -> impl Strategy<Value = SessionEnded> {
    let status = prop_oneof![
        Just(SessionEndStatus::Completed),
        Just(SessionEndStatus::Disconnected),
        Just(SessionEndStatus::Error),
        Just(SessionEndStatus::Superseded),
    ];
    (uuid(), status, any::<(u32, u64, u32)>(), vec(of(ms()), 6)).prop_map(
        |(session_id, status, (total_turns, total_duration_ms, interrupted_count), values)| SessionEnded {
            session_id,
            status,
            summary: SessionSummary {
                total_turns,
                total_duration_ms,
                avg_latency_ms: values[0],
                min_latency_ms: values[1],
                max_latency_ms: values[2],
                p50_latency_ms: values[3],
                p95_latency_ms: values[4],
                p99_latency_ms: values[5],
                interrupted_count,
            },
        },
    )
}

/// Any value of a string enum, through its wire names.
fn named<T: serde::de::DeserializeOwned + Clone + std::fmt::Debug + 'static>(
    names: &'static [&'static str],
) -> impl Strategy<Value = T> {
    prop::sample::select(names).prop_map(|name| serde_json::from_value(json!(name)).expect("a listed name"))
}

fn error() -> impl Strategy<Value = ErrorMessage> {
    // `null` details read as absent details, which is the same thing.
    let details = of(json_value().prop_filter("not null", |details| !details.is_null()));
    let code = named(&[
        "AUTH_FAILED",
        "INVALID_AUDIO",
        "PROVIDER_UNAVAILABLE",
        "RESUME_EXPIRED",
        "INTERNAL_ERROR",
    ]);
    (code, text(), any::<bool>(), details, of(any::<u64>())).prop_map(
        |(code, message, recoverable, details, retry_after_ms)| ErrorMessage {
            code,
            message,
            recoverable,
            details: details.map(Box::new),
            retry_after_ms,
        },
    )
}

fn speech_and_text() -> BoxedStrategy<ServerMessage> {
    let role = prop_oneof![Just(Role::User), Just(Role::Assistant)];
    let transcript = (any::<u16>(), role, text(), any::<bool>(), of(share())).prop_map(
        |(turn_number, role, text, is_final, confidence)| Transcript {
            turn_number,
            role,
            text,
            is_final,
            confidence,
        },
    );
    let delta = (any::<u16>(), text(), of(text())).prop_map(|(turn_number, delta, full_text)| TextDelta {
        turn_number,
        delta,
        full_text,
    });
    let chunk = (any::<u16>(), text(), any::<u32>(), any::<bool>()).prop_map(
        |(turn_number, audio, sample_rate, is_final)| AiAudioChunk {
            turn_number,
            audio,
            format: "pcm16".to_owned(),
            sample_rate,
            is_final,
        },
    );
    prop_oneof![
        ms().prop_map(|timestamp| ServerMessage::SpeechStarted(SpeechStarted { timestamp })),
        (ms(), ms()).prop_map(
            |(timestamp, duration_ms)| ServerMessage::SpeechEnded(SpeechEnded {
                timestamp,
                duration_ms
            })
        ),
        transcript.prop_map(ServerMessage::Transcript),
        delta.prop_map(ServerMessage::TextDelta),
        chunk.prop_map(ServerMessage::AudioChunk),
    ]
    .boxed()
}

fn response() -> BoxedStrategy<ServerMessage> {
    let interrupted = (
        any::<u16>(),
        ms(),
        prop_oneof![Just(InterruptReason::Speech), Just(InterruptReason::Client)],
    )
        .prop_map(|(turn_number, timestamp, reason)| Interrupted {
            turn_number,
            timestamp,
            reason,
        });
    let ended = (
        any::<u16>(),
        any::<[bool; 2]>(),
        any::<u32>(),
        latency(),
        of(usage()),
    )
        .prop_map(
            |(turn_number, [interrupted, repeats], false_interruptions, latency, usage)| ResponseEnded {
                turn_number,
                interrupted,
                repeats,
                false_interruptions,
                latency,
                usage,
            },
        );
    prop_oneof![
        (any::<u16>(), ms()).prop_map(|(turn_number, timestamp)| ServerMessage::ResponseStarted(
            ResponseStarted {
                turn_number,
                timestamp
            }
        )),
        interrupted.prop_map(ServerMessage::Interrupted),
        ended.prop_map(ServerMessage::ResponseEnded),
        (any::<u16>(), latency()).prop_map(|(turn_number, latency)| ServerMessage::TurnLatency(
            TurnLatency { turn_number, latency }
        )),
    ]
    .boxed()
}

fn life_of_a_session() -> BoxedStrategy<ServerMessage> {
    let ready = (any::<u32>(), time()).prop_map(|(protocol_version, server_time)| ConnectionReady {
        protocol_version,
        server_time,
    });
    let state = named(&[
        "idle",
        "listening",
        "user_speaking",
        "processing",
        "ai_speaking",
        "ending",
    ]);
    let resumed = (uuid(), state, any::<u16>()).prop_map(|(session_id, state, turn_number)| SessionResumed {
        session_id,
        state,
        turn_number,
    });
    let code = named(&[
        "utterance_limit_near",
        "slow_client",
        "audio_dropped",
        "resume_incomplete",
        "answer_stalled",
    ]);
    prop_oneof![
        ready.prop_map(ServerMessage::ConnectionReady),
        session_started().prop_map(|started| ServerMessage::SessionStarted(Box::new(started))),
        resumed.prop_map(ServerMessage::SessionResumed),
        (text(), interaction()).prop_map(|(reason, interaction)| ServerMessage::FallbackOffered(Box::new(
            FallbackOffered { reason, interaction }
        ))),
        (prop::option::of(text()), interaction()).prop_map(|(reason, interaction)| {
            ServerMessage::ModeSwitched(Box::new(ModeSwitched { reason, interaction }))
        }),
        (code, text()).prop_map(|(code, message)| ServerMessage::Notice(Notice { code, message })),
        session_ended().prop_map(ServerMessage::SessionEnded),
        error().prop_map(ServerMessage::Error),
        (ms(), ms()).prop_map(|(client_timestamp, server_timestamp)| ServerMessage::Pong(Pong {
            client_timestamp,
            server_timestamp
        })),
    ]
    .boxed()
}

pub(crate) fn server_envelope() -> impl Strategy<Value = ServerEnvelope> {
    let message = prop_oneof![speech_and_text(), response(), life_of_a_session()];
    (of(any::<u32>()), message).prop_map(|(seq, message)| ServerEnvelope { seq, message })
}
