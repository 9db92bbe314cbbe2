//! Remembers what was spoken lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use super::{Speech, SpeechError};

/// Most texts that are remembered.
const MAX_ENTRIES: usize = 64;
/// Most samples that are remembered, 4 MiB: 87 s, several times the fixed script.
const MAX_SAMPLES: usize = 4 * 1024 * 1024 / size_of::<i16>();

/// What was said, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SpeechKey {
    /// The voice of `espeak-ng`; `None` is the synthetic voice.
    pub(super) voice: Option<String>,
    pub(super) text: String,
}

/// Forgets what was not asked for the longest time, as soon as it would hold too much.
#[derive(Debug, Default)]
pub(super) struct SpeechCache(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<SpeechKey, Entry>,
    /// Counts requests, to tell which entry was used last.
    requests: u64,
}

#[derive(Debug, Default)]
struct Entry {
    used: u64,
    cell: Arc<OnceCell<Speech>>,
}

impl SpeechCache {
    /// The remembered speech, or that of `speak`. Of several who ask for the same at the same time one does the work;
    /// when that one gives up, the next does. Failures are not remembered.
    pub(super) async fn get_or_speak(
        &self,
        key: SpeechKey,
        speak: impl Future<Output = Result<Speech, SpeechError>>,
    ) -> Result<Speech, SpeechError> {
        let cell = self.entries().cell(key);
        if let Some(speech) = cell.get() {
            return Ok(speech.clone());
        }
        let speech = cell.get_or_try_init(|| speak).await.cloned();
        // Also after a failure, which leaves an empty entry.
        self.entries().shrink();
        speech
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn cell(&mut self, key: SpeechKey) -> Arc<OnceCell<Speech>> {
        self.requests += 1;
        let entry = self.by_key.entry(key).or_default();
        entry.used = self.requests;
        entry.cell.clone()
    }

    fn shrink(&mut self) {
        let mut samples: usize = self.by_key.values().map(Entry::samples).sum();
        while self.by_key.len() > MAX_ENTRIES || samples > MAX_SAMPLES {
            let oldest = self.by_key.iter().min_by_key(|(_, entry)| entry.used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            samples -= self.by_key.remove(&key).map_or(0, |entry| entry.samples());
        }
    }
}

impl Entry {
    fn samples(&self) -> usize {
        self.cell.get().map_or(0, |speech| speech.len())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;

    use futures_util::FutureExt;
    use futures_util::future::join;

    use super::*;

    fn key(text: &str) -> SpeechKey {
        SpeechKey {
            voice: None,
            text: text.to_owned(),
        }
    }

    async fn put(cache: &SpeechCache, text: &str, samples: usize) {
        let speech = Speech::from(vec![1; samples]);
        cache.get_or_speak(key(text), async { Ok(speech) }).await.unwrap();
    }

    fn remembers(cache: &SpeechCache, text: &str) -> bool {
        let entries = cache.entries();
        entries
            .by_key
            .get(&key(text))
            .is_some_and(|entry| entry.cell.initialized())
    }

    #[tokio::test]
    async fn two_who_ask_at_once_share_the_work() {
        let cache = SpeechCache::default();
        let spoken = Cell::new(0);
        let speak = || async {
            tokio::task::yield_now().await;
            spoken.set(spoken.get() + 1);
            Ok(Speech::from([1_i16, 2, 3]))
        };
        let (first, second) = join(
            cache.get_or_speak(key("a"), speak()),
            cache.get_or_speak(key("a"), speak()),
        )
        .await;
        assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
        assert_eq!(spoken.get(), 1);
    }

    #[tokio::test]
    async fn the_work_of_one_who_gave_up_is_done_by_the_next() {
        let cache = SpeechCache::default();
        assert!(cache.get_or_speak(key("a"), pending()).now_or_never().is_none());
        put(&cache, "a", 3).await;
        assert!(remembers(&cache, "a"));
    }

    #[tokio::test]
    async fn failures_are_tried_again() {
        let cache = SpeechCache::default();
        let failed = cache
            .get_or_speak(key("a"), async { Err(SpeechError::Timeout) })
            .await;
        assert!(failed.is_err());
        put(&cache, "a", 3).await;
        assert!(remembers(&cache, "a"));
    }

    #[tokio::test]
    async fn the_least_recently_used_is_forgotten_first() {
        let cache = SpeechCache::default();
        put(&cache, "old", MAX_SAMPLES / 2).await;
        put(&cache, "new", MAX_SAMPLES / 2).await;
        put(&cache, "old", 0).await;
        put(&cache, "more", 1).await;
        assert!(remembers(&cache, "old") && remembers(&cache, "more"));
        assert!(!remembers(&cache, "new"));
    }

    #[tokio::test]
    async fn it_holds_a_bounded_number_of_texts() {
        let cache = SpeechCache::default();
        for n in 0..200 {
            put(&cache, &n.to_string(), 1).await;
        }
        assert_eq!(cache.entries().by_key.len(), MAX_ENTRIES);
        for n in 0..200 {
            let failing =
                cache.get_or_speak(key(&format!("failing {n}")), async { Err(SpeechError::Timeout) });
            assert!(failing.await.is_err());
        }
        assert_eq!(cache.entries().by_key.len(), MAX_ENTRIES);
        put(&cache, "199", 1).await;
        assert!(remembers(&cache, "199") && !remembers(&cache, "0"));
    }
}
