//! What is asked for, as SSML. Whatever is in a text stays text.

use std::fmt::Write as _;

/// A text, and how it is spoken.
pub(super) struct Ssml<'a> {
    pub(super) language: &'a str,
    pub(super) voice: &'a str,
    pub(super) style: Option<&'a str>,
    pub(super) speed: Option<f64>,
    pub(super) text: &'a str,
}

impl Ssml<'_> {
    /// The document.
    pub(super) fn document(&self) -> String {
        let mut inner = escape(self.text);
        if let Some(speed) = self.speed {
            inner = format!("<prosody rate='{speed}'>{inner}</prosody>");
        }
        if let Some(style) = self.style {
            let style = escape(style);
            inner = format!("<mstts:express-as style='{style}'>{inner}</mstts:express-as>");
        }
        let (language, voice) = (escape(self.language), escape(self.voice));
        let mut document = format!("<speak version='1.0' xml:lang='{language}'");
        if self.style.is_some() {
            document.push_str(" xmlns:mstts='http://www.w3.org/2001/mstts'");
        }
        // Writing to a string succeeds.
        let _ = write!(document, "><voice name='{voice}'>{inner}</voice></speak>");
        document
    }
}

/// As text of an element or of an attribute. What XML has no characters for is a space.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&apos;"),
            '"' => escaped.push_str("&quot;"),
            _ if is_char(c) => escaped.push(c),
            _ => escaped.push(' '),
        }
    }
    escaped
}

/// Whether XML has it; of the control characters that it has besides nobody needs any.
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Ssml<'static> = Ssml {
        language: "en-US",
        voice: "en-US-AvaMultilingualNeural",
        style: None,
        speed: None,
        text: "Hello & welcome.",
    };

    #[test]
    fn a_text_is_spoken_by_a_voice() {
        assert_eq!(
            PLAIN.document(),
            "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaMultilingualNeural'>Hello &amp; \
             welcome.</voice></speak>"
        );
        let styled = Ssml {
            style: Some("cheerful"),
            speed: Some(1.25),
            ..PLAIN
        };
        assert_eq!(
            styled.document(),
            "<speak version='1.0' xml:lang='en-US' xmlns:mstts='http://www.w3.org/2001/mstts'><voice \
             name='en-US-AvaMultilingualNeural'><mstts:express-as style='cheerful'><prosody rate='1.25'>Hello &amp; \
             welcome.</prosody></mstts:express-as></voice></speak>"
        );
    }

    #[test]
    fn a_text_cannot_be_more_than_text() {
        let text = "</voice><voice name='x'>\u{0}\u{1b}\u{fffe}&lt;\n<break time=\"9s\"/>]]>";
        let ssml = Ssml { text, ..PLAIN };
        assert_eq!(
            ssml.document(),
            "<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaMultilingualNeural'>&lt;/voice&gt;&lt;voice \
             name=&apos;x&apos;&gt;   &amp;lt;\n&lt;break time=&quot;9s&quot;/&gt;]]&gt;</voice></speak>"
        );
    }

    proptest! {
        #[test]
        fn no_text_opens_or_closes_anything(text: String) {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(['<', '>', '\'', '"']));
            let is_written = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
            prop_assert!(escaped.chars().all(is_written));
        }
    }
}
