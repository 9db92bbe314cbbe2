//! A virtual sound card: what goes into the browser's microphone and what comes out of its loudspeaker, recorded on one clock.
//!
//! The left channel of a null sink is the microphone: what is played into `mouth` is what the browser hears. The right channel is
//! the loudspeaker: the browser plays into `speaker`, its default. Both are recorded from the monitor of that sink.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};
use viva_audio::{Clip, SampleRate, pcm};

use viva_e2e_tests::edges::Track;

const RATE: SampleRate = SampleRate::HZ_48K;
const START_LIMIT: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

const DEVICES: [&str; 4] = [
    "module-null-sink sink_name=card rate=48000 channels=2 channel_map=front-left,front-right",
    "module-remap-sink sink_name=mouth master=card channels=1 channel_map=mono master_channel_map=front-left remix=no",
    "module-remap-sink sink_name=speaker master=card channels=1 channel_map=mono master_channel_map=front-right remix=no",
    "module-remap-source source_name=ear master=card.monitor channels=1 channel_map=mono master_channel_map=front-left remix=no",
];

/// A server of one's own; it ends when this is dropped.
pub(super) struct SoundCard {
    folder: TempDir,
    _server: Child,
}

/// What both sides said.
pub(super) struct Recording {
    pub(super) microphone: Track,
    pub(super) speaker: Track,
}

/// A recording that runs.
pub(super) struct Recorder {
    child: Child,
    path: PathBuf,
}

impl SoundCard {
    pub(super) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let socket = socket(folder.path());
        let modules = DEVICES.map(|device| format!("load-module {device}\n"));
        let script = format!(
            "{}load-module module-native-protocol-unix auth-anonymous=1 socket={}\n\
             set-default-sink speaker\nset-default-source ear\n",
            modules.concat(),
            socket.display()
        );
        let script_path = folder.path().join("card.pa");
        std::fs::write(&script_path, script)?;
        let server = Command::new("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--disallow-exit",
                "--high-priority=no",
                "-F",
            ])
            .arg(&script_path)
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("PULSE_RUNTIME_PATH", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("PulseAudio could not be started; `cargo xtask truth` installs it")?;
        let card = Self {
            folder,
            _server: server,
        };
        let deadline = Instant::now() + START_LIMIT;
        while !card.answers().await {
            ensure!(Instant::now() < deadline, "PulseAudio does not answer");
            sleep(LOOK_EVERY).await;
        }
        Ok(card)
    }

    async fn answers(&self) -> bool {
        let asked = self.client("pactl").arg("info").status().await;
        asked.is_ok_and(|status| status.success())
    }

    /// What a program needs in its environment to use it.
    pub(super) fn environment(&self) -> [(&'static str, String); 1] {
        [(
            "PULSE_SERVER",
            format!("unix:{}", socket(self.folder.path()).display()),
        )]
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .envs(self.environment())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Says something into the microphone, until it is said.
    pub(super) async fn say(&self, clip: &Clip) -> Result<()> {
        let path = self.folder.path().join("said.raw");
        let clip = clip.resampled(RATE);
        tokio::fs::write(&path, pcm::to_le_bytes(&clip.samples)).await?;
        let mut player = self.client("paplay");
        player.args([
            "--device=mouth",
            "--raw",
            "--format=s16le",
            "--rate=48000",
            "--channels=1",
        ]);
        succeeded(player.arg(&path).status().await?)
    }

    pub(super) fn record(&self) -> Result<Recorder> {
        let path = self.folder.path().join("heard.raw");
        let mut recorder = self.client("parec");
        recorder
            .args([
                "--device=card.monitor",
                "--format=s16le",
                "--rate=48000",
                "--channels=2",
                "--latency-msec=10",
            ])
            .stdout(File::create(&path)?);
        Ok(Recorder {
            child: recorder.spawn()?,
            path,
        })
    }
}

impl Recorder {
    /// Ends the recording.
    pub(super) async fn stop(mut self) -> Result<Recording> {
        self.child.kill().await?;
        let bytes = tokio::fs::read(&self.path).await?;
        let samples: Vec<i16> = bytes
            .chunks_exact(2)
            .map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]))
            .collect();
        let channel = |number: usize| Track {
            rate: RATE,
            samples: samples.iter().skip(number).step_by(2).copied().collect(),
        };
        Ok(Recording {
            microphone: channel(0),
            speaker: channel(1),
        })
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("native")
}

fn succeeded(status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "PulseAudio's program failed: {status}");
    Ok(())
}
