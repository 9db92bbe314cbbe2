use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde_json::Value;
use viva_protocol::ws::{CascadeConfig, Interaction, RealtimeConfig};

/// Who answers the caller.
#[derive(Debug, Clone, Args)]
pub(super) struct StackArgs {
    /// One provider that hears and speaks, or speech-to-text, language model and text-to-speech.
    #[arg(long, value_enum, default_value = "realtime")]
    mode: Mode,
    /// Realtime provider.
    #[arg(long, value_name = "ID", default_value = "offline")]
    provider: String,
    /// Realtime model; the provider's default when absent.
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Speech-to-text provider (cascade).
    #[arg(long, value_name = "ID", default_value = "offline")]
    stt: String,
    /// Speech-to-text model; the provider's default when absent.
    #[arg(long, value_name = "ID")]
    stt_model: Option<String>,
    /// Language-model provider (cascade).
    #[arg(long, value_name = "ID", default_value = "offline")]
    llm: String,
    /// Language model; the provider's default when absent.
    #[arg(long, value_name = "ID")]
    llm_model: Option<String>,
    /// Text-to-speech provider (cascade).
    #[arg(long, value_name = "ID", default_value = "offline")]
    tts: String,
    /// Text-to-speech model; the provider's default when absent.
    #[arg(long, value_name = "ID")]
    tts_model: Option<String>,
    /// Voice; the provider's default when absent.
    #[arg(long, value_name = "ID")]
    voice: Option<String>,
    /// Language tag such as en or zh-TW.
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Provider-specific setting; the value is JSON, or else text. In a cascade the key begins with stt_, llm_ or tts_.
    /// May be repeated.
    #[arg(long = "option", value_name = "KEY=VALUE", value_parser = setting)]
    options: Vec<(String, Value)>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Realtime,
    Cascade,
}

impl StackArgs {
    pub(super) fn interaction(&self) -> Interaction {
        let options = self.options.iter().cloned().collect();
        match self.mode {
            Mode::Realtime => Interaction::Realtime(RealtimeConfig {
                realtime_provider: self.provider.clone(),
                realtime_model: self.model.clone(),
                voice: self.voice.clone(),
                language: self.language.clone(),
                options,
            }),
            Mode::Cascade => Interaction::Cascade(CascadeConfig {
                stt_provider: self.stt.clone(),
                stt_model: self.stt_model.clone(),
                stt_language: None,
                llm_provider: self.llm.clone(),
                llm_model: self.llm_model.clone(),
                tts_provider: self.tts.clone(),
                tts_model: self.tts_model.clone(),
                tts_voice: self.voice.clone(),
                tts_language: None,
                language: self.language.clone(),
                options,
            }),
        }
    }
}

fn setting(text: &str) -> Result<(String, Value)> {
    let (key, value) = text.split_once('=').context("write it as KEY=VALUE")?;
    anyhow::ensure!(!key.is_empty(), "the key is missing");
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}
