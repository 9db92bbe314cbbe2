//! A cascade of scripted stages on a paused clock.

mod ahead;
mod detecting;
mod detecting_in_vain;
mod failing;
mod going_on;
mod history;
mod leaving;
mod random;
mod talking;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use viva_audio::SampleRate;
use viva_domain::ports::{Heard, LanguageModel, MessageRole, SpeechToText, TextToSpeech};
use viva_domain::sessions::{CascadeConfig, ProviderConfig};
use viva_domain::turns::{Generation, ModeInput, ModeOrder};
use viva_fakes::{Reply, ScriptedLanguageModel, ScriptedSpeechToText, ScriptedTextToSpeech, Transcript};

use super::{CascadeMode, CascadeSetup};
use crate::modes::{InteractionMode, ModeEvent, ModeSaid};

/// Of everything: what goes in and comes out is not resampled.
const RATE: u32 = 16_000;
const SAMPLES_PER_MS: usize = RATE as usize / 1_000;

/// An open cascade, its stages, and the session's side of it.
struct Bench {
    ears: Arc<ScriptedSpeechToText>,
    model: Arc<ScriptedLanguageModel>,
    voice: Arc<ScriptedTextToSpeech>,
    tasks: TaskTracker,
    mode: CascadeMode,
    began: Instant,
    generation: Generation,
}

impl Bench {
    /// The session finds turns.
    async fn new() -> Self {
        Self::with_ears(ScriptedSpeechToText::new()).await
    }

    /// The ears find turns.
    async fn detecting() -> Self {
        Self::with_ears(ScriptedSpeechToText::detecting_turns()).await
    }

    async fn with_ears(ears: ScriptedSpeechToText) -> Self {
        let stages = (
            ears,
            ScriptedLanguageModel::new(),
            ScriptedTextToSpeech::at_rate(RATE),
        );
        Self::open(Arc::new(stages.0), Arc::new(stages.1), Arc::new(stages.2)).await
    }

    async fn open(
        ears: Arc<ScriptedSpeechToText>,
        model: Arc<ScriptedLanguageModel>,
        voice: Arc<ScriptedTextToSpeech>,
    ) -> Self {
        let tasks = TaskTracker::new();
        let config = || ProviderConfig::of("scripted");
        let stages: (Arc<dyn LanguageModel>, Arc<dyn TextToSpeech>) = (model.clone(), voice.clone());
        let setup = CascadeSetup {
            config: CascadeConfig {
                stt: config(),
                llm: config(),
                tts: config(),
            },
            ears: ears.connect(config()).await.unwrap(),
            ears_can: ears.capabilities(&config()),
            llm: stages.0,
            tts: stages.1,
            instructions: "Be brief.".to_owned(),
            history: Vec::new(),
            input_rate: SampleRate::HZ_16K,
            output_rate: SampleRate::HZ_16K,
        };
        let mode = CascadeMode::new(setup, &tasks).unwrap();
        Self {
            ears,
            model,
            voice,
            tasks,
            mode,
            began: Instant::now(),
            generation: Generation::FIRST,
        }
    }

    fn begin_speech(&mut self) {
        self.mode.order(ModeOrder::SpeechBegan { ago: ms(0) });
    }

    fn next_generation(&mut self) -> Generation {
        self.generation = self.generation.next();
        self.generation
    }

    /// The user's turn is over: it will be written down like that.
    fn commit_to(&mut self, transcript: Transcript) {
        self.ears.hear(transcript);
        self.commit();
    }

    fn commit(&mut self) {
        let generation = self.next_generation();
        self.mode.order(ModeOrder::Commit(generation));
    }

    /// The user's turn may be over: it will be written down like that.
    fn prepare_for(&mut self, transcript: Transcript) {
        self.ears.hear(transcript);
        self.mode.order(ModeOrder::Prepare);
    }

    fn go_on(&mut self) {
        let generation = self.next_generation();
        self.mode.order(ModeOrder::GoOn { generation });
        self.begin_speech();
    }

    /// So many characters of the answer were heard.
    fn interrupt(&mut self, chars: usize) {
        self.stop(Some(Heard { audio: ms(0), chars }));
    }

    /// Before anything was heard.
    fn stop(&mut self, heard: Option<Heard>) {
        let generation = self.next_generation();
        self.mode.order(ModeOrder::Interrupt { generation, heard });
    }

    /// So many characters were heard of the answer before the one that was asked for last.
    fn cut_before(&mut self, chars: usize) {
        self.mode
            .order(ModeOrder::CutBefore(Heard { audio: ms(0), chars }));
    }

    /// So many characters were heard of the answer that was cut last, as it turned out.
    fn heard(&mut self, chars: usize) {
        self.mode.order(ModeOrder::Heard(Heard { audio: ms(0), chars }));
    }

    /// What is said within this time: milliseconds of `at`, and what. Only what is said in the current generation, as
    /// the session takes no other. Audio that comes at the same time is put together.
    async fn said_within(&mut self, time: Duration) -> Vec<(u64, String)> {
        let until = Instant::now() + time;
        let mut said: Vec<(u64, String, usize)> = Vec::new();
        while let Ok(event) = timeout_at(until, self.mode.next()).await {
            let Some(event) = event else {
                said.push((self.now(), "end".to_owned(), 0));
                break;
            };
            let at = self.millis(Instant::from_std(event.at));
            if let ModeSaid::Said(ModeInput::Audio(samples)) = &event.what {
                assert!(!samples.is_empty());
            }
            let is_old = event.generation != self.generation && matches!(event.what, ModeSaid::Said(_));
            // How far the text is spoken is told beside everything.
            if is_old || matches!(event.what, ModeSaid::Said(ModeInput::Mark(_))) {
                continue;
            }
            match (said.last_mut(), samples_of(&event)) {
                (Some((last_at, _, samples)), more) if *last_at == at && *samples > 0 && more > 0 => {
                    *samples += more;
                }
                (_, samples) => said.push((at, line(&event.what), samples)),
            }
        }
        let line = |(at, line, samples): (u64, String, usize)| {
            let length = samples / SAMPLES_PER_MS;
            let line = if samples > 0 {
                format!("audio of {length} ms")
            } else {
                line
            };
            (at, line)
        };
        said.into_iter().map(line).collect()
    }

    /// The same without times, audio and stages.
    async fn words_within(&mut self, time: Duration) -> Vec<String> {
        let is_told = |line: &String| !line.starts_with("audio") && !line.starts_with("reached");
        let said = self.said_within(time).await;
        said.into_iter().map(|(_, line)| line).filter(is_told).collect()
    }

    /// How far the text is spoken, as it is said within this time: milliseconds of the audio, and characters.
    async fn marks_within(&mut self, time: Duration) -> Vec<(u128, usize)> {
        let until = Instant::now() + time;
        let mut marks = Vec::new();
        while let Ok(Some(event)) = timeout_at(until, self.mode.next()).await {
            if let ModeSaid::Said(ModeInput::Mark(mark)) = event.what {
                marks.push((mark.at.as_millis(), mark.chars));
            }
        }
        marks
    }

    /// The last words of turns that are over, with the number of the generation in which they were taken.
    async fn late_words_within(&mut self, time: Duration) -> Vec<(usize, String)> {
        let until = Instant::now() + time;
        let mut words = Vec::new();
        while let Ok(Some(event)) = timeout_at(until, self.mode.next()).await {
            if event.generation != self.generation
                && let ModeSaid::Said(ModeInput::UserTranscript { text, is_final: true }) = event.what
            {
                let generations = std::iter::successors(Some(Generation::FIRST), |last| Some(last.next()));
                let number = generations
                    .take_while(|generation| *generation != event.generation)
                    .count();
                words.push((number, text));
            }
        }
        words
    }

    /// A whole turn of which everything was heard.
    async fn exchange(&mut self, words: &str, answer: &str) {
        self.model.reply(Reply::written(answer));
        self.begin_speech();
        self.commit_to(Transcript::of(words));
        let said = self.words_within(ms(5_000)).await;
        assert_eq!(said.last().map(String::as_str), Some("done"), "{said:?}");
    }

    /// What the model was asked last, one line per message.
    fn asked_last(&self) -> Vec<String> {
        let asked = self.model.asked();
        let request = &asked.last().expect("the model was asked").request;
        assert_eq!(request.instructions, "Be brief.");
        let line = |role, text: &str| match role {
            MessageRole::User => format!("U: {text}"),
            MessageRole::Assistant => format!("A: {text}"),
        };
        request
            .messages
            .iter()
            .map(|message| line(message.role, &message.text))
            .collect()
    }

    fn now(&self) -> u64 {
        self.millis(Instant::now())
    }

    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(at.duration_since(self.began).as_millis()).unwrap()
    }

    /// Closes the conversation; nothing may be left of it.
    async fn close(self) {
        let Self {
            ears,
            model,
            voice,
            tasks,
            mode,
            ..
        } = self;
        drop(mode);
        tasks.close();
        tasks.wait().await;
        ears.until_closed().await;
        model.until_idle().await;
        assert_eq!((ears.recorded().open, voice.open()), (0, 0));
    }
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn samples_of(event: &ModeEvent) -> usize {
    match &event.what {
        ModeSaid::Said(ModeInput::Audio(samples)) => samples.len(),
        _ => 0,
    }
}

fn line(what: &ModeSaid) -> String {
    let what = match what {
        ModeSaid::SpeechStarted => return "speech started".to_owned(),
        ModeSaid::SpeechEnded => return "speech ended".to_owned(),
        ModeSaid::Said(what) => what,
    };
    match what {
        ModeInput::UserTranscript { text, is_final: true } => format!("final: {text}"),
        ModeInput::UserTranscript {
            text,
            is_final: false,
        } => format!("partial: {text}"),
        ModeInput::Reached(stage) => format!("reached {stage:?}"),
        ModeInput::ResponseStarted => "started".to_owned(),
        ModeInput::TextDelta(delta) => format!("text: {delta}"),
        ModeInput::Audio(_) => String::new(),
        ModeInput::Mark(mark) => format!("mark {} ms {}", mark.at.as_millis(), mark.chars),
        ModeInput::ResponseDone(_) => "done".to_owned(),
        ModeInput::ResponseFailed(failure) => format!("failed: {}", failure.message),
        ModeInput::Failed(failure) => format!("over: {}", failure.message),
    }
}

fn lines(said: &[(u64, String)]) -> Vec<String> {
    said.iter().map(|(at, line)| format!("{at} {line}")).collect()
}
