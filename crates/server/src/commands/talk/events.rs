use viva_client::{CallEvent, Happening};
use viva_protocol::ws::{InterruptReason, PlaybackEvent, PlaybackReport, Role, ServerMessage};

/// The line that tells of an event; `None` for what happens too often to be read.
pub(super) fn line(event: &CallEvent<'_>) -> Option<String> {
    let what = match &event.what {
        Happening::ClipStarted => "the caller begins".to_owned(),
        Happening::Message(message) => describe(message)?,
        Happening::Playback(report) => playback(report)?,
        Happening::Disconnected { code, reason } => {
            let code = code.map_or_else(|| "no close code".to_owned(), |code| format!("close code {code}"));
            format!("connection lost ({code}) {reason}").trim_end().to_owned()
        }
        Happening::Resumed => "connected again, same session".to_owned(),
    };
    Some(format!("{:>8.1} ms  {what}", event.at.as_secs_f64() * 1_000.0))
}

fn describe(message: &ServerMessage) -> Option<String> {
    let line = match message {
        ServerMessage::SessionStarted(started) => format!("session {} started", started.session_id),
        ServerMessage::SpeechStarted(_) => "the user speaks".to_owned(),
        ServerMessage::SpeechEnded(ended) => format!("the user stopped after {}", seconds(ended.duration_ms)),
        ServerMessage::Transcript(transcript) if transcript.is_final => {
            let who = match transcript.role {
                Role::User => "user",
                Role::Assistant => "AI",
            };
            format!(
                "turn {}: {who}: {}",
                transcript.turn_number,
                one_line(&transcript.text)
            )
        }
        ServerMessage::ResponseStarted(started) => format!("turn {}: the AI answers", started.turn_number),
        ServerMessage::Interrupted(interrupted) => {
            let by = match interrupted.reason {
                InterruptReason::Speech => "the user's speech",
                InterruptReason::Client => "the client",
            };
            format!("turn {}: interrupted by {by}", interrupted.turn_number)
        }
        ServerMessage::ResponseEnded(ended) if ended.repeats => {
            format!(
                "turn {}: broke off unheard, and is answered again",
                ended.turn_number
            )
        }
        ServerMessage::ResponseEnded(ended) => format!("turn {}: over", ended.turn_number),
        ServerMessage::TurnLatency(measured) => {
            let total = measured
                .latency
                .total_ms
                .map_or_else(|| "unknown".to_owned(), |ms| format!("{ms:.1} ms"));
            format!("turn {}: latency {total}", measured.turn_number)
        }
        ServerMessage::FallbackOffered(offer) => format!("the provider failed: {}", offer.reason),
        ServerMessage::ModeSwitched(switched) => {
            let why = switched.reason.as_ref().map(|reason| format!(": {reason}"));
            format!("the session goes on in another mode{}", why.unwrap_or_default())
        }
        ServerMessage::Notice(notice) => format!("notice: {}", notice.message),
        ServerMessage::SessionEnded(ended) => format!("session ended, {} turns", ended.summary.total_turns),
        ServerMessage::Error(error) => format!("error: {}", error.message),
        ServerMessage::ConnectionReady(_)
        | ServerMessage::SessionResumed(_)
        | ServerMessage::Transcript(_)
        | ServerMessage::AudioChunk(_)
        | ServerMessage::TextDelta(_)
        | ServerMessage::LatencyProgress(_)
        | ServerMessage::Pong(_)
        | ServerMessage::Unknown => return None,
    };
    Some(line)
}

fn playback(report: &PlaybackReport) -> Option<String> {
    let played = seconds(report.played_ms);
    match report.event {
        PlaybackEvent::Started => Some(format!("turn {}: the AI is audible", report.turn_number)),
        PlaybackEvent::Progress => None,
        PlaybackEvent::Paused => Some(format!("turn {}: paused at {played}", report.turn_number)),
        PlaybackEvent::Resumed => Some(format!("turn {}: goes on at {played}", report.turn_number)),
        PlaybackEvent::Stopped => Some(format!(
            "turn {}: silent, {played} were heard",
            report.turn_number
        )),
        PlaybackEvent::Finished => Some(format!("turn {}: heard to its end, {played}", report.turn_number)),
    }
}

fn seconds(ms: f64) -> String {
    format!("{:.2} s", ms / 1_000.0)
}

/// What a server says may hold line breaks and control characters; a terminal shall not obey them.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use viva_protocol::ws::{SpeechEnded, Transcript};

    use super::*;

    fn line_of(what: Happening<'_>) -> Option<String> {
        line(&CallEvent {
            at: Duration::from_micros(4_412_340),
            what,
        })
    }

    fn transcript(text: &str, is_final: bool) -> ServerMessage {
        ServerMessage::Transcript(Transcript {
            turn_number: 2,
            role: Role::Assistant,
            text: text.to_owned(),
            is_final,
            confidence: None,
        })
    }

    #[test]
    fn a_line_begins_with_the_time() {
        let message = ServerMessage::SpeechEnded(SpeechEnded {
            timestamp: 3_900.0,
            duration_ms: 3_379.0,
        });
        assert_eq!(
            line_of(Happening::Message(&message)).unwrap(),
            "  4412.3 ms  the user stopped after 3.38 s"
        );
    }

    #[test]
    fn what_can_still_change_is_not_printed() {
        assert_eq!(line_of(Happening::Message(&transcript("It is", false))), None);
        assert_eq!(
            line_of(Happening::Message(&transcript("It is sunny.", true))).unwrap(),
            "  4412.3 ms  turn 2: AI: It is sunny."
        );
    }

    #[test]
    fn a_transcript_cannot_command_the_terminal() {
        let line = line_of(Happening::Message(&transcript("a\u{1b}[2Jb\nc", true))).unwrap();
        assert!(line.ends_with("AI: a [2Jb c"), "{line}");
    }

    #[test]
    fn progress_of_playback_is_not_printed_but_its_end_is() {
        let report = |event| PlaybackReport {
            turn_number: 1,
            event,
            played_ms: 1_840.0,
            at: 0.0,
        };
        assert_eq!(
            line_of(Happening::Playback(&report(PlaybackEvent::Progress))),
            None
        );
        assert_eq!(
            line_of(Happening::Playback(&report(PlaybackEvent::Finished))).unwrap(),
            "  4412.3 ms  turn 1: heard to its end, 1.84 s"
        );
    }

    #[test]
    fn a_lost_connection_tells_its_code() {
        let lost = Happening::Disconnected {
            code: Some(1001),
            reason: "shutting down",
        };
        assert_eq!(
            line_of(lost).unwrap(),
            "  4412.3 ms  connection lost (close code 1001) shutting down"
        );
    }
}
