//! Conversations that are given up at any moment, many times over real sockets: nothing of them may be left.
#![cfg(target_os = "linux")]

mod cascade;
mod realtime;

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;
use viva_application::modes::{ModeFactory, ModeSaid, OpenMode};
use viva_audio::SampleRate;
use viva_domain::providers::{CredentialStatus, ProviderCatalogue, ProviderInfo};
use viva_domain::sessions::Interaction;
use viva_domain::turns::{Generation, ModeInput, ModeOrder};
use viva_infrastructure::providers::Defaults;
use viva_infrastructure::providers::transport::Account;

const CYCLES: usize = 1_000;
/// Before anything is counted: what is opened and kept once is no leak.
const WARM_UP: usize = 200;
const AT_ONCE: usize = 20;
/// More than the runtime opens for itself, and far less than one for each conversation.
const FILES_SLACK: usize = 4;
/// 8 KiB for each conversation: what the allocator keeps, and the vendors besides audio.
const KIB_SLACK: u64 = 8 * 1_024;
/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);
const KEY: &str = "sk-of-everybody";
/// Files and memory are counted for the process: one test after the other.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Where a conversation is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Opened,
    Committed,
    Transcribed,
    FirstText,
    FirstAudio,
}

/// Scripted vendors who never end an answer: whoever is not given up stays.
trait Vendors {
    /// Where conversations with them are given up, in turns.
    const ENDS: &'static [Until];
    /// Samples of a turn at 24 kHz.
    const TURN: usize;
    /// What they keep of a conversation for tests to look at, in bytes.
    const RECORDED: u64;

    fn catalogue(&self, tasks: &TaskTracker) -> ProviderCatalogue;

    /// What a conversation with them is opened with.
    fn wanted(&self) -> Interaction;

    /// Lines up the answer to one turn.
    fn line_up(&self);

    /// Waits until they see no open connection of a conversation.
    async fn all_closed(&self);
}

fn account(provider: &str, url: &str) -> Account {
    Account {
        provider: provider.to_owned(),
        base_url: url.parse().expect("an address"),
        api_key: Some(SecretString::from(KEY)),
        organization: None,
    }
}

fn defaults(model: &str, voice: Option<&str>) -> Defaults {
    Defaults {
        model: Some(model.to_owned()),
        voice: voice.map(str::to_owned),
    }
}

fn info(id: &str) -> ProviderInfo {
    ProviderInfo {
        id: id.to_owned(),
        name: id.to_owned(),
        models: Vec::new(),
        voices: Vec::new(),
        languages: Vec::new(),
        custom_names: false,
        credential: CredentialStatus::Present,
        needs: Vec::new(),
    }
}

/// Opens a conversation, says something, and gives it up.
async fn cycle<V: Vendors>(vendors: &V, modes: &ModeFactory, tasks: &TaskTracker, until: Until) {
    let wanted = vendors.wanted();
    let interaction = modes.resolve(&wanted).expect("the configuration is right");
    let request = OpenMode {
        interaction: &interaction,
        instructions: "",
        ai_role: None,
        history: Vec::new(),
        input_rate: SampleRate::HZ_24K,
        output_rate: SampleRate::HZ_24K,
        tasks,
    };
    let mut mode = modes.open(request).await.expect("everybody is there");
    if until == Until::Opened {
        return;
    }
    let ago = SampleRate::HZ_24K.duration_of(V::TURN as u64);
    mode.push_audio(&tone(V::TURN).into());
    mode.order(ModeOrder::SpeechBegan { ago });
    mode.order(ModeOrder::Commit(Generation::FIRST.next()));
    let is_reached = |what: &ModeInput| match until {
        Until::Opened | Until::Committed => true,
        Until::Transcribed => matches!(what, ModeInput::UserTranscript { is_final: true, .. }),
        Until::FirstText => matches!(what, ModeInput::TextDelta(_)),
        Until::FirstAudio => matches!(what, ModeInput::Audio(_)),
    };
    if until == Until::Committed {
        return;
    }
    loop {
        let event = mode.next().await.expect("the conversation goes on");
        if let ModeSaid::Said(what) = event.what
            && is_reached(&what)
        {
            return;
        }
    }
}

/// Loud enough to be speech.
fn tone(samples: usize) -> Vec<i16> {
    (0..samples)
        .map(|at| if at / 60 % 2 == 0 { 6_000 } else { -6_000 })
        .collect()
}

async fn cycles<V: Vendors>(vendors: &V, modes: &ModeFactory, tasks: &TaskTracker, count: usize) {
    for batch in 0..count / AT_ONCE {
        for _ in 0..AT_ONCE {
            vendors.line_up();
        }
        let end = |n| V::ENDS[(batch + n) % V::ENDS.len()];
        let batch = (0..AT_ONCE).map(|n| cycle(vendors, modes, tasks, end(n)));
        timeout(PATIENCE, join_all(batch)).await.expect("nobody hangs");
    }
}

/// Waits until nothing of any conversation is open or runs; answers how long that took.
async fn all_over(vendors: &impl Vendors, tasks: &TaskTracker) -> Duration {
    let from = Instant::now();
    let over = async {
        vendors.all_closed().await;
        while !tasks.is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, over).await.expect("everything is closed");
    from.elapsed()
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Memory of this process in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[expect(clippy::print_stderr, reason = "the figures are shown with --nocapture")]
async fn leave_nothing_behind<V: Vendors>(who: &str, vendors: V) {
    let tasks = TaskTracker::new();
    let modes = ModeFactory::new(vendors.catalogue(&tasks));
    cycles(&vendors, &modes, &tasks, WARM_UP).await;
    all_over(&vendors, &tasks).await;
    let (files, kib) = (open_files(), memory());

    let began = Instant::now();
    cycles(&vendors, &modes, &tasks, CYCLES).await;
    let took = began.elapsed();
    let closed_after = all_over(&vendors, &tasks).await;
    let (files_left, kib_left) = (open_files(), memory());
    // A vector that grows has room for up to twice of what is in it.
    let recorded = 2 * CYCLES as u64 * V::RECORDED / 1_024;
    let figures = format!(
        "{who}: {CYCLES} cycles in {} ms; the last connection was closed {} ms after the last cycle; {files} open files \
         before, {files_left} after; {kib} KiB before, {kib_left} KiB after, with up to {recorded} KiB that the vendors keep",
        took.as_millis(),
        closed_after.as_millis()
    );
    assert!(files_left <= files + FILES_SLACK, "{figures}");
    assert!(kib_left <= kib + recorded + KIB_SLACK, "{figures}");
    eprintln!("{figures}");
}
