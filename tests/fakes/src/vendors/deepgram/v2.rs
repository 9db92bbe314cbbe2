use std::time::Duration;

use axum::extract::ws::WebSocket;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::server::Desk;
use super::{Fault, Spoken};
use crate::vendors::line::{Hung, Incoming, Line, answered_at, quiet_after, samples};

/// Serves one connection until either side ends it.
pub(super) async fn serve(desk: Desk, socket: WebSocket, query: Vec<(String, String)>) {
    let line = desk.lines.open(socket, "/v2/listen", &query);
    let value = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, value)| value);
    let rate: f64 = value("sample_rate")
        .and_then(|value| value.parse().ok())
        .unwrap_or(16_000.0);
    let silence = desk.script.turn_silence;
    let mut ears = Ears {
        is_eager: value("eager_eot_threshold").is_some(),
        rate,
        silence: silence.map(|silence| silence.as_secs_f64()),
        heard: 0,
        turn: None,
        turn_index: 0,
        sequence: 0,
        ending: None,
        desk,
        line,
    };
    // How it ended is recorded where it ended.
    let Hung = ears.run().await;
}

struct Ears {
    desk: Desk,
    line: Line,
    is_eager: bool,
    rate: f64,
    /// Seconds of silence that end a turn.
    silence: Option<f64>,
    /// Samples that came.
    heard: usize,
    turn: Option<Turn>,
    turn_index: u32,
    sequence: u32,
    /// When the turn ends, and why.
    ending: Option<(Instant, &'static str)>,
}

struct Turn {
    spoken: Spoken,
    began: usize,
    /// Where its last voiced sample ends.
    voiced: usize,
    is_eager: bool,
}

impl Ears {
    async fn run(&mut self) -> Hung {
        let connected = json!({"type": "Connected", "request_id": "r", "sequence_id": 0, "thrown": "in"});
        if let Err(hung) = self.line.say(&connected).await {
            return hung;
        }
        loop {
            let ending = self.ending;
            let due = ending.map_or_else(Instant::now, |(at, _)| at);
            let going_on = tokio::select! {
                incoming = self.line.next() => match incoming {
                    Ok(incoming) => self.on(incoming).await,
                    Err(hung) => Err(hung),
                },
                () = sleep_until(due), if ending.is_some() => self.end().await,
            };
            if let Err(hung) = going_on {
                return hung;
            }
        }
    }

    async fn on(&mut self, incoming: Incoming) -> Result<(), Hung> {
        match incoming {
            Incoming::Binary(bytes) => match samples(&bytes) {
                Some(samples) => self.listen(&samples).await,
                None => Err(self.error("UNPARSABLE_CLIENT_MESSAGE", "no audio").await),
            },
            Incoming::Text(message) => match message["type"].as_str() {
                Some("ForceEndTurn") => {
                    self.end_later("manual", Duration::ZERO);
                    Ok(())
                }
                Some("CloseStream") => Err(self.line.close(1000, "").await),
                _ => Err(self.error("UNPARSABLE_CLIENT_MESSAGE", "unknown message").await),
            },
            Incoming::Plain(_) => Err(self.error("UNPARSABLE_CLIENT_MESSAGE", "no JSON").await),
        }
    }

    async fn listen(&mut self, samples: &[i16]) -> Result<(), Hung> {
        self.line.heard(samples);
        let began = self.heard;
        self.heard += samples.len();
        if let Some(quiet) = quiet_after(samples) {
            return self.hear_speech(began, quiet).await;
        }
        let (Some(turn), Some(silence)) = (&mut self.turn, self.silence) else {
            return Ok(());
        };
        let quiet = (self.heard - turn.voiced) as f64 / self.rate;
        if self.ending.is_none() && quiet >= silence {
            self.end_later("model", Duration::from_secs_f64(quiet - silence));
        } else if self.is_eager && !turn.is_eager && quiet >= silence / 2.0 {
            turn.is_eager = true;
            let text = turn.spoken.text.clone();
            return self.tell("EagerEndOfTurn", &text, json!({})).await;
        }
        Ok(())
    }

    async fn hear_speech(&mut self, began: usize, quiet: usize) -> Result<(), Hung> {
        let voiced = self.heard - quiet;
        if let Some(turn) = &mut self.turn {
            turn.voiced = voiced;
            if !std::mem::take(&mut turn.is_eager) {
                return Ok(());
            }
            let text = turn.spoken.text.clone();
            return self.tell("TurnResumed", &text, json!({})).await;
        }
        let spoken = self.desk.next_spoken();
        let interims = spoken.interims.clone();
        self.turn = Some(Turn {
            spoken,
            began,
            voiced,
            is_eager: false,
        });
        let warning =
            json!({"type": "Warning", "code": "THROWN_IN", "description": "ignore me", "sequence_id": 1});
        self.line.say(&warning).await?;
        self.tell("StartOfTurn", "", json!({})).await?;
        self.tell("Daydream", "", json!({"of": "sheep"})).await?;
        for text in interims {
            self.tell("Update", &text, json!({})).await?;
        }
        Ok(())
    }

    /// Nothing happens without a turn. It was to end since so long: what comes with its end in one piece of audio does not
    /// delay it.
    fn end_later(&mut self, trigger: &'static str, over: Duration) {
        if let (Some(turn), None) = (&self.turn, self.ending) {
            self.ending = Some((answered_at(turn.spoken.delay, over), trigger));
        }
    }

    async fn end(&mut self) -> Result<(), Hung> {
        let (Some((_, trigger)), Some(turn)) = (self.ending.take(), &self.turn) else {
            return Ok(());
        };
        let Spoken { text, fault, .. } = turn.spoken.clone();
        match fault {
            None => {
                self.tell("EndOfTurn", &text, json!({"trigger": trigger})).await?;
                self.turn = None;
                self.turn_index += 1;
                Ok(())
            }
            Some(Fault::Hang) => Ok(()),
            Some(Fault::Cut) => Err(Hung),
            Some(Fault::Close(code, reason)) => Err(self.line.close(code, &reason).await),
            Some(Fault::Error(code, description)) => Err(self.error(&code, &description).await),
        }
    }

    async fn tell(&mut self, event: &str, text: &str, more: Value) -> Result<(), Hung> {
        self.sequence += 1;
        let began = self.turn.as_ref().map_or(self.heard, |turn| turn.began);
        let words: Vec<Value> = text
            .split_whitespace()
            .map(|word| json!({"word": word, "confidence": 0.97, "start": 0.2, "end": 0.4}))
            .collect();
        let mut info = json!({
            "type": "TurnInfo", "event": event, "request_id": "r", "sequence_id": self.sequence,
            "turn_index": self.turn_index, "audio_window_start": began as f64 / self.rate,
            "audio_window_end": self.heard as f64 / self.rate, "transcript": text, "words": words,
            "end_of_turn_confidence": 0.03, "mood": "thrown in",
        });
        if let (Value::Object(info), Value::Object(more)) = (&mut info, more) {
            info.extend(more);
        }
        self.line.say(&info).await
    }

    async fn error(&mut self, code: &str, description: &str) -> Hung {
        let error =
            json!({"type": "Error", "code": code, "description": description, "sequence_id": self.sequence});
        match self.line.say(&error).await {
            Ok(()) => self.line.close(1011, "").await,
            Err(hung) => hung,
        }
    }
}
