use super::SpeechScript;
use super::refusal::Refusal;
use super::request::{Sent, check_key, header};
use super::ssml::{Element, Node, parse};

/// The text that is to be spoken.
pub(super) fn check(sent: &Sent, script: &SpeechScript) -> Result<String, Refusal> {
    if sent.parts.uri.path() != "/cognitiveservices/v1" || sent.parts.uri.query().is_some() {
        return Err(Refusal::new(404, "not_found", "Resource not found"));
    }
    check_key(
        sent.parts,
        "ocp-apim-subscription-key",
        script.api_key.as_deref(),
        "",
        (401, "unauthorized"),
    )?;
    let is = |name: &str, value: &str| header(&sent.parts.headers, name) == Some(value);
    if !is("content-type", "application/ssml+xml") {
        return Err(Refusal::new(415, "unsupported", "Unsupported media type"));
    }
    if !is("x-microsoft-outputformat", "raw-24khz-16bit-mono-pcm") {
        return Err(bad("Unsupported output format"));
    }
    let agent = header(&sent.parts.headers, "user-agent").unwrap_or_default();
    if agent.is_empty() || agent.len() > 254 {
        return Err(bad("Missing user agent"));
    }
    spoken(sent.text, script)
}

/// What a document says, if it is one voice's.
fn spoken(ssml: &str, script: &SpeechScript) -> Result<String, Refusal> {
    let speak = parse(ssml).map_err(|why| bad(&why))?;
    let has_form = speak.name == "speak"
        && speak.is("version", "1.0")
        && speak.attribute("xml:lang").is_some_and(is_locale)
        && speak.has_only(&["version", "xml:lang", "xmlns", "xmlns:mstts"]);
    let [Node::Element(voice)] = &speak.children[..] else {
        return Err(bad("There must be one voice"));
    };
    if !has_form || voice.name != "voice" || !voice.has_only(&["name"]) {
        return Err(bad("The document has another form"));
    }
    let name = voice.attribute("name").unwrap_or_default();
    if !script.voices.iter().any(|known| known == name) {
        return Err(bad(&format!("Unsupported voice {name}.")));
    }
    let mut text = String::new();
    say(voice, speak.attribute("xmlns:mstts").is_some(), &mut text)?;
    Ok(text)
}

/// Collects the text within elements that there are.
fn say(element: &Element, knows_styles: bool, text: &mut String) -> Result<(), Refusal> {
    for node in &element.children {
        match node {
            Node::Text(words) => text.push_str(words),
            Node::Element(inner) => {
                let is_known = match inner.name.as_str() {
                    "prosody" => inner.has_only(&["pitch", "rate", "volume"]),
                    "mstts:express-as" => knows_styles && inner.has_only(&["style", "styledegree"]),
                    "lang" => inner.attribute("xml:lang").is_some_and(is_locale),
                    _ => false,
                };
                if !is_known {
                    return Err(bad(&format!("Unsupported element {}", inner.name)));
                }
                say(inner, knows_styles, text)?;
            }
        }
    }
    Ok(())
}

fn is_locale(tag: &str) -> bool {
    let (language, region) = tag.split_once('-').unwrap_or_default();
    let is_region = region.len() == 2 && region.chars().all(|c| c.is_ascii_uppercase());
    is_region && (2..=3).contains(&language.len())
}

fn bad(message: &str) -> Refusal {
    Refusal::new(400, "bad_request", message)
}
