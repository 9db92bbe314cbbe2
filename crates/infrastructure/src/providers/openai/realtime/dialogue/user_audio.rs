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
        while self.kept > most_s * RATE as usize
            && let Some(oldest) = self.portions.pop_front()
        {
            self.kept -= oldest.len();
        }
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

/// What the user said, in the provider's items.
#[derive(Debug, Default)]
pub(super) struct UserItems {
    items: VecDeque<UserItem>,
}

#[derive(Debug)]
struct UserItem {
    id: String,
    generation: Generation,
    text: String,
    is_final: bool,
}

/// What an item says by now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) generation: Generation,
    pub(super) text: String,
}

impl UserItems {
    /// A turn was taken; its words carry this generation, however late they come.
    pub(super) fn committed(&mut self, id: &str, generation: Generation) {
        self.item(id, generation).generation = generation;
    }

    /// More words; `None` when there are none.
    pub(super) fn hear(&mut self, id: &str, delta: &str, now: Generation) -> Option<Words> {
        let item = self.item(id, now);
        if delta.is_empty() || item.is_final {
            return None;
        }
        item.text.push_str(delta);
        Some(item.words())
    }

    /// The last words; `None` when nothing was understood, unless something was said to have been.
    pub(super) fn complete(&mut self, id: &str, text: &str, now: Generation) -> Option<Words> {
        let item = self.item(id, now);
        let is_news = !item.is_final && (!text.is_empty() || !item.text.is_empty());
        item.is_final = true;
        text.clone_into(&mut item.text);
        is_news.then(|| item.words())
    }

    /// There will be no words, or no more.
    pub(super) fn fail(&mut self, id: &str, now: Generation) {
        self.item(id, now).is_final = true;
    }

    pub(super) fn are_complete(&self) -> bool {
        self.items.iter().all(|item| item.is_final)
    }

    fn item(&mut self, id: &str, generation: Generation) -> &mut UserItem {
        let known = self.items.iter().position(|item| item.id == id);
        let index = known.unwrap_or_else(|| {
            if self.items.len() == MOST_ITEMS {
                self.items.pop_front();
            }
            self.items.push_back(UserItem {
                id: id.to_owned(),
                generation,
                text: String::new(),
                is_final: false,
            });
            self.items.len() - 1
        });
        &mut self.items[index]
    }
}

impl UserItem {
    fn words(&self) -> Words {
        Words {
            generation: self.generation,
            text: self.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Generation = Generation::FIRST;

    fn words(generation: Generation, text: &str) -> Words {
        let text = text.to_owned();
        Words { generation, text }
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
        assert_eq!(items.complete("a", "What?", later), Some(words(new, "What?")));
        assert!(items.are_complete());
        assert_eq!(items.complete("a", "What?", later), None, "once is enough");
        assert_eq!(items.hear("a", "!", later), None);
    }

    #[test]
    fn silence_has_no_words() {
        let mut items = UserItems::default();
        assert_eq!(items.complete("a", "", OLD), None);
        items.hear("b", "Hm", OLD);
        assert_eq!(
            items.complete("b", "", OLD),
            Some(words(OLD, "")),
            "it was taken back"
        );
        items.committed("c", OLD);
        items.fail("c", OLD);
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
