use std::time::Duration;

use async_trait::async_trait;
use futures_channel::mpsc;
use viva_domain::ports::{
    ProviderError, ProviderErrorKind, SpeechToText, SpeechToTextCapabilities, SpeechToTextCommand,
    SpeechToTextEventKind, SpeechToTextSession, WAITING_COMMANDS,
};
use viva_domain::sessions::ProviderConfig;

use super::session::Session;
use super::transcript::Transcript;
use crate::FaultSwitch;
use crate::desk::{self, CHANNEL, Desk, PROVIDER, Recorded, failure};

/// What the ears were told so far.
pub type RecordedEars = Recorded<ProviderConfig, SpeechToTextCommand>;
pub(super) type Script = desk::Script<ProviderConfig, SpeechToTextCommand, SpeechToTextEventKind, Transcript>;

/// A speech-to-text provider that understands what a test wrote down, on tokio's clock, and remembers what it was told.
#[derive(Debug)]
pub struct ScriptedSpeechToText {
    capabilities: SpeechToTextCapabilities,
    desk: Desk<ProviderConfig, SpeechToTextCommand, SpeechToTextEventKind, Transcript>,
}

impl ScriptedSpeechToText {
    /// Ears at 16 kHz that hear while the user speaks and leave finding turns to the session.
    pub fn new() -> Self {
        Self::with_capabilities(SpeechToTextCapabilities {
            detects_turns: false,
            streams: true,
            input_rate: 16_000,
            answers_within: Duration::from_secs(10),
        })
    }

    /// Ears that tell when the user begins to speak: with the first sample after a final text that is not 0. When the
    /// user is done is for the test to [`Self::say`].
    pub fn detecting_turns() -> Self {
        Self::with_capabilities(SpeechToTextCapabilities {
            detects_turns: true,
            streams: true,
            input_rate: 16_000,
            answers_within: Duration::from_secs(10),
        })
    }

    /// Ears that can do something else.
    pub fn with_capabilities(capabilities: SpeechToTextCapabilities) -> Self {
        Self {
            capabilities,
            desk: Desk::new(),
        }
    }

    /// Connecting takes this long.
    #[must_use]
    pub fn connecting_for(mut self, delay: Duration) -> Self {
        self.desk = self.desk.connecting_for(delay);
        self
    }

    /// Lines up what the next order to write down is answered with. With none left, speech is "Hello." and anything else
    /// is nothing, at once.
    pub fn hear(&self, transcript: Transcript) {
        self.desk.line_up(transcript);
    }

    /// Says something unprompted in every open session: it answers no order.
    pub fn say(&self, kind: SpeechToTextEventKind) {
        self.desk.say(kind);
    }

    /// Makes connecting fail.
    pub fn faults(&self) -> &FaultSwitch<ProviderErrorKind> {
        self.desk.faults()
    }

    /// What it was told so far.
    pub fn recorded(&self) -> RecordedEars {
        self.desk.recorded()
    }

    /// Waits until what it was told meets the condition.
    pub async fn until(&self, condition: impl FnMut(&RecordedEars) -> bool) -> RecordedEars {
        self.desk.until(condition).await
    }

    /// Waits until no session is open and nothing runs.
    pub async fn until_closed(&self) {
        self.desk.until_closed().await;
    }
}

impl Default for ScriptedSpeechToText {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl SpeechToText for ScriptedSpeechToText {
    fn capabilities(&self, _config: &ProviderConfig) -> SpeechToTextCapabilities {
        self.capabilities
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        if let Some(name) = config.options.keys().next() {
            let message = format!("there is no option {name}");
            return Err(failure(ProviderErrorKind::InvalidConfig(message)));
        }
        let mut resolved = config.clone();
        resolved.model.get_or_insert_with(|| PROVIDER.to_owned());
        Ok(resolved)
    }

    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let script = self.desk.open(config).await?;
        // Full: the caller drops audio and waits with anything else.
        let (commands, from_caller) = mpsc::channel(WAITING_COMMANDS);
        // Full: the provider waits.
        let (to_caller, events) = mpsc::channel(CHANNEL);
        let session = Session::new(script, to_caller, self.capabilities.detects_turns);
        self.desk.run(session.run(from_caller));
        Ok(SpeechToTextSession { commands, events })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::{SinkExt, StreamExt};
    use viva_contract::speech_to_text_contract;
    use viva_domain::ports::SpeechToTextEvent;

    use super::*;

    async fn scripted(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
        run(ScriptedSpeechToText::new(), case).await;
    }

    async fn scripted_with_turns(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
        run(ScriptedSpeechToText::detecting_turns(), case).await;
    }

    async fn run(ears: ScriptedSpeechToText, case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
        case(&ears, ProviderConfig::of(PROVIDER)).await;
        ears.until_closed().await;
        assert_eq!(ears.recorded().open, 0);
    }

    speech_to_text_contract!(scripted);
    speech_to_text_contract!(scripted_with_turns);

    async fn open(ears: &ScriptedSpeechToText) -> SpeechToTextSession {
        ears.connect(ProviderConfig::of(PROVIDER)).await.unwrap()
    }

    async fn finalize(session: &mut SpeechToTextSession, number: u64) {
        let order = SpeechToTextCommand::Finalize { number };
        session.commands.send(order).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_transcript_takes_its_time_and_the_next_one_waits_for_it() {
        let ears = ScriptedSpeechToText::new();
        let hundred = Duration::from_millis(100);
        ears.hear(Transcript::new().partial("one").wait(hundred).text("one two"));
        ears.hear(Transcript::new().wait(hundred).text("three"));
        let mut session = open(&ears).await;
        let ordered = tokio::time::Instant::now().into_std();
        finalize(&mut session, 1).await;
        finalize(&mut session, 2).await;
        let events: Vec<SpeechToTextEvent> = session.events.by_ref().take(3).collect().await;
        let told: Vec<(u128, &SpeechToTextEventKind)> = events
            .iter()
            .map(|event| ((event.at - ordered).as_millis(), &event.kind))
            .collect();
        assert_eq!(
            told,
            [
                (0, &SpeechToTextEventKind::Partial("one".to_owned())),
                (100, &SpeechToTextEventKind::Final("one two".to_owned())),
                (200, &SpeechToTextEventKind::Final("three".to_owned())),
            ]
        );
    }

    #[tokio::test]
    async fn turns_end_when_the_test_says_so() {
        let ears = ScriptedSpeechToText::detecting_turns();
        let mut session = open(&ears).await;
        for sample in [0, 1, 1] {
            let audio = SpeechToTextCommand::Audio([sample; 4].into());
            session.commands.send(audio).await.unwrap();
        }
        let recorded = ears.until(|recorded| recorded.commands.len() == 3).await;
        assert_eq!(recorded.audio(), [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
        ears.say(SpeechToTextEventKind::EagerFinal("Hi.".to_owned()));
        ears.say(SpeechToTextEventKind::Final("Hi.".to_owned()));
        let events: Vec<SpeechToTextEvent> = session.events.by_ref().take(3).collect().await;
        let kinds: Vec<SpeechToTextEventKind> = events.into_iter().map(|event| event.kind).collect();
        assert_eq!(
            kinds,
            [
                SpeechToTextEventKind::SpeechStarted,
                SpeechToTextEventKind::EagerFinal("Hi.".to_owned()),
                SpeechToTextEventKind::Final("Hi.".to_owned()),
            ]
        );
    }

    #[tokio::test]
    async fn failures_are_what_the_test_wrote() {
        let ears = ScriptedSpeechToText::new();
        ears.faults().fail_next(1, ProviderErrorKind::Unavailable);
        let refused = ears.connect(ProviderConfig::of(PROVIDER)).await;
        assert_eq!(
            refused.err().map(|err| err.kind),
            Some(ProviderErrorKind::Unavailable)
        );

        ears.hear(Transcript::new().fails(ProviderErrorKind::RateLimited));
        ears.hear(Transcript::new().breaks_off(ProviderErrorKind::QuotaExceeded));
        let mut session = open(&ears).await;
        finalize(&mut session, 1).await;
        finalize(&mut session, 2).await;
        let kinds: Vec<SpeechToTextEventKind> =
            session.events.by_ref().map(|event| event.kind).collect().await;
        let failed = |kind| Arc::new(failure(kind));
        assert_eq!(
            kinds,
            [
                SpeechToTextEventKind::FinalFailed(failed(ProviderErrorKind::RateLimited)),
                SpeechToTextEventKind::Failed(failed(ProviderErrorKind::QuotaExceeded)),
            ]
        );
        assert_eq!(
            ears.recorded().control(),
            [1, 2].map(|number| SpeechToTextCommand::Finalize { number })
        );
    }
}
