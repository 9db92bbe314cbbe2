//! The provider's answers: which are under way, whom they answer, and what there is of them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use viva_domain::turns::Generation;

use super::memory::GIVEN;
use crate::providers::openai::realtime::config::RATE;
use crate::providers::transport::pcm::Decoder;

/// The answers that still matter: those under way, the last one and the last one of a turn before, which may be heard for a
/// while, and the one that was cut last, of which less may have been heard.
#[derive(Debug, Default)]
pub(super) struct Responses {
    current: Vec<Response>,
    /// Of the connection before, those that may still be heard, and cut: the provider says no more of them.
    left: Vec<Response>,
    /// The answer that was cut last, or that may be cut without being any of these.
    pub(super) cut: Option<String>,
}

#[derive(Debug)]
pub(super) struct Response {
    pub(super) id: String,
    pub(super) generation: Generation,
    /// Which of the conversation's turns it answers.
    pub(super) turn: u64,
    pub(super) is_active: bool,
    /// The how many-eth event told the session that it begins.
    pub(super) began: Option<u64>,
    pub(super) fate: Fate,
    items: Vec<Item>,
}

/// What becomes of what comes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is told.
    Told,
    /// It broke off: nothing more is told, and what was is heard.
    BrokenOff,
    /// Nobody listens to it any more.
    GivenUp,
}

/// A part of an answer that the provider remembers by itself.
#[derive(Debug)]
struct Item {
    id: String,
    content_index: u32,
    samples: u64,
    decoder: Decoder,
    /// What was heard of it is what the provider remembers, or will.
    is_settled: bool,
    /// How much of it the provider remembers, in ms; `None` for all of it.
    left_ms: Option<u64>,
}

/// What the provider must do so that it remembers what was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Correction {
    Truncate {
        item_id: String,
        content_index: u32,
        audio_end_ms: u64,
    },
    Delete {
        item_id: String,
    },
}

/// Audio that is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAudio;

impl Responses {
    /// None yet; an answer that was given before may still be heard, and cut.
    pub(super) fn new() -> Self {
        Self {
            cut: Some(GIVEN.to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn begin(&mut self, id: &str, generation: Generation, turn: u64) -> &mut Response {
        let heard = [self.audible(), self.heard_before(turn), self.cut.clone()];
        let matters = |response: &Response| {
            let is_it = |id: &String| *id == response.id;
            response.is_active || heard.iter().flatten().any(is_it)
        };
        self.current.retain(&matters);
        self.left.retain(matters);
        self.current.push(Response {
            id: id.to_owned(),
            generation,
            turn,
            is_active: true,
            began: None,
            fate: Fate::Told,
            items: Vec::new(),
        });
        let last = self.current.len() - 1;
        &mut self.current[last]
    }

    pub(super) fn find(&mut self, id: &str) -> Option<&mut Response> {
        self.current.iter_mut().find(|response| response.id == id)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Response> {
        self.current.iter_mut()
    }

    /// Those that an interruption stops, where this one is heard.
    pub(super) fn stopping(&mut self, audible: Option<&str>) -> impl Iterator<Item = &mut Response> {
        let left = self
            .left
            .iter_mut()
            .filter(move |left| Some(left.id.as_str()) == audible);
        left.chain(&mut self.current)
    }

    /// Those that the provider has not finished.
    pub(super) fn active(&self) -> Vec<String> {
        let active = self.current.iter().filter(|response| response.is_active);
        active.map(|response| response.id.clone()).collect()
    }

    pub(super) fn is_any_active(&self) -> bool {
        self.current.iter().any(|response| response.is_active)
    }

    /// The answer that the session hears, or heard last.
    pub(super) fn audible(&self) -> Option<String> {
        self.audible_at(u64::MAX)
    }

    /// The same, as far as the session knew when it had taken so many events.
    pub(super) fn audible_at(&self, taken: u64) -> Option<String> {
        self.heard_last(|response| response.is_known_at(taken))
    }

    /// The last answer to a turn before this one, which the session hears, or heard.
    pub(super) fn heard_before(&self, turn: u64) -> Option<String> {
        self.heard_last(|response| response.turn < turn)
    }

    fn heard_last(&self, is_it: impl Fn(&Response) -> bool) -> Option<String> {
        let is_heard =
            |response: &&Response| response.has_begun() && response.fate != Fate::GivenUp && is_it(response);
        let last = self.left.iter().chain(&self.current).rfind(is_heard);
        last.map(|response| response.id.clone())
    }

    /// The connection is given up in this turn, and with it all that the provider remembers.
    pub(super) fn leave(&mut self, turn: u64) {
        let heard = [self.audible(), self.heard_before(turn)];
        self.left.append(&mut self.current);
        self.left
            .retain(|response| heard.iter().flatten().any(|id| *id == response.id));
        for left in &mut self.left {
            left.is_active = false;
            left.items.clear();
        }
    }
}

impl Response {
    /// Whether the session was told that it begins.
    pub(super) fn has_begun(&self) -> bool {
        self.began.is_some()
    }

    /// Whether the session knew that it begins when it had taken so many events.
    pub(super) fn is_known_at(&self, taken: u64) -> bool {
        self.began.is_some_and(|began| began <= taken)
    }

    pub(super) fn add_item(&mut self, id: &str, content_index: u32) {
        self.item(id, content_index);
    }

    /// Decodes more audio of an item.
    pub(super) fn audio(
        &mut self,
        item_id: &str,
        content_index: u32,
        delta: &str,
    ) -> Result<Vec<i16>, NotAudio> {
        let bytes = STANDARD.decode(delta).map_err(|_| NotAudio)?;
        let item = self.item(item_id, content_index);
        let samples = item.decoder.push(&bytes);
        if !samples.is_empty() {
            // Text may have come in another part of the item; it is audio that can be cut.
            item.content_index = content_index;
        }
        item.samples += samples.len() as u64;
        Ok(samples)
    }

    /// Whether more of it is to be told.
    pub(super) fn is_under_way(&self) -> bool {
        self.is_active && self.fate == Fate::Told
    }

    pub(super) fn has_audio(&self) -> bool {
        self.items.iter().any(|item| item.samples > 0)
    }

    /// Length of the audio that came of it.
    pub(super) fn duration(&self) -> Duration {
        length(self.items.iter().map(|item| item.samples).sum())
    }

    /// So much was heard: what of it the provider must forget at once. Items that are not complete yet are left for
    /// [`Self::forget_unheard`], and what it has forgotten before it cannot be told again.
    pub(super) fn cut(&mut self, heard: Duration) -> Vec<Correction> {
        let mut begins = Duration::ZERO;
        let mut corrections = Vec::new();
        for item in self.items.iter_mut().filter(|item| item.samples > 0) {
            let ends = begins + length(item.samples);
            let heard_ms = millis(heard.min(ends).saturating_sub(begins));
            if item.left_ms.is_some_and(|left_ms| left_ms <= heard_ms) {
                // It is as it should be, or shorter.
            } else if heard >= ends && !self.is_active {
                item.is_settled = true;
            } else if heard_ms == 0 {
                item.is_settled = false;
            } else {
                item.is_settled = true;
                item.left_ms = Some(heard_ms);
                corrections.push(Correction::Truncate {
                    item_id: item.id.clone(),
                    content_index: item.content_index,
                    audio_end_ms: heard_ms,
                });
            }
            begins = ends;
        }
        corrections
    }

    /// What the provider must forget of an answer that is over and was given up: what was not heard at all. Truncating it
    /// to nothing would be refused.
    pub(super) fn forget_unheard(&mut self) -> Vec<Correction> {
        let unheard = self.items.iter_mut().filter(|item| !item.is_settled);
        unheard
            .map(|item| {
                item.is_settled = true;
                item.left_ms = Some(0);
                Correction::Delete {
                    item_id: item.id.clone(),
                }
            })
            .collect()
    }

    fn item(&mut self, id: &str, content_index: u32) -> &mut Item {
        let known = self.items.iter().position(|item| item.id == id);
        let index = known.unwrap_or_else(|| {
            self.items.push(Item {
                id: id.to_owned(),
                content_index,
                samples: 0,
                decoder: Decoder::default(),
                is_settled: false,
                left_ms: None,
            });
            self.items.len() - 1
        });
        &mut self.items[index]
    }
}

pub(super) fn length(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(RATE))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// An answer with these ms of audio in its items "0", "1", ….
    fn response(items: &[u64], is_active: bool) -> Response {
        let mut responses = Responses::default();
        responses.begin("r", Generation::FIRST, 1);
        let mut response = responses.current.remove(0);
        response.is_active = is_active;
        for (index, ms) in items.iter().enumerate() {
            let bytes = vec![0; usize::try_from(ms * 48).unwrap()];
            let samples = response
                .audio(&index.to_string(), 0, &STANDARD.encode(bytes))
                .unwrap();
            assert_eq!(samples.len() as u64, ms * 24);
        }
        response
    }

    fn cut(items: &[u64], is_active: bool, heard_us: u64) -> String {
        told(&mut response(items, is_active), heard_us)
    }

    /// What the provider is told when so much was heard, in short.
    fn told(response: &mut Response, heard_us: u64) -> String {
        let mut corrections = response.cut(Duration::from_micros(heard_us));
        corrections.extend(response.forget_unheard());
        let told: Vec<String> = corrections
            .iter()
            .map(|correction| match correction {
                Correction::Truncate {
                    item_id,
                    audio_end_ms,
                    ..
                } => format!("{item_id}:{audio_end_ms}"),
                Correction::Delete { item_id } => format!("-{item_id}"),
            })
            .collect();
        told.join(" ")
    }

    #[rstest]
    #[case::in_the_middle(&[1_000], false, 400_900, "0:400")]
    #[case::nothing(&[1_000], false, 0, "-0")]
    #[case::less_than_a_millisecond(&[1_000], false, 999, "-0")]
    #[case::all(&[1_000], false, 1_000_000, "")]
    #[case::more_than_there_is(&[1_000], false, 9_000_000, "")]
    #[case::all_that_came_so_far(&[1_000], true, 9_000_000, "0:1000")]
    #[case::up_to_the_second(&[1_000, 500], false, 1_000_000, "-1")]
    #[case::into_the_second(&[1_000, 500], false, 1_200_000, "1:200")]
    #[case::only_the_first(&[1_000, 500], false, 10_000, "0:10 -1")]
    #[case::without_audio(&[0], true, 10_000, "-0")]
    fn the_provider_remembers_what_was_heard(
        #[case] items: &[u64],
        #[case] is_active: bool,
        #[case] heard_us: u64,
        #[case] expected: &str,
    ) {
        assert_eq!(cut(items, is_active, heard_us), expected);
    }

    #[rstest]
    #[case::less(&[1_000], &[400, 300], "0:400 0:300")]
    #[case::nothing_after_all(&[1_000], &[400, 0], "0:400 -0")]
    #[case::more(&[1_000], &[400, 500], "0:400")]
    #[case::all_of_what_was_cut(&[1_000], &[400, 1_000], "0:400")]
    #[case::more_of_nothing(&[1_000], &[0, 400], "-0")]
    #[case::less_than_all(&[1_000], &[1_000, 400], "0:400")]
    #[case::not_even_the_second(&[1_000, 500], &[1_200, 900], "1:200 0:900 -1")]
    #[case::ever_less(&[1_000], &[400, 300, 350, 200], "0:400 0:300 0:200")]
    fn what_turns_out_not_to_have_been_heard_is_forgotten_too(
        #[case] items: &[u64],
        #[case] heard_ms: &[u64],
        #[case] expected: &str,
    ) {
        let mut response = response(items, false);
        let told: Vec<String> = heard_ms
            .iter()
            .map(|ms| told(&mut response, *ms * 1_000))
            .filter(|told| !told.is_empty())
            .collect();
        assert_eq!(told.join(" "), expected);
    }

    #[test]
    fn halves_of_samples_are_joined_within_an_item() {
        let mut response = response(&[], true);
        let mut audio = |item, bytes: &[u8]| response.audio(item, 0, &STANDARD.encode(bytes));
        assert_eq!(audio("a", &[1, 0, 2]), Ok(vec![1]));
        assert_eq!(audio("b", &[5, 0]), Ok(vec![5]));
        assert_eq!(audio("a", &[0, 3, 0]), Ok(vec![2, 3]));
        assert_eq!(response.audio("a", 0, "not base64!"), Err(NotAudio));
    }

    #[test]
    fn the_last_answer_is_remembered_until_the_next() {
        let mut responses = Responses::default();
        responses.begin("a", Generation::FIRST, 1).began = Some(1);
        responses.begin("b", Generation::FIRST, 2);
        assert_eq!(responses.audible().as_deref(), Some("a"));
        assert_eq!(responses.audible_at(0), None);
        for id in ["a", "b"] {
            responses.find(id).unwrap().is_active = false;
        }
        assert!(!responses.is_any_active());
        responses.begin("c", Generation::FIRST, 3).began = Some(2);
        assert!(responses.find("a").is_some() && responses.find("b").is_none());
        responses.begin("d", Generation::FIRST, 4);
        assert!(responses.find("a").is_none() && responses.find("c").is_some());
    }
}
