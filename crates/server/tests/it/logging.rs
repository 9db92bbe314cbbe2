//! What the log tells of conversations: everything that is needed to follow them, and nothing of what was said.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{interval, timeout};
use viva_client::{Conversation, Event};
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer, Spoken};
use viva_protocol::ws::{
    CascadeConfig, ClientMessage, Interaction, RealtimeConfig, ServerMessage, StartSession,
};

use crate::bench::{FRAME, FRAME_TIME, Folder, PATIENCE, Server, call, clip, hang_up, until};

const KEY: &str = "sk-of-everybody";
/// What the user says and what the AI does, which is nobody's business.
const SECRETS: [&str; 3] = ["purple elephant", "golden giraffe", "velvet badger"];
const FILTER: &str = "info,viva_application=debug,viva_infrastructure=debug,viva_presentation=debug";

/// A line of the log.
#[derive(Debug)]
struct Line(Value);

impl Line {
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    fn event(&self) -> &str {
        self.text("event")
    }

    fn area(&self) -> &str {
        self.event().split('.').next().unwrap_or_default()
    }

    fn turn(&self) -> Option<u64> {
        self.0["turn.number"].as_u64()
    }

    fn is_told_to_operators(&self) -> bool {
        ["ERROR", "WARN", "INFO"].contains(&self.text("level"))
    }
}

fn parsed(log: &str) -> Vec<Line> {
    let parse = |line| Line(serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}")));
    log.lines().map(parse).collect()
}

/// What operators are told of a session, in order: the event and its turn.
fn story<'a>(lines: &'a [Line], session: &str) -> Vec<(&'a str, Option<u64>)> {
    let told = lines
        .iter()
        .filter(|line| line.text("session.id") == session && line.is_told_to_operators());
    told.map(|line| (line.event(), line.turn())).collect()
}

fn options(given: &[(&str, Value)]) -> serde_json::Map<String, Value> {
    given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

/// An answer that lasts until somebody interrupts it, and says what nobody else shall know.
fn long_answer() -> Value {
    let answer = format!("Let me tell you of the {}. ", SECRETS[1]);
    json!([answer.repeat(20)])
}

fn realtime() -> Interaction {
    Interaction::Realtime(RealtimeConfig {
        options: options(&[
            ("delay_ms", json!(0)),
            ("pace", json!("realtime")),
            ("transcripts", json!([SECRETS[0]])),
            ("answers", long_answer()),
        ]),
        ..RealtimeConfig::default()
    })
}

fn cascade() -> Interaction {
    Interaction::Cascade(CascadeConfig {
        options: options(&[
            ("stt_transcripts", json!([SECRETS[0]])),
            ("llm_answers", long_answer()),
        ]),
        ..CascadeConfig::default()
    })
}

async fn start(server: &Server, interaction: &Interaction) -> Conversation {
    let connection = server.client().connect().await.expect("it takes connections");
    let start = StartSession::new(interaction);
    connection.start(start).await.expect("the session starts")
}

/// Asks a question aloud, and says that this was all.
async fn ask(conversation: &mut Conversation) {
    let clip = clip("question-en");
    let mut clock = interval(FRAME_TIME);
    let mut captured = Duration::from_secs(100);
    for frame in clip.samples.chunks(FRAME) {
        clock.tick().await;
        let sent = conversation.send_audio(frame, captured);
        sent.expect("the session goes on");
        captured += FRAME_TIME;
    }
    let sent = conversation.send(&ClientMessage::EndTurn).await;
    sent.expect("the session goes on");
}

/// Asks, and interrupts the answer as soon as it is heard. Waits until nothing follows of the turn.
async fn interrupt(folder: &Folder, conversation: &mut Conversation) {
    ask(conversation).await;
    let heard = async { while !matches!(conversation.next_event().await, Some(Event::Audio { .. })) {} };
    timeout(PATIENCE, heard).await.expect("it answers");
    conversation
        .interrupt(Some(Duration::from_millis(40)))
        .await
        .expect("the session goes on");
    until(conversation, |message| {
        matches!(message, ServerMessage::Interrupted(_))
    })
    .await;
    let id = conversation.started().session_id.to_string();
    let is_over = |line: &str| line.contains("turn.finished") && line.contains(&id);
    logged(folder, |log| log.lines().any(is_over)).await;
}

/// Waits until the log says something.
async fn logged(folder: &Folder, is_it: impl Fn(&str) -> bool) {
    let looking = async {
        loop {
            let log = folder.log();
            // The last line may not be whole yet.
            let whole = log.rfind('\n').map_or("", |end| &log[..end]);
            if is_it(whole) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, looking).await.expect("it is logged soon");
}

/// Whether a session had this happen to it, in lines for machines.
fn has_happened(log: &str, session: &str, event: &str) -> bool {
    let lines = parsed(log);
    story(&lines, session).iter().any(|(told, _)| *told == event)
}

/// A session that is interrupted, loses its client and gets it back; answers its id.
async fn lost_and_resumed(folder: &Folder, server: &Server) -> String {
    let mut conversation = start(server, &realtime()).await;
    let id = conversation.started().session_id.to_string();
    interrupt(folder, &mut conversation).await;
    let ticket = conversation.ticket();
    drop(conversation);
    logged(folder, |log| has_happened(log, &id, "session.client_lost")).await;
    let connection = server.client().connect().await.expect("it takes connections");
    let mut conversation = connection.resume(ticket).await.expect("it is taken back");
    hang_up(&mut conversation).await;
    id
}

/// A server with ears of a vendor, and a language model that is not there.
async fn serve(folder: &Folder, format: &str, ears: &DeepgramServer) -> Server {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let nowhere = closed.local_addr().expect("it has one");
    drop(closed);
    let catalogue = format!(
        r#"
        [[providers]]
        id = "nowhere"
        name = "Nowhere"
        base_url = "http://{nowhere}"
        key = "optional"
        [providers.llm]
        adapter = "openai"
        models = [{{ id = "none" }}]
        "#
    );
    std::fs::write(folder.path().join("mine.toml"), catalogue).expect("it can be written");
    let variables = [
        ("VIVA__LOG__FORMAT", format.to_owned()),
        ("VIVA__LOG__FILTER", FILTER.to_owned()),
        ("VIVA__CATALOGUE__FILE", "mine.toml".to_owned()),
        ("VIVA__PROVIDERS__NOWHERE__API_KEY", KEY.to_owned()),
        ("VIVA__PROVIDERS__DEEPGRAM__BASE_URL", ears.base_url()),
        ("DEEPGRAM_API_KEY", KEY.to_owned()),
    ];
    folder.serve_with(&variables).await
}

async fn ears() -> DeepgramServer {
    let script = DeepgramScript {
        api_key: KEY.to_owned(),
        ..DeepgramScript::default()
    };
    DeepgramServer::start(script).await.expect("it starts")
}

/// A session whose model cannot be reached, and whose ears are lost and come back; answers its id.
async fn failing(folder: &Folder, server: &Server, ears: &DeepgramServer) -> String {
    ears.hear(Spoken::of(SECRETS[2]));
    let config = CascadeConfig {
        stt_provider: "deepgram".to_owned(),
        llm_provider: "nowhere".to_owned(),
        ..CascadeConfig::default()
    };
    let mut conversation = start(server, &Interaction::Cascade(config)).await;
    let id = conversation.started().session_id.to_string();
    ask(&mut conversation).await;
    until(&mut conversation, |message| {
        matches!(message, ServerMessage::Error(_))
    })
    .await;
    ears.cut();
    logged(folder, |log| has_happened(log, &id, "provider.reconnected")).await;
    hang_up(&mut conversation).await;
    id
}

fn assert_nothing_is_given_away(log: &str) {
    for secret in SECRETS.iter().chain(&[KEY]) {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

fn assert_lines_say_where_they_belong(lines: &[Line]) {
    for line in lines {
        assert!(
            !line.event().is_empty() && !line.text("message").is_empty(),
            "{line:?}"
        );
        let is_of_session = matches!(
            line.area(),
            "session" | "turn" | "provider" | "stt" | "llm" | "tts" | "archive" | "recording" | "audio"
        );
        if is_of_session {
            assert!(!line.text("session.id").is_empty(), "{line:?}");
        }
        if matches!(line.area(), "provider" | "stt" | "llm" | "tts") {
            assert!(!line.text("provider.name").is_empty(), "{line:?}");
        }
        if line.area() == "turn" {
            assert!(line.turn().is_some(), "{line:?}");
        }
    }
}

/// One error, once, with what caused it.
fn assert_failed_once(lines: &[Line], session: &str) {
    let errors: Vec<_> = lines
        .iter()
        .filter(|line| line.is_told_to_operators() && line.0.get("error").is_some())
        .filter(|line| !line.text("session.id").is_empty())
        .collect();
    let [error] = errors[..] else {
        panic!("one error, once: {errors:?}")
    };
    assert_eq!(
        [error.text("provider.name"), error.text("error.kind")],
        ["nowhere", "unavailable"]
    );
    let causes = error.text("error");
    assert!(
        causes.starts_with("provider nowhere: it cannot be reached: ")
            && causes.contains("onnection refused"),
        "{causes}"
    );
    // What adapters say by themselves, of the turn that they say it in.
    let asked_again = lines.iter().find(|line| line.event() == "provider.asked_again");
    let asked_again = asked_again.expect("it is tried more than once");
    assert_eq!(
        (asked_again.text("session.id"), asked_again.turn()),
        (session, Some(1))
    );
}

#[tokio::test]
async fn a_conversation_can_be_followed_from_line_to_line() {
    let (folder, ears) = (Folder::new(), ears().await);
    let server = serve(&folder, "json", &ears).await;
    let resumed = lost_and_resumed(&folder, &server).await;
    let mut conversation = start(&server, &cascade()).await;
    let cut = conversation.started().session_id.to_string();
    interrupt(&folder, &mut conversation).await;
    hang_up(&mut conversation).await;
    let failed = failing(&folder, &server, &ears).await;
    let args = ["--mode", "cascade"];
    let report = call(&folder, &server, "question-en", 1, &args).await;
    let answered = report["runs"][0]["session_id"].as_str().expect("it has one");
    let ids = [&*resumed, &cut, &failed, answered];
    let are_over = |log: &str| ids.iter().all(|id| has_happened(log, id, "session.ended"));
    logged(&folder, are_over).await;
    server.kill().await;

    let log = folder.log();
    assert_nothing_is_given_away(&log);
    let lines = parsed(&log);
    assert_lines_say_where_they_belong(&lines);
    assert_eq!(
        story(&lines, &resumed),
        [
            ("session.started", None),
            ("turn.interrupted", Some(1)),
            ("turn.finished", Some(1)),
            ("session.client_lost", None),
            ("session.resumed", None),
            ("session.ended", None),
        ]
    );
    assert_eq!(
        story(&lines, &cut),
        [
            ("session.started", None),
            ("turn.interrupted", Some(1)),
            ("turn.finished", Some(1)),
            ("session.ended", None),
        ]
    );
    assert_eq!(
        story(&lines, answered),
        [
            ("session.started", None),
            ("turn.finished", Some(1)),
            ("session.ended", None),
        ]
    );
    let told = story(&lines, &failed);
    assert_eq!(
        told,
        [
            ("session.started", None),
            ("provider.failed", Some(1)),
            ("turn.finished", Some(1)),
            ("provider.reconnected", None),
            ("session.ended", None),
        ]
    );
    assert_failed_once(&lines, &failed);
    let outcomes = lines.iter().filter(|line| line.event() == "turn.finished");
    let outcomes: Vec<_> = outcomes.map(|line| line.text("turn.outcome")).collect();
    assert_eq!(outcomes, ["interrupted", "interrupted", "failed", "answered"]);
}

#[tokio::test]
async fn people_read_the_same() {
    let (folder, ears) = (Folder::new(), ears().await);
    let server = serve(&folder, "pretty", &ears).await;
    let mut conversation = start(&server, &realtime()).await;
    let id = conversation.started().session_id.to_string();
    interrupt(&folder, &mut conversation).await;
    hang_up(&mut conversation).await;
    server.kill().await;

    let log = folder.log();
    assert_nothing_is_given_away(&log);
    let of_session = format!(" session.id={id}");
    let told: Vec<_> = log
        .lines()
        .filter(|line| line.contains(" INFO ") && line.contains(&of_session))
        .map(|line| {
            let (_, said) = line.split_once(" INFO ").expect("it has a level");
            said.split_once(": ").expect("it has an event").0
        })
        .collect();
    assert_eq!(
        told,
        [
            "session.started",
            "turn.interrupted",
            "turn.finished",
            "session.ended"
        ]
    );
    assert!(
        log.contains(&format!(
            "turn.interrupted: Turn 1 was interrupted session.id={id} turn.number=1"
        )),
        "{log}"
    );
    assert!(!log.contains('\u{1b}'), "a file has no colours");
}
