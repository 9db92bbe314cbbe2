//! Putting transcripts together.

/// More of a transcript, in bytes, is more than a person says.
const MOST_TEXT: usize = 64 << 10;

/// Adds a piece to a transcript, unless that gets longer than people talk.
pub(in crate::providers) fn push_within(text: &mut String, piece: &str) {
    if text.len() + piece.len() <= MOST_TEXT {
        text.push_str(piece);
    }
}

/// Adds a part; scripts that write without spaces get none.
pub(in crate::providers) fn join(text: &mut String, part: &str) {
    let (Some(last), Some(first)) = (text.chars().next_back(), part.chars().next()) else {
        return push_within(text, part);
    };
    if !is_unspaced(last) && !is_unspaced(first) {
        push_within(text, " ");
    }
    push_within(text, part);
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
    fn a_transcript_does_not_grow_for_ever() {
        let mut text = String::new();
        for _ in 0..100 {
            push_within(&mut text, &"x".repeat(1_000));
        }
        assert_eq!(text.len(), 65_000);
    }

    #[rstest]
    #[case(&["你好", "世界"], "你好世界")]
    #[case(&["你好。", "OK", "好"], "你好。OK好")]
    #[case(&["こんにちは", "ありがとう"], "こんにちはありがとう")]
    #[case(&["안녕", "하세요"], "안녕 하세요")]
    #[case(&["", "one", "", "two"], "one two")]
    fn parts_are_joined_as_their_script_does(#[case] parts: &[&str], #[case] text: &str) {
        let mut joined = String::new();
        for part in parts {
            join(&mut joined, part);
        }
        assert_eq!(joined, text);
    }
}
