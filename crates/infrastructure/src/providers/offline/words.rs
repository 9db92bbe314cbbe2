//! Where a text can be cut.

/// Cuts a text into words with the space that follows; where words are not separated, into characters with the
/// punctuation that follows. Together they are the text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        let (_, mut previous) = chars.next()?;
        let end = chars
            .find(|&(_, c)| {
                let follows = std::mem::replace(&mut previous, c);
                let begins_word = follows.is_whitespace()
                    || is_ideographic(c)
                    || (is_ideographic(follows) && c.is_alphanumeric());
                begins_word && !c.is_whitespace()
            })
            .map_or(rest.len(), |(at, _)| at);
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// Chinese characters and kana, without their punctuation.
fn is_ideographic(c: char) -> bool {
    c.is_alphanumeric()
        && matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_spaces_are_cut_into_characters() {
        let cut = |text| words(text).collect::<Vec<_>>();
        assert_eq!(
            cut("你好\u{ff0c}我是 Viva 的。"),
            ["你", "好\u{ff0c}", "我", "是 ", "Viva ", "的。"]
        );
        assert_eq!(cut("Hello, world"), ["Hello, ", "world"]);
        assert_eq!(cut(" a"), [" ", "a"]);
        assert_eq!(cut(""), Vec::<&str>::new());
    }
}
