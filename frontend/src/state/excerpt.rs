/// Most letters that are repeated.
const LETTERS: usize = 40;

/// The beginning of what an address says and nobody understands, which may be of any length.
pub fn excerpt(text: &str) -> String {
    text.chars().take(LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_repeated_whole_and_letters_are_never_cut() {
        assert_eq!(excerpt("telepathy"), "telepathy");
        assert_eq!(excerpt(&"語".repeat(300)), "語".repeat(40));
    }
}
