use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use viva_audio::Clip;
use viva_client::{Client, Conversation};
use viva_protocol::ws::{ClientMessage, Interaction, RealtimeConfig, ServerMessage, StartSession};

/// Longer than anything here takes; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
const VIVA: &str = env!("CARGO_BIN_EXE_viva");
pub(crate) const FRAME: usize = 480;
pub(crate) const FRAME_TIME: Duration = Duration::from_millis(20);

/// A folder for one server's data.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn storage(&self) -> PathBuf {
        self.path().join("storage")
    }

    pub(crate) fn database_url(&self) -> String {
        format!("sqlite://{}", self.path().join("viva.db").display())
    }

    /// `viva` with its data in this folder and nothing of the environment that could change its settings.
    pub(crate) fn viva(&self, args: &[&str]) -> Command {
        self.command(VIVA, args)
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("VIVA__SERVER__LISTEN", "127.0.0.1:0")
            .env("VIVA__DATABASE__URL", self.database_url())
            .env("VIVA__STORAGE__URL", self.storage())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn serve(&self) -> Server {
        self.serve_with(&[]).await
    }

    /// Serves with these variables besides.
    pub(crate) async fn serve_with(&self, variables: &[(&str, String)]) -> Server {
        let mut command = self.viva(&["serve"]);
        command.envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
        self.started(command).await
    }

    /// Serves with a provider in whose vendor's place another server is.
    pub(crate) async fn serve_at(&self, provider: &str, base_url: String, key: &str) -> Server {
        let section = provider.to_uppercase().replace('-', "_");
        let variable = |setting: &str| format!("VIVA__PROVIDERS__{section}__{setting}");
        let (address, secret) = (variable("BASE_URL"), variable("API_KEY"));
        self.serve_with(&[(address.as_str(), base_url), (secret.as_str(), key.to_owned())])
            .await
    }

    /// Serves, and can write no file that is longer than so many KiB.
    #[cfg(unix)]
    pub(crate) async fn serve_within(&self, kib: u32) -> Server {
        // The shell counts blocks of 512 bytes. A program that does not ignore the signal would be killed by the limit, where
        // a full disk only fails its writes.
        let script = "trap '' XFSZ; ulimit -f \"$1\" && exec \"$2\" serve";
        let blocks = (kib * 2).to_string();
        self.started(self.command("/bin/sh", &["-c", script, "sh", &blocks, VIVA]))
            .await
    }

    /// Serves in a process whose files [`Server::limit_files`] can limit, but for its log, which another one writes.
    #[cfg(target_os = "linux")]
    pub(crate) async fn serve_that_fills(&self) -> Server {
        let script = "trap '' XFSZ; mkfifo log.pipe && (cat <log.pipe >&2) >/dev/null & \
                      until [ -p log.pipe ]; do :; done; exec \"$1\" serve 2>log.pipe";
        self.started(self.command("/bin/sh", &["-c", script, "sh", VIVA]))
            .await
    }

    /// What the server that was started last had to say besides its address.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).expect("a server was started")
    }

    fn log_file(&self) -> PathBuf {
        self.path().join("viva.log")
    }

    async fn started(&self, mut command: Command) -> Server {
        let log = std::fs::File::create(self.log_file()).expect("the folder can be written");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("viva starts");
        let stdout = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(PATIENCE, lines.next_line())
            .await
            .expect("it listens soon");
        let line = line
            .expect("its output can be read")
            .expect("it says where it listens");
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .expect("an address");
        Server {
            child,
            url: url.trim_end_matches('.').to_owned(),
            announcement: line,
        }
    }
}

/// Runs a command to its end.
pub(crate) async fn output(command: &mut Command) -> Output {
    timeout(PATIENCE, command.output())
        .await
        .expect("it ends soon")
        .expect("viva starts")
}

/// Calls the server with `viva talk`, as somebody who says what is in the recording and expects so many turns. Answers its
/// report.
pub(crate) async fn call(
    folder: &Folder,
    server: &Server,
    recording: &str,
    turns: usize,
    args: &[&str],
) -> Value {
    let mut command = folder.viva(&["talk", "--json", "--url", server.url()]);
    command
        .arg("--wav")
        .arg(fixture(recording))
        .args(["--turns", &turns.to_string()])
        .args(args);
    let output = output(&mut command).await;
    let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert!(
        output.status.success(),
        "{}\n{report:#}",
        String::from_utf8_lossy(&output.stderr)
    );
    report
}

fn fixture(recording: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../audio/tests/fixtures");
    fixtures.join(recording).with_extension("wav")
}

/// A recording with known boundaries.
pub(crate) fn clip(recording: &str) -> Clip {
    read_wav(&fixture(recording))
}

/// What a WAV file holds.
pub(crate) fn read_wav(path: &Path) -> Clip {
    let file = std::fs::File::open(path).expect("the file is there");
    Clip::read(std::io::BufReader::new(file)).expect("it is a WAV file")
}

/// Whether there is more in it than silence.
pub(crate) fn can_be_heard(clip: &Clip) -> bool {
    clip.samples.iter().any(|sample| sample.unsigned_abs() > 500)
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    url: String,
    announcement: String,
}

impl Server {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The first line that it printed.
    pub(crate) fn announcement(&self) -> &str {
        &self.announcement
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url).expect("the server printed a good address")
    }

    /// As somebody who has this token.
    pub(crate) fn client_of(&self, token: &str) -> Client {
        self.client().with_token(token).expect("a header can carry it")
    }

    pub(crate) async fn start_session(&self) -> Conversation {
        Self::start_session_of(&self.client()).await
    }

    pub(crate) async fn start_session_of(client: &Client) -> Conversation {
        let config = RealtimeConfig {
            options: [("delay_ms".to_owned(), 0.into())].into_iter().collect(),
            ..RealtimeConfig::default()
        };
        let connection = client.connect().await.expect("the server takes connections");
        connection
            .start(StartSession::new(&Interaction::Realtime(config)))
            .await
            .expect("the session starts")
    }

    /// Kills it and waits until it is gone: the next one in the folder finds nothing locked.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    pub(crate) async fn exit_code(mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("it ends soon")
            .expect("it can be waited for")
            .code()
    }

    /// From now on its files may be so long and no longer, as on a disk that is full; `None`: as long as any.
    #[cfg(target_os = "linux")]
    pub(crate) fn limit_files(&self, most: Option<u64>) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(Pid::from_raw).expect("it runs");
        let own = getrlimit(Resource::Fsize);
        let limit = Rlimit {
            current: most.or(own.current),
            maximum: own.maximum,
        };
        prlimit(Some(id), Resource::Fsize, limit).expect("it is a child of this process");
    }

    #[cfg(unix)]
    pub(crate) async fn terminate(&self) {
        let id = self.child.id().expect("it runs").to_string();
        // The shell's own `kill`: small systems have no program of that name.
        let killed = Command::new("/bin/sh")
            .args(["-c", "kill -s TERM \"$1\"", "sh", &id])
            .status()
            .await;
        assert!(killed.expect("the shell starts").success());
    }
}

/// Asks a question aloud, in real time, until the AI answers. Answers what the server said meanwhile.
pub(crate) async fn ask(conversation: &mut Conversation) -> Vec<ServerMessage> {
    timeout(PATIENCE, ask_aloud(conversation))
        .await
        .expect("the AI answers")
}

async fn ask_aloud(conversation: &mut Conversation) -> Vec<ServerMessage> {
    let clip = clip("question-en");
    conversation
        .send(&ClientMessage::Ready)
        .await
        .expect("the session goes on");
    let mut clock = tokio::time::interval(FRAME_TIME);
    let mut captured = Duration::from_secs(100);
    let mut frames = clip.samples.chunks(FRAME);
    let mut said = Vec::new();
    loop {
        tokio::select! {
            _ = clock.tick() => {
                let silence = [0; FRAME];
                let frame = frames.next().unwrap_or(&silence);
                conversation.send_audio(frame, captured).expect("the session goes on");
                captured += FRAME_TIME;
            }
            event = conversation.next_event() => {
                match event.expect("the session goes on") {
                    viva_client::Event::Audio { .. } => return said,
                    viva_client::Event::Message(message) => said.push(message),
                    viva_client::Event::Closed { .. } => {}
                }
            }
        }
    }
}

/// The next message that the test waits for.
pub(crate) async fn until(
    conversation: &mut Conversation,
    is_it: impl Fn(&ServerMessage) -> bool,
) -> ServerMessage {
    let waiting = async {
        loop {
            let event = conversation.next_event().await.expect("the session goes on");
            if let viva_client::Event::Message(message) = event
                && is_it(&message)
            {
                return message;
            }
        }
    };
    timeout(PATIENCE, waiting).await.expect("it comes soon")
}

/// Ends the session. Answers what the server says to the end.
pub(crate) async fn hang_up(conversation: &mut Conversation) -> Vec<ServerMessage> {
    conversation.end().await.expect("the session goes on");
    let mut said = Vec::new();
    let ending = async {
        while let Some(event) = conversation.next_event().await {
            let viva_client::Event::Message(message) = event else {
                continue;
            };
            let is_last = matches!(message, ServerMessage::SessionEnded(_));
            said.push(message);
            if is_last {
                return;
            }
        }
        panic!("the session does not end: {said:?}");
    };
    timeout(PATIENCE, ending).await.expect("it ends soon");
    said
}

/// Every WAV file below a folder.
pub(crate) fn recordings(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(recordings(&path));
        } else if path.extension().is_some_and(|extension| extension == "wav") {
            found.push(path);
        }
    }
    found
}
