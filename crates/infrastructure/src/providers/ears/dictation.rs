//! What a vendor writes down that is sent speech only, and answers one order after the other without naming it.

use std::collections::VecDeque;
use std::time::Duration;

use viva_domain::ports::SpeechToTextEventKind;

use super::{Said, SpeechOnly, join, push_within};
use crate::providers::transport::{Account, errors};

/// How parts of a transcript become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::providers) enum Glue {
    /// The vendor says where spaces are.
    Verbatim,
    /// By what the script does.
    ByScript,
}

/// Utterances, from the first sample that is sent to the answer.
pub(in crate::providers) struct Dictation {
    glue: Glue,
    speech: SpeechOnly,
    /// Orders that wait, oldest first: how many samples the vendor was sent; of none it was not asked.
    orders: VecDeque<usize>,
    /// What is understood of the oldest utterance that is not answered, and does not change any more.
    settled: String,
    /// What follows it, as it is understood now.
    open: String,
}

impl Dictation {
    pub(in crate::providers) fn new(rate: u32, glue: Glue) -> Self {
        Self {
            glue,
            speech: SpeechOnly::new(rate),
            orders: VecDeque::new(),
            settled: String::new(),
            open: String::new(),
        }
    }

    /// What to send of user audio: nothing while nobody speaks.
    pub(in crate::providers) fn hear<'a>(&mut self, samples: &'a [i16]) -> &'a [i16] {
        self.speech.hear(samples)
    }

    /// Speech began so long ago: what to send of what was heard before.
    pub(in crate::providers) fn begin(&mut self, ago: Duration) -> Vec<i16> {
        self.speech.begin(ago)
    }

    /// The utterance is over, and to be written down: how many samples of it were sent. Where there are none, the vendor need
    /// not be asked.
    pub(in crate::providers) fn end(&mut self, said: &mut Said) -> usize {
        let sent = self.speech.end();
        self.orders.push_back(sent);
        self.pass_over(said);
        sent
    }

    /// A part that does not change any more; it takes the place of what could still change.
    pub(in crate::providers) fn add(&mut self, part: &str, said: &mut Said) {
        self.open.clear();
        if self.is_listening() {
            glue(self.glue, &mut self.settled, part);
            if !part.trim().is_empty() {
                self.tell(said);
            }
        }
    }

    /// What follows, as it is understood now.
    pub(in crate::providers) fn set_open(&mut self, part: &str, said: &mut Said) {
        if self.is_listening() && self.open != part {
            part.clone_into(&mut self.open);
            self.tell(said);
        }
    }

    /// The vendor wrote down all of the oldest utterance. Nothing happens where it was not asked.
    pub(in crate::providers) fn answer(&mut self, said: &mut Said) {
        let text = self.settled.trim().to_owned();
        self.settle(SpeechToTextEventKind::Final(text), said);
    }

    /// The vendor took too long with the oldest utterance: what is known is its answer.
    pub(in crate::providers) fn give_up(&mut self, account: &Account, said: &mut Said) {
        let text = self.text();
        let answer = if text.is_empty() {
            let err = errors::unavailable(&account.provider, "no transcript in time");
            SpeechToTextEventKind::FinalFailed(err.into())
        } else {
            SpeechToTextEventKind::Final(text)
        };
        self.settle(answer, said);
    }

    /// The connection is gone, and with it everything that was not answered. What nobody was told yet is not.
    pub(in crate::providers) fn forget(&mut self) {
        self.speech.forget();
        self.orders.clear();
        self.settled.clear();
        self.open.clear();
    }

    fn settle(&mut self, answer: SpeechToTextEventKind, said: &mut Said) {
        if self.orders.pop_front().is_some() {
            self.settled.clear();
            self.open.clear();
            said.event(answer);
            self.pass_over(said);
        }
    }

    /// Answers what the vendor was not asked.
    fn pass_over(&mut self, said: &mut Said) {
        while self.orders.pop_front_if(|sent| *sent == 0).is_some() {
            said.event(SpeechToTextEventKind::Final(String::new()));
        }
    }

    /// Whether there is anything that a text could belong to.
    fn is_listening(&self) -> bool {
        self.speech.has_begun() || !self.orders.is_empty()
    }

    fn tell(&self, said: &mut Said) {
        let text = self.text();
        if !text.is_empty() {
            said.event(SpeechToTextEventKind::Partial(text));
        }
    }

    fn text(&self) -> String {
        let mut text = self.settled.clone();
        glue(self.glue, &mut text, &self.open);
        text.trim().to_owned()
    }
}

fn glue(glue: Glue, text: &mut String, part: &str) {
    match glue {
        Glue::Verbatim => push_within(text, part),
        Glue::ByScript => join(text, part.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::testing::account;

    fn partial(text: &str) -> SpeechToTextEventKind {
        SpeechToTextEventKind::Partial(text.to_owned())
    }

    fn text(text: &str) -> SpeechToTextEventKind {
        SpeechToTextEventKind::Final(text.to_owned())
    }

    /// At 1 kHz, while somebody speaks.
    fn speaking(glue: Glue) -> Dictation {
        let mut dictation = Dictation::new(1_000, glue);
        dictation.begin(Duration::ZERO);
        dictation
    }

    /// Says so much, and has it written down.
    fn utter(dictation: &mut Dictation, samples: usize, said: &mut Said) {
        dictation.begin(Duration::ZERO);
        dictation.hear(&vec![1; samples]);
        assert_eq!(dictation.end(said), samples);
    }

    #[test]
    fn parts_stay_and_what_is_open_is_replaced() {
        let mut said = Said::default();
        let mut dictation = speaking(Glue::ByScript);
        dictation.set_open("tell", &mut said);
        dictation.set_open("tell", &mut said);
        dictation.add("Tell me", &mut said);
        dictation.set_open("a", &mut said);
        dictation.add(" a story. ", &mut said);
        dictation.add("", &mut said);
        utter(&mut dictation, 1, &mut said);
        dictation.answer(&mut said);
        let told = [
            partial("tell"),
            partial("Tell me"),
            partial("Tell me a"),
            partial("Tell me a story."),
            text("Tell me a story."),
        ];
        assert_eq!(said.events, told);
    }

    #[test]
    fn a_vendor_that_says_where_spaces_are_is_believed() {
        let mut said = Said::default();
        let mut dictation = speaking(Glue::Verbatim);
        for part in ["Hello", ". ", "你 ", "好"] {
            dictation.add(part, &mut said);
        }
        utter(&mut dictation, 1, &mut said);
        dictation.answer(&mut said);
        assert_eq!(said.events.last(), Some(&text("Hello. 你 好")));
    }

    #[test]
    fn orders_are_answered_in_their_order() {
        let mut said = Said::default();
        let mut dictation = speaking(Glue::ByScript);
        utter(&mut dictation, 0, &mut said);
        assert_eq!(said.events, [text("")]);
        said.events.clear();
        for samples in [1, 0, 1] {
            utter(&mut dictation, samples, &mut said);
        }
        assert!(said.events.is_empty());
        dictation.add("one", &mut said);
        dictation.answer(&mut said);
        dictation.answer(&mut said);
        assert_eq!(said.events, [partial("one"), text("one"), text(""), text("")]);
        dictation.answer(&mut said);
        dictation.add("nobody's", &mut said);
        assert_eq!(said.events.len(), 4);
    }

    #[test]
    fn what_is_known_in_time_is_the_answer() {
        let vendor = account("http://127.0.0.1:9", None);
        let mut said = Said::default();
        let mut dictation = speaking(Glue::ByScript);
        dictation.add("In", &mut said);
        dictation.set_open("time", &mut said);
        for samples in [1, 1, 0] {
            utter(&mut dictation, samples, &mut said);
        }
        said.events.clear();
        dictation.give_up(&vendor, &mut said);
        assert_eq!(said.events, [text("In time")]);
        dictation.give_up(&vendor, &mut said);
        assert!(matches!(said.events[1], SpeechToTextEventKind::FinalFailed(_)));
        // Of the one behind it nothing was asked, so nothing of it is late.
        assert_eq!(said.events[2..], [text("")]);
    }
}
