//! Which characters end, part and close what is said, and how much room each takes in a piece.

/// Ends a sentence, alone or in a run such as "?!" or "...".
pub(in super::super) fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '…' | '．') || is_question(c) || is_full_stop(c)
}

/// Ends a sentence whatever follows.
pub(super) fn is_full_stop(c: char) -> bool {
    matches!(c, '。' | '｡' | '！' | '？' | '।' | '॥' | '۔')
}

/// Ends a sentence when a space follows.
pub(super) fn is_question(c: char) -> bool {
    matches!(c, '!' | '?' | '‼' | '⁇' | '⁈' | '⁉' | '؟')
}

/// Parts two clauses.
pub(in super::super) fn is_clause_mark(c: char) -> bool {
    matches!(c, ',' | ';' | ':' | '،' | '؛' | '—' | '–') || is_wide_clause_mark(c)
}

/// Parts two clauses without a space behind it.
pub(super) fn is_wide_clause_mark(c: char) -> bool {
    matches!(c, '，' | '、' | '；' | '：' | '､')
}

/// Closes what was quoted or bracketed, and stays with it.
pub(in super::super) fn is_closer(c: char) -> bool {
    matches!(
        c,
        ')' | ']'
            | '}'
            | '”'
            | '’'
            | '»'
            | '›'
            | '」'
            | '』'
            | '】'
            | '〕'
            | '〉'
            | '》'
            | '）'
            | '］'
            | '｝'
            | '｣'
    )
}

/// Opens or closes a quotation: closes it unless a space came before.
pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

/// Chinese, Japanese or Korean, letters and marks.
pub(in super::super) fn is_wide(c: char) -> bool {
    matches!(
        c,
        '\u{1100}'..='\u{11FF}'
            | '\u{2E80}'..='\u{A4CF}'
            | '\u{A960}'..='\u{A97F}'
            | '\u{AC00}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FE30}'..='\u{FE4F}'
            | '\u{FF00}'..='\u{FFEF}'
            | '\u{20000}'..='\u{3FFFF}'
    )
}

/// Written without spaces between words, so sentences end with '。'.
pub(super) fn is_han_or_kana(c: char) -> bool {
    is_wide(c)
        && !matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}')
}

/// How long a character takes to say, in Latin letters.
pub(in super::super) fn width(c: char) -> usize {
    if is_wide(c) && c.is_alphanumeric() { 3 } else { 1 }
}

/// Belongs to the character before it, so no piece begins with it.
pub(super) fn is_attached(c: char) -> bool {
    is_terminator(c)
        || is_clause_mark(c)
        || is_closer(c)
        || matches!(
            c,
            '\u{0300}'..='\u{036F}'
                | '\u{0591}'..='\u{05C7}'
                | '\u{064B}'..='\u{065F}'
                | '\u{0900}'..='\u{0903}'
                | '\u{093A}'..='\u{094D}'
                | '\u{0E31}'
                | '\u{0E34}'..='\u{0E3A}'
                | '\u{0E47}'..='\u{0E4E}'
                | '\u{1AB0}'..='\u{1AFF}'
                | '\u{1DC0}'..='\u{1DFF}'
                | '\u{200C}'..='\u{200D}'
                | '\u{20D0}'..='\u{20FF}'
                | '\u{3099}'..='\u{309A}'
                | '\u{FE20}'..='\u{FE2F}'
        )
}
