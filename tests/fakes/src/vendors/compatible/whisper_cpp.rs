//! `whisper-server`. It takes files at one path, which is not OpenAI's unless it is started with it; 16 kHz, mono; does not
//! look at the model, a key, or what it does not know; answers in one piece, with blanks around the text; and lists nothing.

use serde_json::json;
use viva_audio::SampleRate;

use super::reply::Reply;
use super::request::Asked;
use super::server::Desk;

pub(super) fn answer(desk: &Desk, asked: &Asked) -> Reply {
    if asked.path == "/health" && asked.is_get() {
        return Reply::json(&json!({"status": "ok"}));
    }
    if asked.path != desk.script.inference_path || !asked.is_post() {
        return Reply::new(404, "text/html", Vec::new());
    }
    let refusal = |status: u16, message: &str| Reply::refusal(status, &json!({"error": message}));
    let Some(form) = asked.form.as_ref().filter(|form| form.file.is_some()) else {
        return refusal(400, "no 'file' field in the request");
    };
    let is_at_16_khz = |clip: &viva_audio::Clip| clip.rate == SampleRate::HZ_16K;
    if !form.clip().is_some_and(is_at_16_khz) {
        return refusal(400, "failed to read WAV file");
    }
    let temperature = form.field("temperature");
    if !temperature.is_empty() && temperature.parse::<f32>().is_err() {
        return Reply::new(500, "text/html", Vec::new());
    }
    match form.field("response_format") {
        "text" => Reply::new(
            200,
            "text/html; charset=utf-8",
            desk.script.heard.clone().into_bytes(),
        ),
        _ => Reply::json(&json!({"text": format!(" {}\n", desk.script.heard)})),
    }
}
