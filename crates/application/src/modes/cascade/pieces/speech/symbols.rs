//! Characters that no voice can say.

/// What a character of running text is to a voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Spoken,
    Space,
    LineEnd,
    /// A picture: parts words as a space does.
    Picture,
    /// An arrow: a short pause.
    Pause,
    /// Not to be seen either: controls, variation selectors, joiners of pictures, private use.
    Invisible,
}

pub(super) fn kind(c: char) -> Kind {
    match c {
        '\n' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::LineEnd,
        '\t' => Kind::Space,
        _ if c.is_ascii() => match c {
            ' ' => Kind::Space,
            _ if c.is_ascii_control() => Kind::Invisible,
            _ => Kind::Spoken,
        },
        _ if c.is_whitespace() => Kind::Space,
        _ if c.is_control() => Kind::Invisible,
        '\u{00AD}'
        | '\u{200B}'
        | '\u{200E}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{20E3}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFD}'
        | '\u{E000}'..='\u{F8FF}'
        | '\u{E0000}'..='\u{E0FFF}'
        | '\u{F0000}'..='\u{10FFFF}' => Kind::Invisible,
        '\u{2190}'..='\u{21FF}' | '\u{27F0}'..='\u{27FF}' | '\u{2B00}'..='\u{2B11}' => Kind::Pause,
        _ if is_picture(c) => Kind::Picture,
        _ => Kind::Spoken,
    }
}

/// Emoji, and the symbols that are drawn rather than read. Numbers in circles ("❶") are read.
fn is_picture(c: char) -> bool {
    matches!(
        c,
        '\u{2022}'..='\u{2023}'
            | '\u{2139}'
            | '\u{2300}'..='\u{23FF}'
            | '\u{2500}'..='\u{2775}'
            | '\u{2794}'..='\u{27BF}'
            | '\u{2B12}'..='\u{2BFF}'
            | '\u{3030}'
            | '\u{303D}'
            | '\u{3297}'
            | '\u{3299}'
            | '\u{1F000}'..='\u{1FAFF}'
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a1%€+°×²中あ한é①❶™…—。", Kind::Spoken)]
    #[case(" \t\u{A0}\u{3000}", Kind::Space)]
    #[case("\n\u{2028}", Kind::LineEnd)]
    #[case("😀🦀❤☀✅⭐🇹👍🏽♥●■", Kind::Picture)]
    #[case("→⇒⬅", Kind::Pause)]
    #[case("\r\0\u{7}\u{1b}\u{FE0F}\u{20E3}\u{200B}\u{FEFF}\u{E200}", Kind::Invisible)]
    fn every_character_has_its_kind(#[case] text: &str, #[case] expected: Kind) {
        for c in text.chars() {
            assert_eq!(kind(c), expected, "{c:?}");
        }
    }
}
