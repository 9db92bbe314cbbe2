//! One answer: the language model writes, its text is cut into pieces, and the voice speaks them in order. All three work
//! at once; the voice is asked for one piece ahead of the one that it speaks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt};
use tokio::sync::{mpsc, oneshot};
use viva_audio::{Resampler, SampleRate};
use viva_domain::latency::Stage;
use viva_domain::ports::{
    LanguageModel, LanguageModelEvent, LanguageModelRequest, Message, ProviderError, ProviderErrorKind,
    SpeechMark, SpeechPart, SpeechStream, TextToSpeech, TextToSpeechRequest,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Usage;

use super::pieces::{Piece, Splitter};

/// What an answer says before it is taken. Overflow: the providers are not read.
const SAID: usize = 64;
/// Pieces that are written and not spoken yet: an hour of speech, so that the language model is read to its end whatever the
/// voice does, and who hangs is known. Overflow: the language model is not read.
const PIECES: usize = 1_024;
/// How much of what was spoken before the voice is told, in characters: a sentence or two.
const PREVIOUS_TEXT: usize = 300;

/// Who answers, and how they are configured.
pub(super) struct Stages {
    pub(super) llm: Arc<dyn LanguageModel>,
    pub(super) llm_config: ProviderConfig,
    pub(super) tts: Arc<dyn TextToSpeech>,
    pub(super) tts_config: ProviderConfig,
    /// Sample rate of what the voice sends.
    pub(super) tts_rate: SampleRate,
    /// Sample rate of the AI's audio in this session.
    pub(super) output_rate: SampleRate,
    pub(super) instructions: String,
}

/// An answer on its way. Dropping it closes the connections to its providers.
pub(super) struct Answer {
    said: mpsc::Receiver<Said>,
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    permission: Option<oneshot::Sender<()>>,
}

/// Something of an answer.
#[derive(Debug)]
pub(super) struct Said {
    /// When it arrived.
    pub(super) at: Instant,
    pub(super) what: Saying,
}

#[derive(Debug)]
pub(super) enum Saying {
    Reached(Stage),
    Text(String),
    /// At the session's output rate.
    Audio(Vec<i16>),
    /// How far the text is spoken at a moment of the audio, as the voice says.
    Mark(SpeechMark),
    /// The same, and all of the audio up to that moment came.
    Spoken(SpeechMark),
    /// It is all there; nothing follows.
    Done(Option<Usage>),
    /// It cannot go on; nothing follows.
    Failed(ProviderError),
}

impl Answer {
    /// Asks the language model. The voice is not asked before [`Answer::permit_speech`].
    pub(super) fn begin(stages: Arc<Stages>, messages: Vec<Message>) -> Self {
        let (said, said_rx) = mpsc::channel(SAID);
        let (permission, permitted) = oneshot::channel();
        Self {
            said: said_rx,
            work: Some(answer(stages, messages, permitted, Mouth(said)).boxed()),
            permission: Some(permission),
        }
    }

    /// The answer is wanted: it may be spoken.
    pub(super) fn permit_speech(&mut self) {
        if let Some(permission) = self.permission.take() {
            // An answer that failed meanwhile says so itself.
            let _ = permission.send(());
        }
    }
}

impl Stream for Answer {
    type Item = Said;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Said>> {
        if self
            .work
            .as_mut()
            .is_some_and(|work| work.as_mut().poll(cx).is_ready())
        {
            self.work = None;
        }
        self.said.poll_recv(cx)
    }
}

async fn answer(stages: Arc<Stages>, messages: Vec<Message>, permitted: oneshot::Receiver<()>, mouth: Mouth) {
    let (pieces, pieces_rx) = mpsc::channel(PIECES);
    let written = write(&stages, messages, pieces, &mouth);
    let spoken = async {
        if permitted.await.is_ok() {
            speak(&stages, pieces_rx, &mouth).await
        } else {
            Ok(())
        }
    };
    let end = match tokio::try_join!(written, spoken) {
        Ok((usage, ())) => Saying::Done(usage),
        Err(err) => Saying::Failed(err),
    };
    mouth.say(end).await;
}

/// Lets the language model write, and cuts what it writes into pieces.
async fn write(
    stages: &Stages,
    messages: Vec<Message>,
    pieces: mpsc::Sender<Piece>,
    mouth: &Mouth,
) -> Result<Option<Usage>, ProviderError> {
    let request = LanguageModelRequest {
        config: stages.llm_config.clone(),
        instructions: stages.instructions.clone(),
        messages,
    };
    mouth.reached(Stage::LlmRequested).await;
    let mut events = stages.llm.respond(request).await?;
    let mut writer = Writer {
        splitter: Splitter::new(),
        pieces,
        has_piece: false,
    };
    let mut has_text = false;
    while let Some(event) = events.next().await {
        match event? {
            LanguageModelEvent::Delta(text) => {
                if !std::mem::replace(&mut has_text, true) {
                    mouth.reached(Stage::LlmFirstToken).await;
                }
                writer.write(&text, mouth).await;
                mouth.say(Saying::Text(text)).await;
            }
            LanguageModelEvent::Done { usage } => {
                mouth.reached(Stage::LlmDone).await;
                writer.finish(mouth).await;
                return Ok(usage);
            }
        }
    }
    Err(ProviderError {
        kind: ProviderErrorKind::Failed("the answer broke off".to_owned()),
        provider: stages.llm_config.provider.clone(),
        retry_after: None,
        source: None,
    })
}

/// Cuts text into pieces and hands them to the voice.
struct Writer {
    splitter: Splitter,
    pieces: mpsc::Sender<Piece>,
    has_piece: bool,
}

impl Writer {
    async fn write(&mut self, text: &str, mouth: &Mouth) {
        let mut pieces = Vec::new();
        self.splitter.push(text, &mut pieces);
        self.hand_over(pieces, mouth).await;
    }

    async fn finish(mut self, mouth: &Mouth) {
        let mut pieces = Vec::new();
        self.splitter.finish(&mut pieces);
        self.hand_over(pieces, mouth).await;
    }

    async fn hand_over(&mut self, pieces: Vec<Piece>, mouth: &Mouth) {
        for piece in pieces.into_iter().filter(|piece| !piece.spoken.is_empty()) {
            if !std::mem::replace(&mut self.has_piece, true) {
                mouth.reached(Stage::LlmFirstPiece).await;
            }
            // A voice that failed takes no more; the answer fails with it.
            let _ = self.pieces.send(piece).await;
        }
    }
}

/// How one piece sounds, if the voice takes it.
struct Speech {
    piece: Piece,
    /// Resampled later.
    parts: Result<SpeechStream, ProviderError>,
}

/// Lets the voice speak the pieces in order.
async fn speak(stages: &Stages, pieces: mpsc::Receiver<Piece>, mouth: &Mouth) -> Result<(), ProviderError> {
    // One place: while a piece is spoken, the next one is asked for, and no other.
    let (speeches, speeches_rx) = mpsc::channel(1);
    let asked = async {
        ask(stages, pieces, speeches, mouth).await;
        Ok(())
    };
    // Of a voice that broke off nothing more is asked.
    tokio::try_join!(asked, play(stages, speeches_rx, mouth))?;
    Ok(())
}

/// Asks for the pieces; ends when there is none left, or when one was refused: what was said before is heard.
async fn ask(
    stages: &Stages,
    mut pieces: mpsc::Receiver<Piece>,
    speeches: mpsc::Sender<Speech>,
    mouth: &Mouth,
) {
    let mut previous_text = String::new();
    while let Ok(place) = speeches.reserve().await {
        let Some(piece) = pieces.recv().await else { break };
        if previous_text.is_empty() {
            mouth.reached(Stage::TtsRequested).await;
        }
        let request = TextToSpeechRequest {
            config: stages.tts_config.clone(),
            text: piece.spoken.clone(),
            previous_text: previous_text.clone(),
        };
        let parts = stages.tts.speak(request).await;
        let is_refused = parts.is_err();
        remember(&mut previous_text, &piece.spoken);
        place.send(Speech { piece, parts });
        if is_refused {
            break;
        }
    }
}

/// Adds what is spoken to what was, and keeps the end of it.
fn remember(previous_text: &mut String, text: &str) {
    if !previous_text.is_empty() {
        previous_text.push(' ');
    }
    previous_text.push_str(text);
    let surplus = previous_text.chars().count().saturating_sub(PREVIOUS_TEXT);
    let cut = previous_text.char_indices().nth(surplus).map_or(0, |(at, _)| at);
    previous_text.drain(..cut);
}

async fn play(
    stages: &Stages,
    mut speeches: mpsc::Receiver<Speech>,
    mouth: &Mouth,
) -> Result<(), ProviderError> {
    let mut resampler = Resampler::new(stages.tts_rate, stages.output_rate);
    let mut heard = Spoken {
        samples: 0,
        rate: stages.tts_rate,
        chars: 0,
    };
    while let Some(Speech { piece, parts }) = speeches.recv().await {
        let mut parts = parts?;
        let before = heard.end();
        while let Some(part) = parts.try_next().await? {
            let at = now();
            match part {
                SpeechPart::Audio(samples) => {
                    heard.samples += samples.len() as u64;
                    let mut audio = Vec::new();
                    resampler.process_into(&samples, &mut audio);
                    mouth.say_audio(at, audio).await;
                }
                SpeechPart::Mark(mark) => {
                    let mark = SpeechMark {
                        at: before.at + mark.at,
                        chars: before.chars + piece.covered_by(mark.chars),
                    };
                    mouth.say_at(at, Saying::Mark(mark)).await;
                }
            }
        }
        heard.chars += piece.chars;
        mouth.say(Saying::Spoken(heard.end())).await;
    }
    if heard.samples > 0 {
        let mut rest = Vec::new();
        resampler.flush_into(&mut rest);
        mouth.say_audio(now(), rest).await;
    }
    Ok(())
}

/// How much of an answer was spoken.
struct Spoken {
    samples: u64,
    rate: SampleRate,
    chars: usize,
}

impl Spoken {
    /// Its end, which is that of a piece.
    fn end(&self) -> SpeechMark {
        let micros = self.samples * 1_000_000 / u64::from(self.rate.hz());
        SpeechMark {
            at: Duration::from_micros(micros),
            chars: self.chars,
        }
    }
}

/// Where an answer is said.
struct Mouth(mpsc::Sender<Said>);

impl Mouth {
    async fn reached(&self, stage: Stage) {
        self.say(Saying::Reached(stage)).await;
    }

    async fn say(&self, what: Saying) {
        self.say_at(now(), what).await;
    }

    /// A resampler may not have enough yet for a sample.
    async fn say_audio(&self, at: Instant, samples: Vec<i16>) {
        if !samples.is_empty() {
            self.say_at(at, Saying::Audio(samples)).await;
        }
    }

    async fn say_at(&self, at: Instant, what: Saying) {
        // An answer that nobody listens to is about to be dropped.
        let _ = self.0.send(Said { at, what }).await;
    }
}

pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
