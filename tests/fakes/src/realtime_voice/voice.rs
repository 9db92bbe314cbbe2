use std::time::Duration;

use async_trait::async_trait;
use futures_channel::mpsc;
use viva_domain::ports::{
    ProviderError, ProviderErrorKind, RealtimeCapabilities, RealtimeCommand, RealtimeEventKind,
    RealtimeRequest, RealtimeSession, RealtimeVoice, WAITING_COMMANDS,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Generation;

use super::answer::Answer;
use super::conversation::Conversation;
use crate::FaultSwitch;
use crate::desk::{self, CHANNEL, Desk, PROVIDER, Recorded, failure};

/// What the voice was told so far.
pub type RecordedVoice = Recorded<RealtimeRequest, RealtimeCommand>;
/// In the conversation's own generation when there is none.
type Unprompted = (Option<Generation>, RealtimeEventKind);
pub(super) type Script = desk::Script<RealtimeRequest, RealtimeCommand, Unprompted, Answer>;

/// A realtime provider that answers what a test wrote down, on tokio's clock, and remembers what it was told.
#[derive(Debug)]
pub struct ScriptedRealtimeVoice {
    capabilities: RealtimeCapabilities,
    desk: Desk<RealtimeRequest, RealtimeCommand, Unprompted, Answer>,
}

impl ScriptedRealtimeVoice {
    /// A voice at 24 kHz that greets and leaves finding turns to the session.
    pub fn new() -> Self {
        Self::with_capabilities(RealtimeCapabilities {
            detects_turns: false,
            greets: true,
            input_rate: 24_000,
            output_rate: 24_000,
        })
    }

    /// A voice that can do something else.
    pub fn with_capabilities(capabilities: RealtimeCapabilities) -> Self {
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

    /// Lines up the answer to the next commit or greeting. With none left, the voice says "Hello." in 100 ms of audio.
    pub fn answer(&self, answer: Answer) {
        self.desk.line_up(answer);
    }

    /// Says something unprompted in every open conversation, in the generation that it is in.
    pub fn say(&self, kind: RealtimeEventKind) {
        self.desk.say((None, kind));
    }

    /// Says something unprompted in an older generation, as audio that was still under way when the voice was stopped.
    pub fn say_late(&self, generation: Generation, kind: RealtimeEventKind) {
        self.desk.say((Some(generation), kind));
    }

    /// Makes connecting fail.
    pub fn faults(&self) -> &FaultSwitch<ProviderErrorKind> {
        self.desk.faults()
    }

    /// What it was told so far.
    pub fn recorded(&self) -> RecordedVoice {
        self.desk.recorded()
    }

    /// How many commands changed the generation so far.
    pub fn orders(&self) -> usize {
        let is_order = |command: &RealtimeCommand| {
            matches!(
                command,
                RealtimeCommand::Commit(_) | RealtimeCommand::Greet(_) | RealtimeCommand::Interrupt { .. }
            )
        };
        self.desk.count(is_order)
    }

    /// Waits until what it was told meets the condition.
    pub async fn until(&self, condition: impl FnMut(&RecordedVoice) -> bool) -> RecordedVoice {
        self.desk.until(condition).await
    }

    /// Waits until no conversation is open and nothing runs.
    pub async fn until_closed(&self) {
        self.desk.until_closed().await;
    }
}

impl Default for ScriptedRealtimeVoice {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl RealtimeVoice for ScriptedRealtimeVoice {
    fn capabilities(&self, _config: &ProviderConfig) -> RealtimeCapabilities {
        self.capabilities
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

    async fn connect(&self, request: RealtimeRequest) -> Result<RealtimeSession, ProviderError> {
        let script = self.desk.open(request).await?;
        // Full: the caller drops audio and waits with anything else.
        let (commands, from_caller) = mpsc::channel(WAITING_COMMANDS);
        // Full: the voice waits.
        let (to_caller, events) = mpsc::channel(CHANNEL);
        let conversation = Conversation::new(script, to_caller);
        self.desk.run(conversation.run(from_caller));
        Ok(RealtimeSession { commands, events })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt, StreamExt};
    use viva_contract::{realtime_voice_contract, samples};
    use viva_domain::ports::RealtimeEvent;

    use super::*;

    async fn scripted(case: impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig)) {
        let voice = ScriptedRealtimeVoice::new();
        case(&voice, samples::realtime_config(PROVIDER)).await;
        voice.until_closed().await;
    }

    realtime_voice_contract!(scripted);

    fn request() -> RealtimeRequest {
        RealtimeRequest {
            config: samples::realtime_config(PROVIDER),
            instructions: String::new(),
            ai_role: None,
            history: Vec::new(),
        }
    }

    fn kinds(events: &[RealtimeEvent]) -> Vec<&RealtimeEventKind> {
        events.iter().map(|event| &event.kind).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_takes_its_time() {
        let voice = ScriptedRealtimeVoice::new();
        voice.answer(
            Answer::new()
                .wait(Duration::from_millis(300))
                .started()
                .wait(Duration::from_millis(50))
                .audio(480),
        );
        let mut session = voice.connect(request()).await.unwrap();
        let committed = tokio::time::Instant::now();
        let generation = Generation::FIRST.next();
        session
            .commands
            .send(RealtimeCommand::Commit(generation))
            .await
            .unwrap();
        let events: Vec<RealtimeEvent> = session.events.by_ref().take(2).collect().await;
        let times: Vec<Duration> = events
            .iter()
            .map(|event| event.at - committed.into_std())
            .collect();
        assert_eq!(times, [300, 350].map(Duration::from_millis));
        assert!(matches!(
            kinds(&events)[..],
            [RealtimeEventKind::ResponseStarted, RealtimeEventKind::Audio(samples)] if samples.len() == 480
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn an_interruption_drops_the_rest_and_late_audio_keeps_its_generation() {
        let voice = ScriptedRealtimeVoice::new();
        voice.answer(Answer::new().started().wait(Duration::from_secs(5)).audio(480));
        let mut session = voice.connect(request()).await.unwrap();
        let first = Generation::FIRST.next();
        session
            .commands
            .send(RealtimeCommand::Commit(first))
            .await
            .unwrap();
        session.events.next().await.unwrap();
        let second = first.next();
        session
            .commands
            .send(RealtimeCommand::Interrupt {
                generation: second,
                heard: None,
                taken: 0,
            })
            .await
            .unwrap();
        let recorded = voice.until(|recorded| recorded.control().len() == 2).await;
        assert_eq!(recorded.open, 1);
        voice.say_late(first, RealtimeEventKind::Audio(vec![1]));
        voice.say(RealtimeEventKind::SpeechStarted);
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(session.commands);
        let rest: Vec<RealtimeEvent> = session.events.collect().await;
        assert_eq!(
            rest.iter().map(|event| event.generation).collect::<Vec<_>>(),
            [first, second]
        );
        assert_eq!(
            kinds(&rest),
            [
                &RealtimeEventKind::Audio(vec![1]),
                &RealtimeEventKind::SpeechStarted
            ]
        );
        voice.until_closed().await;
        assert_eq!(voice.recorded().open, 0);
    }

    #[tokio::test]
    async fn failures_are_what_the_test_wrote() {
        let voice = ScriptedRealtimeVoice::new();
        voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
        let refused = voice.connect(request()).await.map_err(|err| err.kind.clone());
        assert_eq!(refused.err(), Some(ProviderErrorKind::Unavailable));

        voice.answer(Answer::new().fails(ProviderErrorKind::RateLimited));
        voice.answer(Answer::new().breaks_off(ProviderErrorKind::QuotaExceeded));
        let mut session = voice.connect(request()).await.unwrap();
        let mut generation = Generation::FIRST;
        for _ in 0..2 {
            generation = generation.next();
            session
                .commands
                .send(RealtimeCommand::Commit(generation))
                .await
                .unwrap();
            let event = session.events.next().await.unwrap();
            let kind = match event.kind {
                RealtimeEventKind::ResponseFailed(err) | RealtimeEventKind::Failed(err) => err.kind.clone(),
                other => panic!("unexpected {other:?}"),
            };
            let expected = if generation == Generation::FIRST.next() {
                ProviderErrorKind::RateLimited
            } else {
                ProviderErrorKind::QuotaExceeded
            };
            assert_eq!((event.generation, kind), (generation, expected));
        }
        assert_eq!(
            session.events.next().await,
            None,
            "the voice closed the conversation"
        );
    }

    #[tokio::test]
    async fn what_it_was_told_is_remembered() {
        let voice = ScriptedRealtimeVoice::new();
        let mut session = voice.connect(request()).await.unwrap();
        for samples in [[1_i16, 2], [3, 4]] {
            session
                .commands
                .send(RealtimeCommand::Audio(samples.into()))
                .await
                .unwrap();
        }
        let greet = RealtimeCommand::Greet(Generation::FIRST.next());
        session.commands.send(greet.clone()).await.unwrap();
        let recorded = voice.until(|recorded| recorded.commands.len() == 3).await;
        assert_eq!(recorded.audio(), [1, 2, 3, 4]);
        assert_eq!(recorded.control(), [greet]);
    }
}
