//! A mode with its configuration, in words.

use viva_protocol::rest::ProviderList;
use viva_protocol::ws::{Interaction, Mode};

use super::setup_part::part_name;
use crate::state::choices::{Choices, Field, Part, parts_of};
use crate::words::fill;
use crate::words::talk::Words;

/// Mode, parts and language in one line. What the list of providers does not name goes by its id.
pub(super) fn in_words(interaction: &Interaction, list: Option<&ProviderList>, words: &Words) -> String {
    let is_cascade = interaction.mode() == Mode::Cascade;
    let (parts, language) = parts_of(interaction);
    let mode = if is_cascade {
        words.mode_cascade
    } else {
        words.mode_realtime
    };
    let mut texts = vec![mode.to_owned()];
    for (part, choices) in parts {
        let what = named(part, &choices, list);
        texts.push(if is_cascade {
            let name = part_name(part)(words);
            fill(words.part_is, &[("part", name), ("what", &what)])
        } else {
            what
        });
    }
    texts.push(language);
    texts.retain(|text| !text.is_empty());
    texts.join(" · ")
}

/// Who plays a part, with what is chosen of it.
pub(super) fn named(part: Part, choices: &Choices, list: Option<&ProviderList>) -> String {
    let fields = Field::of(part).iter();
    let mut names = vec![choices.provider_name(part, list)];
    names.extend(fields.map(|field| choices.name(part, *field, list)));
    names.retain(|name| !name.is_empty());
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use viva_protocol::rest::{CredentialStatus, Provider, ProviderCapabilities, Voice};
    use viva_protocol::ws::{CascadeConfig, RealtimeConfig};

    use super::*;
    use crate::Language;

    fn list() -> ProviderList {
        let voice = Provider {
            id: "elevenlabs".to_owned(),
            name: "ElevenLabs".to_owned(),
            models: Vec::new(),
            voices: vec![Voice {
                id: "21m00".to_owned(),
                name: "Rachel".to_owned(),
                language: None,
                gender: None,
            }],
            languages: Vec::new(),
            custom_names: false,
            capabilities: ProviderCapabilities {
                detects_turns: false,
                greets: false,
            },
            available: true,
            credential_status: CredentialStatus::Present,
            own_key: false,
            checked_at: None,
        };
        ProviderList {
            tts: vec![voice],
            ..ProviderList::default()
        }
    }

    #[test]
    fn a_cascade_names_its_parts_and_what_is_chosen_of_them() {
        let interaction = Interaction::Cascade(CascadeConfig {
            stt_provider: "deepgram".to_owned(),
            stt_model: Some("nova-3".to_owned()),
            tts_provider: "elevenlabs".to_owned(),
            tts_voice: Some("21m00".to_owned()),
            language: Some("en".to_owned()),
            ..CascadeConfig::default()
        });
        let text = in_words(&interaction, Some(&list()), Words::of(Language::English));
        assert_eq!(
            text,
            "Cascade · Speech to text: deepgram nova-3 · Language model: offline · Voice: ElevenLabs Rachel · en"
        );
    }

    #[test]
    fn a_realtime_provider_needs_no_part() {
        let interaction = Interaction::Realtime(RealtimeConfig {
            realtime_model: Some("script".to_owned()),
            ..RealtimeConfig::default()
        });
        let text = in_words(&interaction, None, Words::of(Language::TraditionalChinese));
        assert_eq!(text, "即時 · offline script");
    }
}
