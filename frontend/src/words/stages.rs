//! What the parts of a latency are called, on every page that shows them.

use super::Spoken;
use crate::state::latency::Stage;

words! {
    endpointing: "Endpointing", "端點偵測";
    stt: "Speech to text", "語音轉文字";
    llm: "Model: first token", "模型：首個詞元";
    llm_text: "Model: first words", "模型：首批詞語";
    tts: "Speech: first byte", "語音：首個位元組";
    provider: "Provider", "服務";
    viva: "Viva", "Viva";
    network: "Network, playout", "網路與播放";
    silence: "Leading silence", "開頭靜音";
    unexplained: "Unexplained", "無法解釋";
}

/// What a stage is called.
pub fn stage_name(stage: Stage, words: &impl Spoken) -> &'static str {
    let words = Words::of(words.language());
    match stage {
        Stage::Endpointing => words.endpointing,
        Stage::Stt => words.stt,
        Stage::Llm => words.llm,
        Stage::LlmText => words.llm_text,
        Stage::Tts => words.tts,
        Stage::Provider => words.provider,
        Stage::Viva => words.viva,
        Stage::Network => words.network,
        Stage::Silence => words.silence,
        Stage::Unexplained => words.unexplained,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Language;

    #[test]
    fn every_stage_has_a_name_of_its_own() {
        for language in [Language::English, Language::TraditionalChinese] {
            let words = Words::of(language);
            let names: HashSet<&str> = Stage::ALL.map(|stage| stage_name(stage, words)).into();
            assert_eq!(names.len(), Stage::ALL.len());
        }
    }
}
