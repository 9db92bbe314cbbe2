use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt};
use tokio::sync::watch;
use tokio::time::Instant;
use viva_domain::ports::{
    LanguageModel, LanguageModelEvent, LanguageModelRequest, LanguageModelStream, ProviderError,
    ProviderErrorKind,
};
use viva_domain::sessions::ProviderConfig;

use super::PROVIDER;
use super::reply::{Reply, Step, failure};
use crate::{FaultSwitch, lock};

/// A language model that writes what a test wrote down, on tokio's clock, and remembers what it was asked.
#[derive(Debug, Default)]
pub struct ScriptedLanguageModel {
    accept_delay: Duration,
    replies: Mutex<VecDeque<Reply>>,
    asked: watch::Sender<Vec<AskedModel>>,
    faults: FaultSwitch<ProviderErrorKind>,
}

/// One request, and what became of its answer.
#[derive(Debug, Clone)]
pub struct AskedModel {
    /// What was asked.
    pub request: LanguageModelRequest,
    /// When, before the model took its time to accept it.
    pub at: Instant,
    /// How many pieces of text were taken.
    pub deltas: usize,
    /// How it ended; `None` while it is waited for or read.
    pub end: Option<AnswerEnd>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerEnd {
    /// It was refused, and there was none.
    Refused,
    /// It was read up to where the script ends it.
    Read,
    /// The caller dropped it before.
    Dropped,
}

/// An answer that is being written; tells what became of it.
struct Writing {
    steps: VecDeque<Step>,
    asked: watch::Sender<Vec<AskedModel>>,
    index: usize,
    end: AnswerEnd,
}

impl ScriptedLanguageModel {
    /// A model that accepts every request at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepting a request takes this long.
    #[must_use]
    pub fn accepting_for(mut self, delay: Duration) -> Self {
        self.accept_delay = delay;
        self
    }

    /// Lines up the answer to the next request. With none left, the model writes "Hello there." in two pieces.
    pub fn reply(&self, reply: Reply) {
        lock(&self.replies).push_back(reply);
    }

    /// Makes it refuse requests.
    pub fn faults(&self) -> &FaultSwitch<ProviderErrorKind> {
        &self.faults
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<AskedModel> {
        self.asked.borrow().clone()
    }

    /// Waits until what it was asked meets the condition.
    pub async fn until(&self, mut condition: impl FnMut(&[AskedModel]) -> bool) -> Vec<AskedModel> {
        let mut asked = self.asked.subscribe();
        match asked.wait_for(|asked| condition(asked)).await {
            Ok(asked) => asked.clone(),
            Err(_) => unreachable!("the sender lives as long as the model"),
        }
    }

    /// Waits until nobody waits for an answer or reads one.
    pub async fn until_idle(&self) {
        self.until(|asked| asked.iter().all(|asked| asked.end.is_some()))
            .await;
    }

    fn begin(&self, request: LanguageModelRequest) -> Writing {
        let mut index = 0;
        self.asked.send_modify(|asked| {
            index = asked.len();
            asked.push(AskedModel {
                request,
                at: Instant::now(),
                deltas: 0,
                end: None,
            });
        });
        Writing {
            steps: VecDeque::new(),
            asked: self.asked.clone(),
            index,
            end: AnswerEnd::Dropped,
        }
    }
}

impl Writing {
    async fn next(&mut self) -> Option<Result<LanguageModelEvent, ProviderError>> {
        loop {
            // A step leaves the list when it is over, so that dropping this future loses none.
            match self.steps.front().cloned() {
                None => {
                    self.end = AnswerEnd::Read;
                    return None;
                }
                Some(Step::Wait(time)) => {
                    tokio::time::sleep(time).await;
                    self.steps.pop_front();
                }
                Some(Step::Hang) => std::future::pending().await,
                Some(Step::Write(event)) => {
                    self.steps.pop_front();
                    match event {
                        LanguageModelEvent::Delta(_) => self.note(|asked| asked.deltas += 1),
                        LanguageModelEvent::Done { .. } => self.finish(),
                    }
                    return Some(Ok(event));
                }
                Some(Step::Fail(kind)) => {
                    self.finish();
                    return Some(Err(failure(kind)));
                }
            }
        }
    }

    fn finish(&mut self) {
        self.steps.clear();
        self.end = AnswerEnd::Read;
    }

    fn note(&self, change: impl FnOnce(&mut AskedModel)) {
        self.asked.send_modify(|asked| change(&mut asked[self.index]));
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.note(|asked| asked.end = Some(self.end));
    }
}

#[async_trait]
impl LanguageModel for ScriptedLanguageModel {
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        if let Some(name) = config.options.keys().next() {
            let message = format!("there is no option {name}");
            return Err(failure(ProviderErrorKind::InvalidConfig(message)));
        }
        let mut resolved = config.clone();
        resolved.model.get_or_insert_with(|| PROVIDER.to_owned());
        Ok(resolved)
    }

    async fn respond(&self, request: LanguageModelRequest) -> Result<LanguageModelStream, ProviderError> {
        let mut writing = self.begin(request);
        tokio::time::sleep(self.accept_delay).await;
        if let Err(kind) = self.faults.check() {
            writing.end = AnswerEnd::Refused;
            return Err(failure(kind));
        }
        let reply = lock(&self.replies).pop_front();
        writing.steps = reply
            .unwrap_or_else(|| Reply::new().text("Hello").text(" there.").done())
            .steps;
        let events = stream::unfold(writing, async |mut writing| {
            let event = writing.next().await?;
            Some((event, writing))
        });
        Ok(events.boxed())
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::language_model_contract;
    use viva_domain::ports::{Message, MessageRole};

    use super::*;

    async fn scripted(case: impl AsyncFnOnce(&dyn LanguageModel, ProviderConfig)) {
        let model = ScriptedLanguageModel::new();
        case(&model, ProviderConfig::of(PROVIDER)).await;
        model.until_idle().await;
    }

    language_model_contract!(scripted);

    fn request() -> LanguageModelRequest {
        LanguageModelRequest {
            config: ProviderConfig::of(PROVIDER),
            instructions: "Be brief.".to_owned(),
            messages: vec![Message {
                role: MessageRole::User,
                text: "Hello?".to_owned(),
            }],
        }
    }

    fn delta(text: &str) -> LanguageModelEvent {
        LanguageModelEvent::Delta(text.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_takes_its_time() {
        let ms = Duration::from_millis;
        let model = ScriptedLanguageModel::new().accepting_for(ms(50));
        model.reply(Reply::new().wait(ms(200)).text("a").wait(ms(30)).text("b").done());
        let began = Instant::now();
        let mut stream = model.respond(request()).await.unwrap();
        let mut times = vec![began.elapsed()];
        while let Some(event) = stream.next().await {
            event.unwrap();
            times.push(began.elapsed());
        }
        assert_eq!(times, [50, 250, 280, 280].map(ms));
        let asked = model.asked();
        assert_eq!((asked[0].at, asked[0].deltas), (began, 2));
        assert_eq!(asked[0].request.messages, request().messages);
        assert_eq!(asked[0].end, Some(AnswerEnd::Read));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_dropped_is_known() {
        let model = ScriptedLanguageModel::new().accepting_for(Duration::from_secs(1));
        let early = tokio::time::timeout(Duration::from_millis(10), model.respond(request())).await;
        assert!(early.is_err());
        assert_eq!(model.asked()[0].end, Some(AnswerEnd::Dropped));

        model.reply(Reply::new().text("a").hangs());
        let mut stream = model.respond(request()).await.unwrap();
        assert_eq!(stream.next().await, Some(Ok(delta("a"))));
        let hung = tokio::time::timeout(Duration::from_hours(1), stream.next()).await;
        assert!(hung.is_err());
        drop(stream);
        model.until_idle().await;
        assert_eq!(model.asked()[1].end, Some(AnswerEnd::Dropped));
    }

    #[tokio::test(start_paused = true)]
    async fn an_abandoned_wait_for_an_event_loses_none() {
        let model = ScriptedLanguageModel::new();
        model.reply(Reply::new().wait(Duration::from_secs(1)).text("a").done());
        let mut stream = model.respond(request()).await.unwrap();
        let early = tokio::time::timeout(Duration::from_millis(10), stream.next()).await;
        assert!(early.is_err());
        assert_eq!(stream.next().await, Some(Ok(delta("a"))));
    }

    #[tokio::test]
    async fn failures_are_what_the_test_wrote() {
        let model = ScriptedLanguageModel::new();
        model.faults().fail_next(1, ProviderErrorKind::Unavailable);
        let refused = model.respond(request()).await.err().map(|err| err.kind);
        assert_eq!(refused, Some(ProviderErrorKind::Unavailable));
        assert_eq!(model.asked()[0].end, Some(AnswerEnd::Refused));

        model.reply(Reply::new().text("a").fails(ProviderErrorKind::RateLimited));
        let events: Vec<_> = model.respond(request()).await.unwrap().collect().await;
        let failed = Err(failure(ProviderErrorKind::RateLimited));
        assert_eq!(events, [Ok(delta("a")), failed]);

        model.reply(Reply::new().text("a"));
        let events: Vec<_> = model.respond(request()).await.unwrap().collect().await;
        assert_eq!(events, [Ok(delta("a"))], "it is cut off");
        assert_eq!(model.asked()[2].end, Some(AnswerEnd::Read));
    }
}
