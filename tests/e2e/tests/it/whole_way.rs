//! One conversation from its first word to the last of its files: held, found, heard, taken away, deleted.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use viva_audio::{Clip, HEADER_LEN, WavHeader, pcm};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::edges::Track;
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

use crate::conversation::{LISTEN, OPEN};

const QUESTION: &str = "Where did the blue umbrella go?";
const ANSWER: &str = "Somebody left it on the train to the sea.";
/// How far an edge in the recording may be off what is stored, in ms.
const EDGE_MS: f64 = 10.0;
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(30);

/// Asks once, in a session whose provider understands and says what no other does.
async fn hold(page: &Page) -> Result<String> {
    page.give_options(&json!({"transcripts": [QUESTION], "answers": [ANSWER]}))
        .await?;
    page.click(".vv-main-action").await?;
    page.until_shown("li[data-role=ai] .vv-play", 40).await?;
    let id = page.stage("session").await?;
    page.click(".vv-main-action").await?;
    page.until_shown(".vv-summary a", 10).await?;
    Ok(id)
}

/// Looks for a word that was said, and opens what is found.
async fn find(page: &Page, id: &str) -> Result<()> {
    page.follow(".vv-pages a[href='/history']").await?;
    page.write(".vv-history-text input", "umbrella").await?;
    let found = "[...document.querySelectorAll('tr[data-session]')].map(row => row.dataset.session).join()";
    page.until(
        &format!("location.search.includes('umbrella') && {found} === '{id}'"),
        10,
    )
    .await?;
    page.follow(&format!("tr[data-session='{id}'] a[href='/sessions/{id}']"))
        .await?;
    page.until_shown(OPEN, 5).await
}

async fn hear(page: &Page) -> Result<()> {
    page.value(LISTEN).await?;
    page.click(".vv-toggle").await?;
    page.until_shown(".vv-player[data-sound=playing]", 10).await?;
    page.until("window.loudest > 0.05", 10).await?;
    page.press(" ").await?;
    page.until_shown(".vv-player[data-sound=still]", 5).await
}

/// Clicks the link to the archive, and returns the file that the browser kept.
async fn take_away(page: &Page, folder: &Path) -> Result<PathBuf> {
    let behaviour = json!({"behavior": "allow", "downloadPath": folder});
    page.devtools("Browser.setDownloadBehavior", behaviour).await?;
    page.click(".vv-downloads summary").await?;
    page.click("[data-format=zip]").await?;
    let deadline = Instant::now() + DOWNLOAD_LIMIT;
    loop {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "zip") {
                return Ok(path);
            }
        }
        ensure!(Instant::now() < deadline, "the browser has no file");
        sleep(Duration::from_millis(50)).await;
    }
}

fn parts(file: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(fs::File::open(file)?)?;
    let mut parts = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        parts.insert(entry.name()?.into_owned(), content);
    }
    Ok(parts)
}

/// The user's side and the AI's.
fn sides(file: &[u8]) -> Result<[Track; 2]> {
    let header = WavHeader::decode(file.first_chunk().context("a header")?)?;
    ensure!(header.channels() == 2 && header.file_len() == file.len() as u64);
    let samples: Vec<i16> = pcm::samples_from_le_bytes(&file[HEADER_LEN..])?.collect();
    Ok([0, 1].map(|side| Track {
        rate: header.rate(),
        samples: samples.iter().skip(side).step_by(2).copied().collect(),
    }))
}

fn mark(turn: &Value, name: &str) -> Result<f64> {
    let mark = turn["marks"][name].as_f64();
    mark.with_context(|| format!("no {name} in {turn}"))
}

/// Whether both sides lie where the marks of the turn say.
#[expect(clippy::print_stdout, reason = "what is measured is for people to read")]
fn edges_agree(turn: &Value, file: &[u8]) -> Result<()> {
    let [user, ai] = sides(file)?;
    let pause = Duration::from_millis(500);
    let at = |track: &Track, sample| track.ms(0, sample);

    let question = user.sounds(pause).pop().context("the user says nothing")?;
    let (began, ended) = (at(&user, question.start), at(&user, question.end));
    let (started, stopped) = (mark(turn, "speech_started_ms")?, mark(turn, "speech_ended_ms")?);
    println!(
        "the user's edges in the file are {:+.1} and {:+.1} ms from the marks",
        began - started,
        ended - stopped
    );
    ensure!(
        (began - started).abs() <= EDGE_MS && (ended - stopped).abs() <= EDGE_MS,
        "the user speaks from {began} to {ended} ms, not from {started} to {stopped}"
    );

    let answer = ai.sounds(pause);
    let began = at(&ai, answer.first().context("the AI says nothing")?.start);
    let audible = mark(turn, "playback_started_ms")? + mark(turn, "leading_silence_ms")?;
    ensure!(
        (began - audible).abs() <= EDGE_MS,
        "the AI is heard from {began} ms, not from {audible}"
    );
    Ok(())
}

/// Whether the archive is all of the conversation.
fn check(parts: &BTreeMap<String, Vec<u8>>, id: &str) -> Result<()> {
    let names: Vec<&str> = parts.keys().map(String::as_str).collect();
    let expected = [
        "audio/turn_001_ai.wav",
        "audio/turn_001_user.wav",
        "conversation.wav",
        "session.json",
        "turns.csv",
    ];
    ensure!(names == expected, "it holds {names:?}");

    let session: Value = serde_json::from_slice(&parts["session.json"])?;
    ensure!(session["session"]["id"] == id, "it is {}", session["session"]);
    let turn = &session["turns"][0];
    ensure!(
        turn["user_transcript"] == QUESTION && turn["ai_transcript"] == ANSWER,
        "it says {turn}"
    );
    for recording in turn["recordings"].as_array().context("recordings")? {
        let file = recording["file"].as_str().context("a file")?;
        let clip = Clip::read(parts[file].as_slice())?;
        ensure!(
            recording["samples"] == clip.samples.len() && recording["sample_rate"] == clip.rate.hz(),
            "{file} is not {recording}"
        );
    }

    let table = std::str::from_utf8(&parts["turns.csv"])?;
    let is_whole = table.lines().count() == 2 && table.contains(QUESTION) && table.contains(ANSWER);
    ensure!(is_whole, "{table}");
    edges_agree(turn, &parts["conversation.wav"])
}

#[tokio::test]
async fn a_conversation_is_held_found_heard_taken_away_and_gone() -> Result<()> {
    let viva = Viva::start().await?;
    let folder = tempfile::tempdir()?;
    Browser::with(Microphone::AskOnce)
        .visit(&viva.url(), async |page| {
            let id = hold(page).await?;
            ensure!(!viva.files_of(id.parse()?)?.is_empty(), "nothing is stored");
            find(page, &id).await?;
            hear(page).await?;
            let archive = take_away(page, folder.path()).await?;
            check(&parts(&archive)?, &id)?;

            page.click(".vv-recorded-delete").await?;
            page.click(".vv-do-delete").await?;
            page.until("location.pathname === '/history'", 10).await?;
            ensure!(viva.files_of(id.parse()?)?.is_empty(), "files are left");
            let status = format!("fetch('/api/v1/interaction/sessions/{id}').then(answer => answer.status)");
            ensure!(page.value(&status).await? == 404, "it can still be asked for");
            Ok(())
        })
        .await
}
