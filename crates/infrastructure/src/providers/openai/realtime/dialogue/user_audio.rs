//! The user's side: audio that the provider has and no turn took yet, and the turns that wait for their words.

use std::collections::VecDeque;
use std::sync::Arc;

use viva_domain::turns::Generation;

use crate::providers::openai::realtime::config::RATE;

/// Turns whose words may still come.
const MOST_ITEMS: usize = 32;

/// Audio that another connection must hear again, since no turn took it.
#[derive(Debug, Default)]
pub(super) struct Untaken {
    portions: VecDeque<Arc<[i16]>>,
    /// Samples in `portions`.
    kept: usize,
}

impl Untaken {
    /// Takes more audio, and keeps only the last `most` seconds.
    pub(super) fn push(&mut self, samples: Arc<[i16]>, most_s: usize) {
        self.kept += samples.len();
        self.portions.push_back(samples);
        self.keep_last(most_s * RATE as usize);
    }

    /// Forgets all but the last samples.
    pub(super) fn keep_last(&mut self, most: usize) {
        while self.kept > most
            && let Some(oldest) = self.portions.pop_front()
        {
            self.kept -= oldest.len();
            if self.kept < most {
                let cut = oldest.len() - (most - self.kept);
                self.portions.push_front(oldest[cut..].into());
                self.kept = most;
            }
        }
    }

    pub(super) fn samples(&self) -> usize {
        self.kept
    }

    pub(super) fn portions(&self) -> impl Iterator<Item = &Arc<[i16]>> {
        self.portions.iter()
    }

    /// A turn took it.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What the user said, in the provider's items. Who goes on before anything was answered makes another item of the same
/// turn.
#[derive(Debug, Default)]
pub(super) struct UserItems {
    items: VecDeque<UserItem>,
    /// Turns that were answered.
    answered: u64,
}

#[derive(Debug)]
struct UserItem {
    id: String,
    generation: Generation,
    /// Which turn it is of.
    turn: u64,
    text: String,
    is_final: bool,
}

/// What a turn says by now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) generation: Generation,
    pub(super) text: String,
    pub(super) are_final: bool,
}

impl UserItems {
    /// A turn was taken; its words carry this generation, however late they come.
    pub(super) fn committed(&mut self, id: &str, generation: Generation) {
        let turn = self.answered;
        let item = self.item(id, generation);
        (item.generation, item.turn) = (generation, turn);
    }

    /// The turn is answered, or will not be: what is said from now on is another one.
    pub(super) fn answered(&mut self) {
        self.answered += 1;
    }

    /// More words; `None` when there are none.
    pub(super) fn hear(&mut self, id: &str, delta: &str, now: Generation) -> Option<Words> {
        let item = self.item(id, now);
        if delta.is_empty() || item.is_final {
            return None;
        }
        item.text.push_str(delta);
        let turn = item.turn;
        Some(self.words(turn))
    }

    /// The last words; `None` when nothing was understood, unless something was said to have been.
    pub(super) fn complete(&mut self, id: &str, text: &str, now: Generation) -> Option<Words> {
        let item = self.item(id, now);
        let (is_news, turn) = (!item.is_final, item.turn);
        let had_words = !item.text.is_empty();
        item.is_final = true;
        text.clone_into(&mut item.text);
        let words = self.words(turn);
        (is_news && (had_words || !words.text.is_empty())).then_some(words)
    }

    /// There will be no words, or no more; `None` when there were none.
    pub(super) fn fail(&mut self, id: &str, now: Generation) -> Option<Words> {
        let item = self.item(id, now);
        let is_news = !std::mem::replace(&mut item.is_final, true);
        let turn = item.turn;
        Some(self.words(turn)).filter(|words| is_news && !words.text.is_empty())
    }

    pub(super) fn are_complete(&self) -> bool {
        self.items.iter().all(|item| item.is_final)
    }

    /// What is known of a turn, in the generation in which the last of it was taken.
    fn words(&self, turn: u64) -> Words {
        let mut words = Words {
            generation: Generation::FIRST,
            text: String::new(),
            are_final: true,
        };
        for item in self.items.iter().filter(|item| item.turn == turn) {
            words.generation = item.generation;
            words.are_final &= item.is_final;
            if !words.text.is_empty() && !item.text.is_empty() {
                words.text.push(' ');
            }
            words.text.push_str(&item.text);
        }
        words
    }

    fn item(&mut self, id: &str, generation: Generation) -> &mut UserItem {
        let turn = self.answered;
        let known = self.items.iter().position(|item| item.id == id);
        let index = known.unwrap_or_else(|| {
            if self.items.len() == MOST_ITEMS {
                self.items.pop_front();
            }
            self.items.push_back(UserItem {
                id: id.to_owned(),
                generation,
                turn,
                text: String::new(),
                is_final: false,
            });
            self.items.len() - 1
        });
        &mut self.items[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Generation = Generation::FIRST;

    fn words(generation: Generation, text: &str) -> Words {
        Words {
            generation,
            text: text.to_owned(),
            are_final: false,
        }
    }

    fn last_words(generation: Generation, text: &str) -> Words {
        Words {
            are_final: true,
            ..words(generation, text)
        }
    }

    #[test]
    fn the_last_seconds_are_kept() {
        let mut untaken = Untaken::default();
        for number in 0..150 {
            untaken.push(vec![number; 480].into(), 1);
        }
        let first = untaken.portions().next().unwrap()[0];
        assert_eq!((untaken.portions().count(), first), (50, 100));
        assert_eq!(untaken.samples(), 24_000);
        untaken.keep_last(1_000);
        let kept: Vec<i16> = untaken
            .portions()
            .flat_map(|portion| portion.iter().copied())
            .collect();
        assert_eq!(kept, [vec![147; 40], vec![148; 480], vec![149; 480]].concat());
        untaken.keep_last(960);
        assert_eq!((untaken.portions().count(), untaken.samples()), (2, 960));
        untaken.keep_last(5_000);
        assert_eq!(untaken.samples(), 960);
        untaken.clear();
        assert_eq!((untaken.portions().count(), untaken.samples()), (0, 0));
        untaken.push([vec![1; 24_000], vec![2; 24_000]].concat().into(), 1);
        assert_eq!(untaken.samples(), 24_000, "also of a single piece");
        assert!(
            untaken
                .portions()
                .all(|portion| portion.iter().all(|sample| *sample == 2))
        );
    }

    #[test]
    fn words_carry_the_generation_of_their_turn() {
        let mut items = UserItems::default();
        let new = OLD.next();
        assert_eq!(
            items.hear("a", "Wh", OLD),
            Some(words(OLD, "Wh")),
            "before the end of the turn"
        );
        items.committed("a", new);
        let later = new.next();
        assert_eq!(items.hear("a", "at", later), Some(words(new, "What")));
        assert_eq!(items.hear("a", "", later), None);
        assert!(!items.are_complete());
        assert_eq!(
            items.complete("a", "What?", later),
            Some(last_words(new, "What?"))
        );
        assert!(items.are_complete());
        assert_eq!(items.complete("a", "What?", later), None, "once is enough");
        assert_eq!(items.hear("a", "!", later), None);
    }

    #[test]
    fn who_goes_on_before_an_answer_adds_to_the_same_turn() {
        let mut items = UserItems::default();
        let new = OLD.next();
        items.committed("a", OLD);
        items.committed("b", new);
        assert_eq!(items.complete("b", "please.", new), Some(words(new, "please.")));
        let both = last_words(new, "A coffee, please.");
        assert_eq!(items.complete("a", "A coffee,", new), Some(both));
        items.answered();
        items.committed("c", new);
        assert_eq!(
            items.complete("c", "Thanks.", new),
            Some(last_words(new, "Thanks."))
        );
    }

    #[test]
    fn silence_after_words_takes_nothing_back() {
        let mut items = UserItems::default();
        items.committed("a", OLD);
        items.complete("a", "A coffee.", OLD);
        items.committed("b", OLD.next());
        let all = Some(last_words(OLD.next(), "A coffee."));
        assert_eq!(items.complete("b", "", OLD.next()), all);
    }

    #[test]
    fn silence_has_no_words() {
        let mut items = UserItems::default();
        assert_eq!(items.complete("a", "", OLD), None);
        items.answered();
        items.hear("b", "Hm", OLD);
        assert_eq!(
            items.complete("b", "", OLD),
            Some(last_words(OLD, "")),
            "it was taken back"
        );
        items.committed("c", OLD);
        assert_eq!(items.fail("c", OLD), None);
        items.hear("d", "Hm", OLD);
        assert_eq!(items.fail("d", OLD), Some(last_words(OLD, "Hm")), "no more come");
        assert_eq!(items.fail("d", OLD), None);
        assert!(items.are_complete());
    }

    #[test]
    fn items_without_words_are_forgotten() {
        let mut items = UserItems::default();
        for number in 0..1_000 {
            items.committed(&number.to_string(), OLD);
        }
        assert_eq!(items.items.len(), MOST_ITEMS);
    }
}
