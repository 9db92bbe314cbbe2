//! Putting together what is said from final parts and what may still change.

/// What was said since the last final text.
#[derive(Default)]
pub(in crate::providers) struct Transcript {
    parts: String,
    interim: String,
}

impl Transcript {
    /// A part that does not change any more; it takes the place of what could still change.
    pub(in crate::providers) fn push(&mut self, part: &str) {
        self.interim.clear();
        join(&mut self.parts, part.trim());
    }

    /// What follows the final parts, as it is understood now.
    pub(in crate::providers) fn set_interim(&mut self, interim: &str) {
        interim.trim().clone_into(&mut self.interim);
    }

    /// Everything.
    pub(in crate::providers) fn text(&self) -> String {
        let mut text = self.parts.clone();
        join(&mut text, &self.interim);
        text
    }

    /// Everything, and begins anew.
    pub(in crate::providers) fn take(&mut self) -> String {
        let text = self.text();
        *self = Self::default();
        text
    }
}

/// Adds a part; scripts that write without spaces get none.
fn join(text: &mut String, part: &str) {
    let (Some(last), Some(first)) = (text.chars().next_back(), part.chars().next()) else {
        text.push_str(part);
        return;
    };
    if !is_unspaced(last) && !is_unspaced(first) {
        text.push(' ');
    }
    text.push_str(part);
}

/// Whether it belongs to Chinese or Japanese; Korean has spaces.
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3134f}')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn parts_stay_and_the_interim_is_replaced() {
        let mut transcript = Transcript::default();
        transcript.set_interim("tell");
        assert_eq!(transcript.text(), "tell");
        transcript.set_interim(" tell me ");
        assert_eq!(transcript.text(), "tell me");
        transcript.push("Tell me");
        transcript.set_interim("a");
        assert_eq!(transcript.text(), "Tell me a");
        transcript.push(" a story.");
        assert_eq!(transcript.take(), "Tell me a story.");
        assert_eq!(transcript.take(), "");
    }

    #[rstest]
    #[case(&["你好", "世界"], "你好世界")]
    #[case(&["你好。", "OK", "好"], "你好。OK好")]
    #[case(&["こんにちは", "ありがとう"], "こんにちはありがとう")]
    #[case(&["안녕", "하세요"], "안녕 하세요")]
    #[case(&["", "one", "", "two"], "one two")]
    fn parts_are_joined_as_their_script_does(#[case] parts: &[&str], #[case] text: &str) {
        let mut transcript = Transcript::default();
        for part in parts {
            transcript.push(part);
        }
        assert_eq!(transcript.take(), text);
    }
}
