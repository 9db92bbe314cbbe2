use proptest::prelude::*;
use proptest::sample::select;

use super::super::Piece;
use super::super::cutting::marks::width;
use super::super::cutting::{FIRST_MOST, MOST};
use super::split;

/// Whole constructs and halves of them, so that random texts open and close what they should not.
#[rustfmt::skip]
const SCRAPS: &[&str] = &[
    "a", "x", "The ", "word ", "Dr. ", "U.S. ", "e.g. ", "3.14", "1. ", " ", "  ", "\n", "\n\n", "\r\n", "\t",
    ".", ". ", "...", "…", "! ", "?", ", ", ": ", "—", " - ", "\"", "'", "(", ")", "「", "」", "。", "，", "？",
    "你好", "世界", "です", "안녕 ", "*", "**", "***", "_", "__", "~~", "`", "``", "```", "~~~", "# ", "### ", "- ",
    "+ ", "> ", "| ", "|---|\n", "[", "]", "](", "![", "[^", "[x] ", "<", ">", "<b>", "</b>", "<br>", "<!--", "-->",
    "https://", "www.", "a.org/b", "@", "\\", "😀", "👨\u{200D}👩", "\u{FE0F}", "\u{200D}", "\u{301}", "\0", "→",
    "---\n", "===\n", "h", "w", "http", "=", "<https://", "/", " \"t\"", "word word word word word word word ",
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(select(SCRAPS), 0..80).prop_map(|scraps| scraps.concat()),
        any::<String>(),
        "\\PC{0,300}",
    ]
}

/// A text and where it is cut into deltas.
fn chopped() -> impl Strategy<Value = (String, Vec<prop::sample::Index>)> {
    (text(), prop::collection::vec(any::<prop::sample::Index>(), 0..20))
}

fn chop<'a>(text: &'a str, cuts: &[prop::sample::Index]) -> Vec<&'a str> {
    let starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
    if starts.is_empty() {
        return Vec::new();
    }
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| starts[cut.index(starts.len())]).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect()
}

fn covered(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.chars).sum()
}

/// A word that can stand anywhere in Markdown, and what is spoken of it.
fn inline() -> impl Strategy<Value = (String, String)> {
    let word = prop_oneof!["[a-z]{1,9}", "[0-9]{1,4}", "[你好世界天氣]{1,5}"];
    word.prop_flat_map(|word: String| {
        select(vec![
            (word.clone(), word.clone()),
            (format!("**{word}**"), word.clone()),
            (format!("*{word}*"), word.clone()),
            (format!("_{word}_"), word.clone()),
            (format!("~~{word}~~"), word.clone()),
            (format!("***{word}***"), word.clone()),
            (format!("`{word}`"), word.clone()),
            (format!("[{word}](https://a.org/{word}_*x*)"), word.clone()),
            (format!("[**{word}**](/x)"), word.clone()),
            (format!("![{word}](a.png \"title\")"), word.clone()),
            (format!("<b>{word}</b>"), word.clone()),
            (format!("{word} 😀"), word.clone()),
            (format!("https://www.{word}.org/x_y?z=*"), format!("{word}.org")),
        ])
    })
    .prop_filter("an address has no Chinese host here", |(text, _)| {
        text.is_ascii() || !text.contains("www")
    })
}

/// A line of Markdown, and what is spoken of it.
fn line() -> impl Strategy<Value = (String, String)> {
    let begin = select(vec![
        "", "# ", "#### ", "- ", "* ", "  + ", "> ", "> - ", "- [ ] ", "- [x] ",
    ]);
    let block = select(vec![
        "",
        "",
        "",
        "```rust\nlet *a* = _b_;\n```\n",
        "---\n",
        "\n",
        "|---|---|\n",
    ]);
    (begin, prop::collection::vec(inline(), 1..12), block).prop_map(|(begin, words, block)| {
        let (texts, spoken): (Vec<_>, Vec<_>) = words.into_iter().unzip();
        (
            format!("{begin}{}.\n{block}", texts.join(" ")),
            format!("{}.", spoken.join(" ")),
        )
    })
}

proptest! {
    #[test]
    fn pieces_cover_the_whole_text(text in text()) {
        prop_assert_eq!(covered(&split([text.as_str()])), text.chars().count());
    }

    #[test]
    fn pieces_do_not_depend_on_the_deltas((text, cuts) in chopped()) {
        prop_assert_eq!(split(chop(&text, &cuts)), split([text.as_str()]));
    }

    #[test]
    fn no_piece_is_too_long(text in text()) {
        let mut most = FIRST_MOST;
        for piece in split([text.as_str()]) {
            prop_assert!(piece.spoken.chars().map(width).sum::<usize>() <= most, "{:?}", piece);
            most = MOST;
        }
    }

    #[test]
    fn only_the_last_piece_says_nothing(text in text()) {
        let pieces = split([text.as_str()]);
        for (index, piece) in pieces.iter().enumerate() {
            prop_assert!(piece.chars > 0);
            prop_assert!(piece.spoken.chars().any(char::is_alphanumeric) || (piece.spoken.is_empty() && index + 1 == pieces.len()));
            prop_assert_eq!(piece.spoken.trim(), piece.spoken.as_str());
            prop_assert!(!piece.spoken.contains(char::is_control));
            prop_assert!(!piece.spoken.contains("  "));
        }
    }

    #[test]
    fn documents_are_spoken_without_their_marks(lines in prop::collection::vec(line(), 1..8)) {
        let (texts, expected): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
        let pieces = split([texts.concat().as_str()]);
        let spoken: Vec<&str> = pieces.iter().map(|piece| piece.spoken.as_str()).filter(|spoken| !spoken.is_empty()).collect();
        // A cut within a word leaves no space.
        let without_space = |text: String| text.replace(' ', "");
        prop_assert_eq!(without_space(spoken.concat()), without_space(expected.concat()));
    }
}

/// Work that grows with the square of the length would take minutes here.
#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    for scrap in [
        "](",
        "<a ",
        "[",
        "*",
        "`",
        "((",
        ".",
        "\"",
        "https://(",
        "www.",
        "a.",
        ")) ",
        "U.S. A",
        "😀",
        "—",
        "| ",
        "![a](",
    ] {
        let text = scrap.repeat(50_000);
        assert_eq!(covered(&split([text.as_str()])), text.chars().count(), "{scrap}");
    }
}
