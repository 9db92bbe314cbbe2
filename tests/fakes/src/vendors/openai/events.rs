//! The fields of what clients say on OpenAI's sockets: in conversations, and in sessions that write down.

use serde_json::Value;

const ITEM: [&str; 6] = ["id", "object", "type", "status", "role", "content"];
const CONTENT: [&str; 4] = ["type", "text", "audio", "transcript"];

/// The first field that an event, its item, or a part of that does not have, as complaints name it. Of types that nobody
/// knows everything is believed: they are refused by their name.
pub(in crate::vendors) fn unknown_field(event: &Value) -> Option<String> {
    let known = fields(event["type"].as_str().unwrap_or_default())?;
    let item = &event["item"];
    let parts = item["content"].as_array().into_iter().flatten();
    unknown(event, "", |field| {
        matches!(field, "type" | "event_id") || known.contains(&field)
    })
    .or_else(|| unknown(item, "item.", |field| ITEM.contains(&field)))
    .or_else(|| {
        let mut parts = parts.enumerate();
        parts.find_map(|(at, part)| {
            let path = format!("item.content[{at}].");
            unknown(part, &path, |field| CONTENT.contains(&field))
        })
    })
}

/// What an event has besides its type and id.
fn fields(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "session.update" => Some(&["session"]),
        "input_audio_buffer.append" => Some(&["audio"]),
        "input_audio_buffer.commit" | "input_audio_buffer.clear" => Some(&[]),
        "conversation.item.create" => Some(&["item", "previous_item_id"]),
        "conversation.item.truncate" => Some(&["item_id", "content_index", "audio_end_ms"]),
        "conversation.item.delete" => Some(&["item_id"]),
        "response.create" => Some(&["response"]),
        "response.cancel" => Some(&["response_id"]),
        _ => None,
    }
}

fn unknown(object: &Value, path: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let field = object.as_object()?.keys().find(|field| !is_known(field))?;
    Some(format!("{path}{field}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_has_the_fields_that_its_documents_name() {
        let item = |item: Value| json!({"type": "conversation.item.create", "item": item});
        for (event, unknown) in [
            (
                json!({"type": "input_audio_buffer.commit", "event_id": "e"}),
                None,
            ),
            (
                json!({"type": "input_audio_buffer.commit", "audio": ""}),
                Some("audio"),
            ),
            (
                json!({"type": "response.create", "modalities": []}),
                Some("modalities"),
            ),
            (
                item(
                    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}),
                ),
                None,
            ),
            (item(json!({"mood": 1})), Some("item.mood")),
            (
                item(json!({"content": [{"text": "Hi"}, {"mood": 1}]})),
                Some("item.content[1].mood"),
            ),
            (json!({"type": "weather.change", "mood": 1}), None),
        ] {
            assert_eq!(unknown_field(&event).as_deref(), unknown, "{event}");
        }
    }
}
