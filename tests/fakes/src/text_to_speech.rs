use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use viva_domain::ports::{
    ProviderError, ProviderErrorKind, SpeechMark, SpeechPart, SpeechStream, TextToSpeech,
    TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::providers::ProviderVoice;
use viva_domain::sessions::ProviderConfig;

use crate::speech::{Said, Saying};
use crate::{FaultSwitch, Speech, lock};

/// The provider's id in errors and configurations.
const PROVIDER: &str = "scripted";
/// Pieces of a second.
const PIECES_PER_SECOND: u32 = 50;

/// A text-to-speech provider that says every text as a tone, as long as a test wrote down, on tokio's clock, and remembers
/// what it was asked.
#[derive(Debug)]
pub struct ScriptedTextToSpeech {
    rate: u32,
    delay: Duration,
    script: Arc<Script>,
    faults: FaultSwitch<ProviderErrorKind>,
}

#[derive(Debug, Default)]
struct Script {
    recorded: watch::Sender<Vec<RecordedSpeech>>,
    lined_up: Mutex<VecDeque<Speech>>,
    texts: Mutex<HashMap<String, Speech>>,
    marks: Mutex<HashMap<String, Vec<SpeechMark>>>,
    voices: Mutex<Option<Vec<ProviderVoice>>>,
    /// How often somebody asked for them.
    listings: Mutex<usize>,
}

/// A request, and what became of it.
#[derive(Debug, Clone)]
pub struct RecordedSpeech {
    /// What was asked; refused requests are not recorded.
    pub request: TextToSpeechRequest,
    /// When.
    pub asked: Instant,
    /// Samples that were sent.
    pub sent: usize,
    /// How it ended, and when; `None` while it goes on.
    pub end: Option<(SpeechEnd, Instant)>,
}

/// How a speech ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechEnd {
    /// All of it was taken.
    Complete,
    /// It broke off, as the test wanted it.
    BrokeOff,
    /// Nobody wanted the rest.
    Dropped,
}

impl ScriptedTextToSpeech {
    /// A voice at 24 kHz that says each text as long as somebody would need for it, at once.
    pub fn new() -> Self {
        Self::at_rate(24_000)
    }

    /// A voice at this rate.
    pub fn at_rate(rate: u32) -> Self {
        Self {
            rate,
            delay: Duration::ZERO,
            script: Arc::default(),
            faults: FaultSwitch::default(),
        }
    }

    /// Texts that nothing else was written down for take this long to the first sample.
    #[must_use]
    pub fn answering_after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Lines up how the next text is said that nothing was written down for by [`Self::when`].
    pub fn next(&self, speech: Speech) {
        lock(&self.script.lined_up).push_back(speech);
    }

    /// How this text is said, as often as it is asked for.
    pub fn when(&self, text: &str, speech: Speech) {
        lock(&self.script.texts).insert(text.to_owned(), speech);
    }

    /// What is said of the words of this text, before its first sample.
    pub fn mark(&self, text: &str, marks: &[SpeechMark]) {
        lock(&self.script.marks).insert(text.to_owned(), marks.to_vec());
    }

    /// The voices that it lists from now on.
    pub fn list(&self, voices: Vec<ProviderVoice>) {
        *lock(&self.script.voices) = Some(voices);
    }

    /// How often it was asked for its voices.
    pub fn listings(&self) -> usize {
        *lock(&self.script.listings)
    }

    /// Makes requests fail.
    pub fn faults(&self) -> &FaultSwitch<ProviderErrorKind> {
        &self.faults
    }

    /// Every request so far, in order.
    pub fn recorded(&self) -> Vec<RecordedSpeech> {
        self.script.recorded.borrow().clone()
    }

    /// The texts of all requests so far.
    pub fn texts(&self) -> Vec<String> {
        let recorded = self.script.recorded.borrow();
        recorded
            .iter()
            .map(|speech| speech.request.text.clone())
            .collect()
    }

    /// How many speeches go on.
    pub fn open(&self) -> usize {
        let recorded = self.script.recorded.borrow();
        recorded.iter().filter(|speech| speech.end.is_none()).count()
    }

    /// Waits until the requests meet the condition.
    pub async fn until(&self, mut condition: impl FnMut(&[RecordedSpeech]) -> bool) -> Vec<RecordedSpeech> {
        let mut recorded = self.script.recorded.subscribe();
        match recorded.wait_for(|speeches| condition(speeches)).await {
            Ok(speeches) => speeches.clone(),
            Err(_) => unreachable!("the sender lives as long as the voice"),
        }
    }

    fn speech(&self, text: &str) -> Speech {
        let written = lock(&self.script.texts).get(text).copied();
        written
            .or_else(|| lock(&self.script.lined_up).pop_front())
            .unwrap_or_else(|| Speech::saying(text).after(self.delay))
    }
}

impl Default for ScriptedTextToSpeech {
    fn default() -> Self {
        Self::new()
    }
}

/// A speech that goes on; dropped before its end, that is remembered.
#[derive(Debug)]
struct Going {
    script: Arc<Script>,
    index: usize,
}

impl Going {
    fn begin(script: &Arc<Script>, request: &TextToSpeechRequest) -> Self {
        let mut index = 0;
        script.recorded.send_modify(|speeches| {
            index = speeches.len();
            speeches.push(RecordedSpeech {
                request: request.clone(),
                asked: Instant::now(),
                sent: 0,
                end: None,
            });
        });
        Self {
            script: Arc::clone(script),
            index,
        }
    }

    fn sent(&self, samples: usize) {
        self.script
            .recorded
            .send_modify(|speeches| speeches[self.index].sent += samples);
    }

    fn end(&self, end: SpeechEnd) {
        self.script.recorded.send_modify(|speeches| {
            speeches[self.index].end.get_or_insert((end, Instant::now()));
        });
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.end(SpeechEnd::Dropped);
    }
}

#[async_trait]
impl TextToSpeech for ScriptedTextToSpeech {
    fn capabilities(&self, _config: &ProviderConfig) -> TextToSpeechCapabilities {
        TextToSpeechCapabilities {
            output_rate: self.rate,
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        if let Some(name) = config.options.keys().next() {
            let message = format!("there is no option {name}");
            return Err(failure(ProviderErrorKind::InvalidConfig(message)));
        }
        let mut resolved = config.clone();
        resolved.model.get_or_insert_with(|| PROVIDER.to_owned());
        resolved.voice.get_or_insert_with(|| PROVIDER.to_owned());
        Ok(resolved)
    }

    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        self.faults.check().map_err(failure)?;
        let asked = Instant::now();
        let going = Going::begin(&self.script, &request);
        let speech = self.speech(&request.text);
        if !speech.accepted_after.is_zero() {
            sleep(speech.accepted_after).await;
        }
        let piece = self.rate / PIECES_PER_SECOND;
        let saying = speech.say(self.rate, usize::try_from(piece).unwrap_or(1), asked);
        let marks = lock(&self.script.marks).get(&request.text).cloned();
        let marks = marks
            .unwrap_or_default()
            .into_iter()
            .map(|mark| Ok(SpeechPart::Mark(mark)));
        let said = stream::unfold((saying, going), next);
        Ok(stream::iter(marks).chain(said).fuse().boxed())
    }

    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        *lock(&self.script.listings) += 1;
        self.faults.check().map_err(failure)?;
        Ok(lock(&self.script.voices).clone())
    }
}

type State = (Saying<i16>, Going);

async fn next((mut saying, going): State) -> Option<(Result<SpeechPart, ProviderError>, State)> {
    match saying.next().await {
        Said::Piece(samples) => {
            going.sent(samples.len());
            Some((Ok(SpeechPart::Audio(samples)), (saying, going)))
        }
        Said::Over => {
            going.end(SpeechEnd::Complete);
            None
        }
        // The next thing that is said is the end.
        Said::Cut => {
            going.end(SpeechEnd::BrokeOff);
            let over = Speech::of(Duration::ZERO).say(1, 1, Instant::now());
            Some((Err(failure(ProviderErrorKind::Unavailable)), (over, going)))
        }
    }
}

fn failure(kind: ProviderErrorKind) -> ProviderError {
    ProviderError {
        kind,
        provider: PROVIDER.to_owned(),
        retry_after: None,
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::text_to_speech_contract;

    use super::*;

    async fn scripted(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
        tokio::time::pause();
        let voice = ScriptedTextToSpeech::new().answering_after(ms(120));
        case(&voice, ProviderConfig::of(PROVIDER)).await;
        assert_eq!(voice.open(), 0);
    }

    text_to_speech_contract!(scripted);

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn request(text: &str) -> TextToSpeechRequest {
        TextToSpeechRequest {
            config: ProviderConfig::of(PROVIDER),
            text: text.to_owned(),
            previous_text: String::new(),
        }
    }

    /// Samples, the time to the first, and the failure.
    async fn listen(voice: &ScriptedTextToSpeech, text: &str) -> (usize, Duration, Option<ProviderError>) {
        let asked = Instant::now();
        let mut stream = voice.speak(request(text)).await.unwrap();
        let (mut samples, mut first, mut failure) = (0, None, None);
        while let Some(piece) = stream.next().await {
            first.get_or_insert(asked.elapsed());
            match piece {
                Ok(SpeechPart::Audio(piece)) => samples += piece.len(),
                Ok(SpeechPart::Mark(_)) => {}
                Err(err) => failure = Some(err),
            }
        }
        (samples, first.unwrap_or_default(), failure)
    }

    #[tokio::test(start_paused = true)]
    async fn every_text_is_said_as_written_down() {
        let voice = ScriptedTextToSpeech::new().answering_after(ms(120));
        voice.when("Long.", Speech::of(ms(500)).after(ms(30)));
        voice.next(Speech::of(ms(100)).accepted_after(ms(40)).after(ms(20)));
        assert_eq!(listen(&voice, "Long.").await, (12_000, ms(30), None));
        assert_eq!(listen(&voice, "Other.").await, (2_400, ms(40), None));
        assert_eq!(listen(&voice, "Hi").await, (2_880, ms(120), None));
        assert_eq!(voice.texts(), ["Long.", "Other.", "Hi"]);
        assert!(
            voice
                .recorded()
                .iter()
                .all(|speech| matches!(speech.end, Some((SpeechEnd::Complete, _))))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_speech_that_is_dropped_is_told_from_one_that_breaks_off() {
        let voice = ScriptedTextToSpeech::new();
        voice.next(Speech::of(ms(500)).hangs_after(ms(20)));
        let mut stream = voice.speak(request("a")).await.unwrap();
        let SpeechPart::Audio(piece) = stream.next().await.unwrap().unwrap() else {
            panic!("no audio came");
        };
        assert_eq!(piece.len(), 480);
        assert_eq!(voice.open(), 1);
        tokio::time::sleep(ms(7)).await;
        drop(stream);
        voice.next(Speech::of(ms(500)).breaks_off_after(ms(20)));
        let (samples, _, failure) = listen(&voice, "b").await;
        assert_eq!(
            (samples, failure.unwrap().kind),
            (480, ProviderErrorKind::Unavailable)
        );
        voice.next(Speech::of(ms(20)).accepted_after(ms(1_000)));
        let refused = tokio::time::timeout(ms(10), voice.speak(request("c"))).await;
        assert!(refused.is_err());
        let recorded = voice.until(|speeches| speeches.len() == 3).await;
        let ends: Vec<SpeechEnd> = recorded.iter().map(|speech| speech.end.unwrap().0).collect();
        assert_eq!(
            ends,
            [SpeechEnd::Dropped, SpeechEnd::BrokeOff, SpeechEnd::Dropped]
        );
        assert_eq!(recorded[0].end.unwrap().1 - recorded[0].asked, ms(7));
        assert_eq!(recorded[0].sent, 480);
    }

    #[tokio::test]
    async fn requests_fail_as_the_test_wants_it() {
        let voice = ScriptedTextToSpeech::new();
        voice.faults().fail_next(1, ProviderErrorKind::RateLimited);
        let err = voice.speak(request("a")).await.err().unwrap();
        assert_eq!(err.kind, ProviderErrorKind::RateLimited);
        assert!(voice.recorded().is_empty());
    }
}
