//! Headless Chromium with a WAV file, or a virtual sound card, as its microphone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::{ChromeCapabilities, DesiredCapabilities, WebDriver};
use tokio::io::{AsyncBufReadExt, BufReader, copy, sink};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use viva_audio::Clip;

use crate::page::Page;

/// Audio runs in real time, and several browsers at once would wait for each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

const START_LIMIT: Duration = Duration::from_mins(1);
const BINARIES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS: [&str; 9] = [
    "--headless=new",
    // Chromium refuses to run sandboxed as root, as in containers.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// What the microphone of a test is.
#[derive(Debug, Clone, Copy)]
pub enum Microphone {
    /// The question once, then silence.
    AskOnce,
    /// The question again and again, every 5.9 s.
    AskAgain,
    /// The question, and 2.5 s after it something else.
    SpeakOver,
    /// The question, and 2.5 s after it a cough.
    Cough,
    /// Chromium asks, and nobody answers.
    NotAllowed,
    /// The sound card's.
    Card,
}

/// A browser that is not open yet.
pub struct Browser {
    microphone: Microphone,
    languages: &'static str,
    environment: Vec<(&'static str, String)>,
    token: Option<String>,
}

impl Browser {
    pub fn with(microphone: Microphone) -> Self {
        Self {
            microphone,
            languages: "en-US,en",
            environment: Vec::new(),
            token: None,
        }
    }

    /// Signs in with this token.
    pub fn token(self, token: &str) -> Self {
        let token = Some(token.to_owned());
        Self { token, ..self }
    }

    /// What the browser needs in its environment, as for a sound card.
    pub fn environment(self, environment: &[(&'static str, String)]) -> Self {
        Self {
            environment: environment.to_vec(),
            ..self
        }
    }

    /// The languages that the browser asks for.
    pub fn languages(self, languages: &'static str) -> Self {
        Self { languages, ..self }
    }

    /// Opens the address, runs the test and closes the browser, whatever the test says.
    pub async fn visit(self, url: &str, test: impl AsyncFnOnce(&Page) -> Result<()>) -> Result<()> {
        let driver = Driver::start(&self.environment).await?;
        let profile = tempfile::tempdir()?;
        let web = WebDriver::new(&driver.url, self.capabilities(&profile)?)
            .await
            .context("Chromium did not start")?;
        let page = Page::new(web.clone());
        let opened = match &self.token {
            Some(token) => page.open_signed_in(url, token).await,
            None => page.open(url).await,
        };
        let outcome = match opened {
            Ok(()) => test(&page).await,
            Err(err) => Err(err),
        };
        let outcome = match outcome {
            Ok(()) => Ok(()),
            Err(err) => Err(err.context(page.describe().await)),
        };
        web.quit().await?;
        outcome
    }

    fn capabilities(&self, profile: &TempDir) -> Result<ChromeCapabilities> {
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS {
            capabilities.add_arg(flag)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        let file = match self.microphone {
            Microphone::AskOnce | Microphone::NotAllowed => Some(once("question-en.wav")?),
            Microphone::AskAgain => Some(fixture("question-en.wav")?.display().to_string()),
            Microphone::SpeakOver => Some(once("barge-in-en.wav")?),
            Microphone::Cough => Some(once("cough-en.wav")?),
            Microphone::Card => None,
        };
        if let Some(file) = file {
            capabilities.add_arg("--use-fake-device-for-media-stream")?;
            capabilities.add_arg(&format!("--use-file-for-fake-audio-capture={file}"))?;
        }
        if !matches!(self.microphone, Microphone::NotAllowed) {
            capabilities.add_arg("--use-fake-ui-for-media-stream")?;
        }
        capabilities.add_experimental_option("prefs", json!({ "intl.accept_languages": self.languages }))?;
        if let Some(binary) = binary() {
            capabilities.set_binary(&binary.display().to_string())?;
        }
        Ok(capabilities)
    }
}

/// A chromedriver on a free port; it ends when this is dropped.
struct Driver {
    url: String,
    _child: Child,
    _turn: MutexGuard<'static, ()>,
}

impl Driver {
    async fn start(environment: &[(&'static str, String)]) -> Result<Self> {
        let turn = ONE_AT_A_TIME.lock().await;
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("chromedriver could not be started; `cargo xtask e2e` installs it")?;
        let output = child.stdout.take().context("chromedriver has no output")?;
        let mut output = BufReader::new(output);
        let port = timeout(START_LIMIT, async {
            let mut line = String::new();
            while output.read_line(&mut line).await? > 0 {
                if let Some((_, port)) = line.split_once("started successfully on port ") {
                    return Ok(port.trim_end().trim_end_matches('.').to_owned());
                }
                line.clear();
            }
            anyhow::bail!("chromedriver ended before it listened")
        });
        let port = port.await.context("chromedriver does not listen")??;
        // A pipe that is full, or that nobody holds open, would stop it at its next line.
        TaskTracker::new().spawn(async move { copy(&mut output, &mut sink()).await });
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            _child: child,
            _turn: turn,
        })
    }
}

fn binary() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    BINARIES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

/// A fixture's sound.
pub fn clip(name: &str) -> Result<Clip> {
    let file = File::open(fixture(name)?)?;
    Ok(Clip::read(std::io::BufReader::new(file))?)
}

fn once(name: &str) -> Result<String> {
    Ok(format!("{}%noloop", fixture(name)?.display()))
}

/// Chromium opens no file by a path that goes up.
fn fixture(name: &str) -> Result<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/audio/tests/fixtures");
    let path = path.join(name);
    path.canonicalize().with_context(|| path.display().to_string())
}
