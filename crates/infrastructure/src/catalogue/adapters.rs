use serde::Deserialize;

/// The protocols of providers that hear and speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RealtimeVoiceAdapter {
    /// OpenAI's Realtime API at the address of one's own Azure resource.
    #[serde(rename = "azure-openai")]
    AzureOpenAi,
    /// Gemini Live.
    Gemini,
    /// OpenAI's Realtime API.
    #[serde(rename = "openai")]
    OpenAi,
}

/// The protocols of speech-to-text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpeechToTextAdapter {
    /// `AssemblyAI`'s streaming v3.
    #[serde(rename = "assemblyai")]
    AssemblyAi,
    /// Azure's Speech service, over a WebSocket.
    AzureSpeech,
    /// Deepgram's live listening.
    Deepgram,
    /// Scribe of `ElevenLabs`, in real time.
    #[serde(rename = "elevenlabs")]
    ElevenLabs,
    /// Google Cloud's `speech:recognize`.
    GoogleCloud,
    /// OpenAI's transcriptions.
    #[serde(rename = "openai")]
    OpenAi,
    /// Speechmatics' realtime v2.
    Speechmatics,
}

/// The protocols of language models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LanguageModelAdapter {
    /// Anthropic's messages.
    Anthropic,
    /// Gemini's `streamGenerateContent`.
    Gemini,
    /// OpenAI's chat completions.
    #[serde(rename = "openai")]
    OpenAi,
}

/// The protocols of text-to-speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextToSpeechAdapter {
    /// Azure's speech service.
    AzureSpeech,
    /// Cartesia's Sonic.
    Cartesia,
    /// Deepgram's voices.
    Deepgram,
    /// `ElevenLabs`.
    #[serde(rename = "elevenlabs")]
    ElevenLabs,
    /// Gemini's models that speak.
    Gemini,
    /// Google Cloud's text-to-speech.
    GoogleCloud,
    /// OpenAI's speech.
    #[serde(rename = "openai")]
    OpenAi,
    /// `VoAI`.
    #[serde(rename = "voai")]
    VoAi,
}
