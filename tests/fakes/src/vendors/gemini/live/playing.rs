//! An answer as messages.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::connection::End;
use super::script::{LiveAnswer, LiveFault, LiveScript};
use super::strict::Setup;

/// What is done next.
pub(super) enum Step {
    Begin(Value),
    Say(Value),
    End(End),
    Done,
}

/// Each step with the wait after it.
pub(super) fn steps(
    script: &LiveScript,
    setup: Option<&Setup>,
    answer: &LiveAnswer,
) -> VecDeque<(Duration, Step)> {
    let now = Duration::ZERO;
    let content = |content: Value| Step::Say(json!({"serverContent": content}));
    let mut steps = VecDeque::new();
    let hears = setup.is_some_and(|setup| setup.input_audio_transcription.is_some());
    if let Some((first, second)) = halves(&answer.transcript).filter(|_| hears) {
        steps.push_back((
            now,
            content(json!({"inputTranscription": {"text": format!(" {first}")}})),
        ));
        steps.push_back((
            now,
            content(json!({"inputTranscription": {"text": second, "languageCode": "en"}})),
        ));
    }
    steps.push_back((
        now,
        Step::Say(json!({"sessionResumptionUpdate": {"newHandle": "", "resumable": false}})),
    ));
    let tells = setup.is_some_and(|setup| setup.output_audio_transcription.is_some());
    let pieces = pieces(answer, tells);
    let (said, fault) = match &answer.fault {
        Some(fault) => (fault.after().min(pieces.len()), Some(fault)),
        None => (pieces.len(), None),
    };
    for (nth, piece) in pieces.into_iter().take(said).enumerate() {
        let message = json!({"serverContent": piece});
        let step = if nth == 0 {
            Step::Begin(message)
        } else {
            Step::Say(message)
        };
        steps.push_back((script.pace, step));
    }
    let usage = json!({"promptTokenCount": 120, "responseTokenCount": 30, "thoughtsTokenCount": 4,
        "totalTokenCount": 154, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 120}]});
    let mut end = json!({"turnComplete": true, "interactionStatus": "IDLE"});
    match fault {
        Some(LiveFault::Close { code, reason, .. }) => {
            steps.push_back((now, Step::End(End::Close(*code, reason.clone()))));
            return steps;
        }
        Some(LiveFault::Cut { .. }) => {
            steps.push_back((now, Step::End(End::Cut)));
            return steps;
        }
        Some(LiveFault::Hang { .. }) => return steps,
        Some(LiveFault::Reason(reason)) => end["turnCompleteReason"] = json!(reason),
        None => steps.push_back((script.playback, content(json!({"generationComplete": true})))),
    }
    steps.push_back((
        now,
        Step::Say(json!({"serverContent": end, "usageMetadata": usage})),
    ));
    steps.push_back((now, Step::Done));
    steps
}

/// What is said, a word at a time. Audio is cut within samples, and thoughts and texts are thrown in that are not spoken.
fn pieces(answer: &LiveAnswer, tells: bool) -> Vec<Value> {
    let words: Vec<&str> = answer.text.split_inclusive(' ').collect();
    let bytes: Vec<u8> = answer
        .audio
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let size = (bytes.len() / words.len().max(1) + 1) | 1;
    let mut chunks = bytes.chunks(size);
    words
        .iter()
        .enumerate()
        .map(|(nth, word)| {
            let audio = chunks.next().unwrap_or_default();
            let audio =
                json!({"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": STANDARD.encode(audio)}});
            let thought = json!({"text": "Let me think.", "thought": true});
            let lead = if nth == 0 { " " } else { "" };
            let mut piece = json!({
                "modelTurn": {"role": "model", "parts": [thought, audio, {"text": "not spoken"}]},
            });
            if tells {
                piece["outputTranscription"] = json!({"text": format!("{lead}{word}")});
            }
            piece
        })
        .collect()
}

fn halves(text: &str) -> Option<(String, String)> {
    let chars: Vec<char> = text.chars().collect();
    let (first, second) = chars.split_at(chars.len() / 2);
    (!chars.is_empty()).then(|| (first.iter().collect(), second.iter().collect()))
}
