use std::collections::VecDeque;

use axum::extract::ws::WebSocket;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::server::Desk;
use super::{Fault, Spoken};
use crate::vendors::line::{Hung, Incoming, Line, is_voiced, samples};

/// Serves one connection until either side ends it.
pub(super) async fn serve(desk: Desk, socket: WebSocket, query: Vec<(String, String)>) {
    let line = desk.lines.open(socket, "/v1/listen", &query);
    let is = |name: &str, value: &str| query.iter().any(|(n, v)| n == name && v == value);
    let rate = query
        .iter()
        .find(|(name, _)| name == "sample_rate")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(16_000.0);
    let mut ears = Ears {
        interim_results: is("interim_results", "true"),
        rate,
        heard: 0,
        told: 0,
        voiced: Voiced::default(),
        current: None,
        due: VecDeque::new(),
        alive: Instant::now(),
        desk,
        line,
    };
    // How it ended is recorded where it ended.
    let Hung = ears.run().await;
}

struct Ears {
    desk: Desk,
    line: Line,
    interim_results: bool,
    rate: f64,
    /// Samples that came, and of those the ones whose transcript is final.
    heard: usize,
    told: usize,
    voiced: Voiced,
    /// What is being said.
    current: Option<Spoken>,
    /// Answers under way.
    due: VecDeque<(Instant, Answer)>,
    /// The last sign of life.
    alive: Instant,
}

/// Where something is heard; words are nowhere else.
#[derive(Debug, Default)]
struct Voiced {
    is_now: bool,
    /// The first sample of the last stretch.
    from: usize,
}

#[derive(Debug)]
struct Answer {
    spoken: Spoken,
    ordered: Instant,
    /// Where the audio ends that it answers.
    until: usize,
}

impl Ears {
    async fn run(&mut self) -> Hung {
        loop {
            let next = self.due.front().map(|(at, _)| *at);
            let idle = self.alive + self.desk.script.idle;
            let going_on = tokio::select! {
                incoming = self.line.next() => match incoming {
                    Ok(incoming) => self.on(incoming).await,
                    Err(hung) => Err(hung),
                },
                () = sleep_until(next.unwrap_or(idle)), if next.is_some() => self.answer().await,
                () = sleep_until(idle) => Err(self.line.close(1011, "NET-0001: no audio was received within the timeout window").await),
            };
            if let Err(hung) = going_on {
                return hung;
            }
        }
    }

    async fn on(&mut self, incoming: Incoming) -> Result<(), Hung> {
        self.alive = Instant::now();
        match incoming {
            Incoming::Binary(bytes) => match samples(&bytes) {
                Some(samples) => self.listen(&samples).await,
                None => Err(self.data_error().await),
            },
            Incoming::Text(message) => match message["type"].as_str() {
                Some("KeepAlive") => Ok(()),
                Some("Finalize") => {
                    self.finalize();
                    Ok(())
                }
                Some("CloseStream") => {
                    let metadata = json!({
                        "type": "Metadata", "transaction_key": "deprecated", "request_id": "r", "sha256": "0",
                        "created": "2026-01-01T00:00:00Z", "duration": self.seconds(self.heard), "channels": 1,
                    });
                    self.line.say(&metadata).await?;
                    Err(self.line.close(1000, "").await)
                }
                _ => Err(self
                    .error("SchemaError", "Could not deserialize last text message")
                    .await),
            },
            Incoming::Plain(_) => Err(self.error("SchemaError", "Text message is no JSON").await),
        }
    }

    async fn listen(&mut self, samples: &[i16]) -> Result<(), Hung> {
        self.line.heard(samples);
        let was_voiced = std::mem::replace(&mut self.voiced.is_now, is_voiced(samples));
        if self.voiced.is_now && !was_voiced {
            self.voiced.from = self.heard;
        }
        self.heard += samples.len();
        if self.current.is_some() || !self.voiced.is_now {
            return Ok(());
        }
        let spoken = self.desk.next_spoken();
        self.line
            .say(&json!({"type": "Weather", "outlook": ["nobody knows"], "channel": 7}))
            .await?;
        if self.interim_results {
            for text in &spoken.interims {
                let results = self.results(text, false, false, self.heard);
                self.line.say(&results).await?;
            }
        }
        for text in &spoken.segments {
            let results = self.results(text, true, false, self.heard);
            self.told = self.heard;
            self.line.say(&results).await?;
        }
        self.current = Some(spoken);
        Ok(())
    }

    /// Without audio that is not written down yet there is no answer.
    fn finalize(&mut self) {
        let ordered = self.due.back().map_or(self.told, |(_, answer)| answer.until);
        if self.current.is_none() && ordered >= self.heard {
            return;
        }
        let spoken = self.current.take().unwrap_or_else(|| Spoken::of(""));
        let until = self.heard;
        let ordered = Instant::now();
        let due = ordered + spoken.delay;
        let answer = Answer {
            spoken,
            ordered,
            until,
        };
        self.due.push_back((due, answer));
    }

    async fn answer(&mut self) -> Result<(), Hung> {
        let Some((_, answer)) = self.due.pop_front() else {
            return Ok(());
        };
        let Answer {
            spoken,
            ordered,
            until,
        } = answer;
        match spoken.fault {
            None => {
                let results = self.results(&spoken.text, true, true, until);
                self.told = until;
                self.desk.delays.end(ordered);
                self.line.say(&results).await
            }
            Some(Fault::Hang) => Ok(()),
            Some(Fault::Cut) => Err(Hung),
            Some(Fault::Close(code, reason)) => Err(self.line.close(code, &reason).await),
            Some(Fault::Error(variant, description)) => Err(self.error(&variant, &description).await),
        }
    }

    fn results(&self, text: &str, is_final: bool, from_finalize: bool, until: usize) -> Value {
        let words: Vec<&str> = text.split_whitespace().collect();
        let from = self.voiced.from.max(self.told);
        // Each is as long as the others.
        let at = |nth: usize| self.seconds(from + until.saturating_sub(from) * nth / words.len());
        let words: Vec<Value> = (0..)
            .zip(&words)
            .map(|(nth, word)| {
                let (plain, start, end) = (word.to_lowercase(), at(nth), at(nth + 1));
                json!({"word": plain, "start": start, "end": end, "confidence": 0.99, "punctuated_word": word})
            })
            .collect();
        json!({
            "type": "Results", "channel_index": [0, 1], "start": self.seconds(self.told),
            "duration": self.seconds(until.saturating_sub(self.told)), "is_final": is_final,
            "speech_final": from_finalize, "from_finalize": from_finalize, "mood": {"thrown": "in"},
            "channel": {"alternatives": [{"transcript": text, "confidence": 0.98, "words": words}]},
            "metadata": {"request_id": "r", "model_uuid": "m", "model_info": {"name": "n", "version": "v", "arch": "a"}},
        })
    }

    fn seconds(&self, samples: usize) -> f64 {
        samples as f64 / self.rate
    }

    async fn error(&mut self, variant: &str, description: &str) -> Hung {
        let error =
            json!({"type": "Error", "variant": variant, "description": description, "message": description});
        match self.line.say(&error).await {
            Ok(()) => self.line.close(1008, "DATA-0000").await,
            Err(hung) => hung,
        }
    }

    async fn data_error(&mut self) -> Hung {
        self.line
            .close(1008, "DATA-0000: the payload cannot be decoded as audio")
            .await
    }
}
