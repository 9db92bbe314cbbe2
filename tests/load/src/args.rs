use std::num::NonZeroU32;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use serde_json::Value;
use viva_audio::Clip;
use viva_audio::level::first_audible;
use viva_client::{Call, HangUp};
use viva_protocol::ws::{
    CascadeConfig, FallbackPolicy, Interaction, RealtimeConfig, StartSession, TurnDetection,
};

/// Length of the frames that a caller sends.
const FRAME_MS: u32 = 20;
/// Speech that it takes to be taken for speech, and to interrupt.
pub(crate) const MIN_SPEECH_MS: u32 = 200;
/// A question, and five times something that is said over the answer.
const INTERRUPTING_TURNS: NonZeroU32 = NonZeroU32::MIN.saturating_add(5);
/// Takes longer to say than any pause before the next interruption.
const LONG_ANSWER: &str = "There is a lot to say about that, so let me begin with what came first, go on with all that followed \
                           from it, and come to what is left of it today, which is more than most of those would expect who \
                           have never looked.";

/// Many callers at once.
#[derive(Debug, Parser)]
#[command(name = "viva-load")]
pub(crate) enum Task {
    /// Against a server that runs
    Call(LoadArgs),
    /// Against servers that it starts itself, more and more callers at once; writes a report
    Bench(BenchArgs),
    /// Nobody calls: how fast a server lists and finds many sessions of before; prints a table
    History(HistoryArgs),
    /// For hours against a server that it starts itself, with everything that goes wrong; writes a report
    Soak(SoakArgs),
}

/// Who calls for how long, and where what is seen goes.
#[derive(Debug, clap::Args)]
pub(crate) struct SoakArgs {
    /// The server's program.
    #[arg(long, value_name = "FILE")]
    pub(crate) viva: PathBuf,
    /// An empty PostgreSQL database; without it a SQLite file is made and thrown away.
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Something that callers say. May be repeated.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) wav: Vec<PathBuf>,
    /// Callers at once.
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sessions: u32,
    /// How long they call.
    #[arg(long, value_name = "MIN", default_value_t = 120.0)]
    pub(crate) minutes: f64,
    /// What everything that is random is drawn from; without it another one every time.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The report; the section of this database is written anew.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: PathBuf,
    /// Everything that was looked at, as comma-separated values.
    #[arg(long, value_name = "FILE")]
    pub(crate) samples: PathBuf,
    /// The server's log.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: PathBuf,
    /// The version that is tested, for the report.
    #[arg(long)]
    pub(crate) commit: String,
}

/// How many sessions there are, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    /// The server's program.
    #[arg(long, value_name = "FILE")]
    pub(crate) viva: PathBuf,
    /// An empty PostgreSQL database; without it a SQLite file is made and thrown away.
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Sessions in it.
    #[arg(long, value_name = "N", default_value = "100000")]
    pub(crate) sessions: u32,
    /// Turns of each.
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) turns: u16,
    /// How often each list is asked for.
    #[arg(long, value_name = "N", default_value = "100")]
    pub(crate) requests: NonZeroU32,
}

/// What is measured, and where the report goes.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// The server's program.
    #[arg(long, value_name = "FILE")]
    pub(crate) viva: PathBuf,
    /// What each caller says.
    #[arg(long, value_name = "FILE")]
    pub(crate) wav: PathBuf,
    /// The report.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: PathBuf,
    /// The version that is measured, for the report.
    #[arg(long)]
    pub(crate) commit: String,
    /// Sessions at once, step by step.
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "1,20,50,200,500"
    )]
    pub(crate) sessions: Vec<u32>,
    /// How often each caller says it.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) turns: NonZeroU32,
    /// What a caller says over an answer, without a pause in its beginning.
    #[arg(long, value_name = "FILE")]
    pub(crate) interruption: PathBuf,
    /// The part of it that is said, in ms.
    #[arg(long, value_name = "FROM-TO", value_parser = part)]
    interruption_part: Option<Range<u32>>,
    /// Sessions at once whose callers speak over the answers, step by step.
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "1,200")]
    pub(crate) interrupting_sessions: Vec<u32>,
    /// The processor that the server is kept on, by `taskset`. The callers are to be kept on the others.
    #[arg(long, value_name = "N")]
    pub(crate) core: Option<usize>,
}

/// Many callers at once against a running server.
#[derive(Debug, clap::Args)]
pub(crate) struct LoadArgs {
    /// Where the server listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// File with the API token, where the server wants one.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// What each caller says.
    #[arg(long, value_name = "FILE")]
    pub(crate) wav: PathBuf,
    /// The part of it that they say, in ms.
    #[arg(long, value_name = "FROM-TO", value_parser = part)]
    part: Option<Range<u32>>,
    /// Sessions at once.
    #[arg(long, value_name = "N", default_value = "20")]
    pub(crate) sessions: u32,
    /// How often each caller says it.
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) turns: NonZeroU32,
    /// Pause between two turns; it should be longer than an answer, or with `--barge-in` shorter.
    #[arg(long, value_name = "MS", default_value_t = 6_000)]
    gap_ms: u32,
    /// Who speaks while the AI does stops it.
    #[arg(long)]
    barge_in: bool,
    /// Time in which the sessions begin.
    #[arg(long, value_name = "S", default_value_t = 10.0)]
    pub(crate) ramp_s: f64,
    /// Time after which everything is given up.
    #[arg(long, value_name = "S", default_value_t = 600)]
    pub(crate) limit_s: u64,
    /// Silence that ends a turn, longer than any pause in what is said; the figures are about what comes on top.
    #[arg(long, value_name = "MS", default_value_t = 500)]
    pub(crate) silence_ms: u32,
    /// Rate of the callers' microphones, in Hz.
    #[arg(long, value_name = "HZ", default_value_t = 16_000)]
    rate: u32,
    /// Who answers: the offline provider of this mode.
    #[arg(long, default_value = "realtime")]
    pub(crate) mode: LoadMode,
    /// Provider-specific setting; the value is JSON, or else text. May be repeated.
    #[arg(long = "option", value_name = "KEY=VALUE", value_parser = setting)]
    options: Vec<(String, Value)>,
}

/// The mode of all sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LoadMode {
    Realtime,
    Cascade,
}

impl LoadMode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Cascade => "cascade",
        }
    }

    /// Options of providers that take no time of their own.
    fn without_delay(self) -> Vec<(String, Value)> {
        let options: &[(&str, u32)] = match self {
            Self::Realtime => &[("delay_ms", 0)],
            Self::Cascade => &[
                ("stt_delay_ms", 0),
                ("llm_delay_ms", 0),
                ("llm_tokens_per_second", 10_000),
                ("tts_delay_ms", 0),
            ],
        };
        options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
            .collect()
    }
}

impl LoadArgs {
    /// One step of a benchmark: providers without delay, 200 ms of silence, answers that are heard before the next turn.
    pub(crate) fn step(bench: &BenchArgs, url: String, mode: LoadMode, sessions: u32) -> Self {
        Self {
            url,
            token_file: None,
            wav: bench.wav.clone(),
            part: None,
            sessions,
            turns: bench.turns,
            gap_ms: 6_000,
            barge_in: false,
            // As many beginnings in a second at every step, and never all in one frame.
            ramp_s: (f64::from(sessions) / 25.0).max(1.0),
            limit_s: 600,
            silence_ms: 200,
            rate: 16_000,
            mode,
            options: mode.without_delay(),
        }
    }

    /// One step of the benchmark of interruptions: answers that are long, and callers who speak over them.
    pub(crate) fn interrupting_step(bench: &BenchArgs, url: String, sessions: u32) -> Self {
        let mut step = Self::step(bench, url, LoadMode::Realtime, sessions);
        step.options
            .push(("answers".to_owned(), Value::from(vec![LONG_ANSWER])));
        Self {
            wav: bench.interruption.clone(),
            part: bench.interruption_part.clone(),
            turns: INTERRUPTING_TURNS,
            gap_ms: 2_000,
            barge_in: true,
            silence_ms: 500,
            ..step
        }
    }

    /// What is said in one turn.
    pub(crate) fn said(&self, clip: Clip) -> Clip {
        let Some(part) = &self.part else {
            return clip;
        };
        let len = |ms| sample_count(&clip, ms).min(clip.samples.len());
        let samples = clip.samples.get(len(part.start)..len(part.end));
        Clip {
            rate: clip.rate,
            samples: samples.unwrap_or_default().to_vec(),
        }
    }

    /// The first voiced sample of every turn, since the first turn began.
    pub(crate) fn onsets(&self, said: &Clip) -> Vec<Duration> {
        let Some(first) = first_audible(said.samples.iter().copied()) else {
            return Vec::new();
        };
        let turn_len = self.turn_len(said);
        let onset = |turn: u32| said.rate.duration_of((turn_len * turn as usize + first) as u64);
        (0..self.turns.get()).map(onset).collect()
    }

    /// What every caller does.
    pub(crate) fn call(&self, said: &Clip) -> Call {
        let options = self.options.iter().cloned().collect();
        let interaction = match self.mode {
            LoadMode::Realtime => Interaction::Realtime(RealtimeConfig {
                options,
                ..RealtimeConfig::default()
            }),
            LoadMode::Cascade => Interaction::Cascade(CascadeConfig {
                options,
                ..CascadeConfig::default()
            }),
        };
        let mut start = StartSession::new(&interaction);
        start.audio.input_rate = self.rate;
        start.fallback = FallbackPolicy::Off;
        start.barge_in_enabled = self.barge_in;
        start.turn_detection = Some(TurnDetection {
            silence_ms: Some(self.silence_ms),
            min_speech_ms: Some(MIN_SPEECH_MS),
            ..TurnDetection::default()
        });
        let mut call = Call::new(start, Arc::new(self.repeated(said)));
        call.expected_turns = usize::try_from(self.turns.get()).ok();
        if self.barge_in {
            // Nobody is there to interrupt the last answer.
            call.hang_up = HangUp::AfterLatency;
        }
        call
    }

    /// What is said, as often as there are turns, with a pause after each but the last.
    fn repeated(&self, said: &Clip) -> Clip {
        let turn_len = self.turn_len(said);
        let mut samples = Vec::with_capacity(turn_len * self.turns.get() as usize);
        for turn in 0..self.turns.get() {
            samples.resize(turn_len * turn as usize, 0);
            samples.extend_from_slice(&said.samples);
        }
        Clip {
            rate: said.rate,
            samples,
        }
    }

    /// From the beginning of a turn to that of the next, in samples. Each turn begins with a frame, so that its words lie
    /// alike in the frames that are sent: where they lie is worth up to a frame, and is nobody's latency. Of interruptions the
    /// slowest counts, so each of these lies a fifth of a frame later than the one before.
    fn turn_len(&self, said: &Clip) -> usize {
        let frame = sample_count(said, FRAME_MS);
        let turn_len = (said.samples.len() + sample_count(said, self.gap_ms)).next_multiple_of(frame);
        turn_len + if self.barge_in { frame / 5 } else { 0 }
    }
}

fn sample_count(clip: &Clip, ms: u32) -> usize {
    usize::try_from(clip.rate.samples_in_ms(ms)).unwrap_or_default()
}

fn part(text: &str) -> Result<Range<u32>, String> {
    let (from, to) = text.split_once('-').ok_or("write it as FROM-TO")?;
    let ms = |text: &str| {
        text.parse::<u32>()
            .map_err(|_| format!("{text:?} is not a number of ms"))
    };
    let part = ms(from)?..ms(to)?;
    if part.is_empty() {
        return Err("it must end after it begins".to_owned());
    }
    Ok(part)
}

fn setting(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use viva_audio::SampleRate;

    use super::*;

    fn load_args(arguments: &[&str]) -> LoadArgs {
        let program = ["viva-load", "call", "--wav", "x.wav"];
        match Task::parse_from(program.iter().chain(arguments)) {
            Task::Call(args) => args,
            other => panic!("parsed as {other:?}"),
        }
    }

    fn bench_args() -> BenchArgs {
        let line = "viva-load bench --viva viva --wav x.wav --interruption y.wav --interruption-part 250-750 --report r.md \
                    --commit abc";
        match Task::parse_from(line.split_whitespace()) {
            Task::Bench(args) => args,
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn a_step_of_a_benchmark_waits_for_nobody_but_viva() {
        let bench = bench_args();
        assert_eq!(bench.sessions, [1, 20, 50, 200, 500]);
        let args = LoadArgs::step(&bench, "http://127.0.0.1:1".to_owned(), LoadMode::Cascade, 200);
        let call = args.call(&Clip {
            rate: SampleRate::HZ_8K,
            samples: Vec::new(),
        });
        for name in ["stt_delay_ms", "llm_delay_ms", "tts_delay_ms"] {
            assert_eq!(call.start.config["options"][name], 0, "{name}");
        }
        assert_eq!(call.start.config["options"]["llm_tokens_per_second"], 10_000);
        assert_eq!(call.start.audio.input_rate, 16_000);
        assert!((args.ramp_s - 8.0).abs() < 1e-9);
    }

    #[test]
    fn the_clip_is_said_once_per_turn_with_pauses_between() {
        let args = load_args(&["--turns", "3", "--gap-ms", "25"]);
        let call = args.call(&Clip {
            rate: SampleRate::HZ_8K,
            samples: vec![5, 6],
        });
        // 202 samples, and a turn begins with a frame of 160.
        let gap = [0; 318];
        assert_eq!(
            call.clip.samples,
            [&[5, 6], &gap[..], &[5, 6], &gap[..], &[5, 6]].concat()
        );
        assert_eq!(call.expected_turns, Some(3));
        assert!(!call.start.barge_in_enabled);
    }

    #[test]
    fn who_interrupts_speaks_over_long_answers() {
        let bench = bench_args();
        assert_eq!(bench.interrupting_sessions, [1, 200]);
        let args = LoadArgs::interrupting_step(&bench, "http://127.0.0.1:1".to_owned(), 200);
        let mut samples = vec![0; 2_000];
        samples.extend([9_000; 4_000]);
        samples.extend([0; 8_000]);
        let said = args.said(Clip {
            rate: SampleRate::HZ_8K,
            samples,
        });
        assert_eq!(said.samples, [9_000; 4_000]);
        let call = args.call(&said);
        assert!(call.start.barge_in_enabled);
        assert_eq!(
            (call.expected_turns, call.hang_up),
            (Some(6), HangUp::AfterLatency)
        );
        assert_eq!(call.start.config["options"]["answers"][0], LONG_ANSWER);
        assert_eq!(call.start.config["options"]["delay_ms"], 0);
    }

    #[test]
    fn interruptions_lie_differently_in_their_frames() {
        let args = load_args(&["--turns", "3", "--gap-ms", "25", "--barge-in"]);
        let said = Clip {
            rate: SampleRate::HZ_8K,
            samples: vec![5, 600],
        };
        let onsets = args.onsets(&said);
        assert_eq!(onsets, [125, 44_125, 88_125].map(Duration::from_micros));
        let repeated = args.repeated(&said);
        let voiced =
            |onset: &Duration| repeated.samples[usize::try_from(said.rate.samples_in(*onset)).unwrap()];
        assert_eq!(onsets.iter().map(voiced).collect::<Vec<_>>(), [600; 3]);
    }

    #[test]
    fn a_part_ends_after_it_begins() {
        assert_eq!(part("6379-8184"), Ok(6_379..8_184));
        for reversed in ["8184-6379", "250-250"] {
            let line =
                "viva-load bench --viva viva --wav x.wav --interruption y.wav --report r.md --commit abc";
            let arguments = ["--interruption-part", reversed];
            let refused = Task::try_parse_from(line.split_whitespace().chain(arguments)).unwrap_err();
            let message = refused.to_string();
            let why =
                format!("'{reversed}' for '--interruption-part <FROM-TO>': it must end after it begins");
            assert!(message.contains(&why), "{message}");
        }
    }

    #[test]
    fn settings_reach_the_provider() {
        let args = load_args(&["--option", "delay_ms=0", "--silence-ms", "300"]);
        let call = args.call(&Clip {
            rate: SampleRate::HZ_8K,
            samples: Vec::new(),
        });
        assert_eq!(call.start.config["options"]["delay_ms"], 0);
        assert_eq!(call.start.turn_detection.unwrap().silence_ms, Some(300));
    }
}
