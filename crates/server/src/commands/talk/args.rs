use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};
use viva_audio::{Clip, SampleRate};
use viva_client::{Call, HangUp, KeepAudio};
use viva_protocol::ws::{AudioSettings, FallbackPolicy, StartSession, TurnDetection};

use super::stack::StackArgs;

/// Play a WAV file as the caller against a running server, and print events and latencies.
#[derive(Debug, Clone, Args)]
pub(crate) struct TalkArgs {
    /// Where the server listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(super) url: String,
    /// File with the API token, where the server wants one.
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// What the caller says.
    #[arg(long, value_name = "FILE")]
    pub(super) wav: PathBuf,
    /// Leave out the first milliseconds of the file.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(super) skip_ms: u32,
    #[command(flatten)]
    stack: StackArgs,
    /// Instructions for the AI.
    #[arg(long, value_name = "TEXT")]
    system_prompt: Option<String>,
    #[command(flatten)]
    turn_end: TurnEndArgs,
    /// Let the AI finish when the caller speaks.
    #[arg(long)]
    no_barge_in: bool,
    /// What happens when the realtime provider fails: the session ends, or goes on in cascade mode.
    #[arg(long, value_enum, default_value = "off")]
    fallback: Fallback,
    /// Let the AI speak first.
    #[arg(long)]
    greeting: bool,
    /// Rate at which the caller's audio is sent, in Hz.
    #[arg(long, value_name = "HZ", default_value_t = 24_000, value_parser = sample_rate)]
    input_rate: u32,
    /// Rate at which the AI's audio is wanted, in Hz.
    #[arg(long, value_name = "HZ", default_value_t = 24_000, value_parser = sample_rate)]
    pub(super) output_rate: u32,
    /// Latency of the simulated loudspeaker.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    device_latency_ms: u64,
    /// How many turns there will be; otherwise the call ends when it has become quiet.
    #[arg(long, value_name = "N")]
    turns: Option<usize>,
    /// When to hang up: after the last answer was heard, or as soon as the last expected latency is known.
    #[arg(long, value_enum, default_value = "answer")]
    hang_up: HangUpAfter,
    /// How long the AI may be silent after the last word.
    #[arg(long, value_name = "S", default_value_t = 20)]
    answer_limit_s: u64,
    /// How many times to call.
    #[arg(long, value_name = "N", default_value = "1")]
    pub(super) runs: NonZeroUsize,
    /// How many calls at once; the server must allow as many sessions per user.
    #[arg(long, value_name = "N", default_value = "1")]
    pub(super) concurrency: NonZeroUsize,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(super) json: bool,
    /// Write the AI's audio into this folder, one WAV file per turn.
    #[arg(long, value_name = "DIR")]
    pub(super) save: Option<PathBuf>,
}

/// How the end of the user's turn is found.
#[derive(Debug, Clone, Copy, Args)]
struct TurnEndArgs {
    /// Silence that ends the user's turn; the server's default when absent.
    #[arg(long, value_name = "MS")]
    silence_ms: Option<u32>,
    /// Let a cascade make its answer ready at half the silence.
    #[arg(long)]
    eager: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Fallback {
    Off,
    Auto,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum HangUpAfter {
    Answer,
    Latency,
}

impl TalkArgs {
    /// The call that the arguments describe.
    pub(super) fn call(&self, clip: Clip) -> Call {
        let mut call = Call::new(self.start(), Arc::new(clip));
        call.expected_turns = self.turns;
        call.hang_up = match self.hang_up {
            HangUpAfter::Answer => HangUp::AfterAnswer,
            HangUpAfter::Latency => HangUp::AfterLatency,
        };
        call.answer_limit = Duration::from_secs(self.answer_limit_s);
        call.device_latency = Duration::from_millis(self.device_latency_ms);
        call.keep_audio = if self.save.is_some() {
            KeepAudio::Yes
        } else {
            KeepAudio::No
        };
        call
    }

    fn start(&self) -> StartSession {
        let mut start = StartSession::new(&self.stack.interaction());
        start.system_prompt.clone_from(&self.system_prompt);
        start.barge_in_enabled = !self.no_barge_in;
        start.greeting = self.greeting;
        // Nobody is there to be asked.
        start.fallback = match self.fallback {
            Fallback::Off => FallbackPolicy::Off,
            Fallback::Auto => FallbackPolicy::Auto,
        };
        let TurnEndArgs { silence_ms, eager } = self.turn_end;
        if silence_ms.is_some() || eager {
            start.turn_detection = Some(TurnDetection {
                silence_ms,
                eager: eager.then_some(true),
                ..TurnDetection::default()
            });
        }
        start.audio = AudioSettings {
            input_rate: self.input_rate,
            output_rate: self.output_rate,
            ..AudioSettings::default()
        };
        start
    }
}

fn sample_rate(text: &str) -> Result<u32> {
    Ok(SampleRate::new(text.parse()?)?.hz())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;
    use viva_protocol::ws::{Interaction, RealtimeConfig};

    use super::*;

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        talk: TalkArgs,
    }

    fn parse(arguments: &[&str]) -> Result<TalkArgs, clap::Error> {
        let program = ["talk", "--wav", "question.wav"];
        CommandLine::try_parse_from(program.iter().chain(arguments)).map(|line| line.talk)
    }

    fn call(arguments: &[&str]) -> Call {
        let clip = Clip {
            rate: SampleRate::HZ_24K,
            samples: Vec::new(),
        };
        parse(arguments).unwrap().call(clip)
    }

    #[test]
    fn without_options_it_calls_the_offline_provider_once() {
        let args = parse(&[]).unwrap();
        assert_eq!(
            (args.url.as_str(), args.runs.get(), args.concurrency.get()),
            ("http://127.0.0.1:8080", 1, 1)
        );
        let call = call(&[]);
        let mut expected = StartSession::new(&Interaction::Realtime(RealtimeConfig::default()));
        expected.fallback = FallbackPolicy::Off;
        assert_eq!(call.start, expected);
        assert_eq!((call.expected_turns, call.hang_up), (None, HangUp::AfterAnswer));
    }

    #[test]
    fn settings_are_json_or_else_text() {
        let call = call(&[
            "--option",
            "delay_ms=0",
            "--option",
            "script=[\"Hi\"]",
            "--option",
            "name=a=b",
        ]);
        assert_eq!(
            call.start.config["options"],
            json!({ "delay_ms": 0, "script": ["Hi"], "name": "a=b" })
        );
    }

    #[test]
    fn a_cascade_names_a_provider_for_each_stage() {
        let call = call(&[
            "--mode",
            "cascade",
            "--stt",
            "deepgram",
            "--stt-model",
            "nova-3",
            "--llm",
            "openai",
            "--tts",
            "elevenlabs",
            "--voice",
            "rachel",
            "--option",
            "llm_temperature=0.5",
            "--eager",
            "--fallback",
            "auto",
        ]);
        assert_eq!(call.start.mode, viva_protocol::ws::Mode::Cascade);
        assert_eq!(
            call.start.config,
            json!({
                "stt_provider": "deepgram", "stt_model": "nova-3", "llm_provider": "openai",
                "tts_provider": "elevenlabs", "tts_voice": "rachel", "options": {"llm_temperature": 0.5},
            })
        );
        assert_eq!(call.start.turn_detection.unwrap().eager, Some(true));
        assert_eq!(call.start.fallback, FallbackPolicy::Auto);
    }

    #[test]
    fn switches_reach_the_session() {
        let call = call(&[
            "--no-barge-in",
            "--greeting",
            "--silence-ms",
            "200",
            "--input-rate",
            "48000",
            "--turns",
            "3",
            "--hang-up",
            "latency",
        ]);
        assert!(!call.start.barge_in_enabled && call.start.greeting);
        assert_eq!(call.start.turn_detection.unwrap().silence_ms, Some(200));
        assert_eq!(call.start.audio.input_rate, 48_000);
        assert_eq!(
            (call.expected_turns, call.hang_up),
            (Some(3), HangUp::AfterLatency)
        );
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        for (arguments, complaint) in [
            (["--option", "novalue"], "KEY=VALUE"),
            (["--option", "=1"], "key is missing"),
            (["--input-rate", "22050"], "not supported"),
            (["--runs", "0"], "--runs"),
        ] {
            let message = parse(&arguments).unwrap_err().to_string();
            assert!(message.contains(complaint), "{message}");
        }
    }
}
