//! What is spoken of Markdown.

use rstest::rstest;

use super::spoken;

#[track_caller]
fn says(text: &str, expected: &str) {
    assert_eq!(spoken(text).join(" "), expected);
}

#[rstest]
#[case::bold("This is **very** important", "This is very important")]
#[case::italic("This is *very* _very_ important", "This is very very important")]
#[case::both("This is ***very*** __really__ important", "This is very really important")]
#[case::nested("*This **is** it*, **_all_** of it", "This is it, all of it")]
#[case::cjk("這是**重點**內容", "這是重點內容")]
#[case::struck("It costs ~~five~~ six", "It costs five six")]
#[case::line_start("**Note:** take care", "Note: take care")]
#[case::product("So 2 * 3 is 2*3 is 6", "So 2 * 3 is 2*3 is 6")]
#[case::power("So 2**3 and a*b", "So 2**3 and a*b")]
#[case::snake_case("Call my_snake_case and __init__ now", "Call my_snake_case and init now")]
#[case::about("It takes ~5 minutes", "It takes ~5 minutes")]
#[case::escaped(r"Write \*this\* and C:\Users", r"Write *this* and C:\Users")]
#[case::code("Run `cargo test -- *_x` now", "Run cargo test -- *_x now")]
#[case::double_code("Run ``a `b` c`` now", "Run a b c now")]
#[case::units("Water is 5 °C, 3 €, 50 % + 1 < 2", "Water is 5 °C, 3 €, 50 % + 1 < 2")]
fn marks_of_emphasis_go_and_others_stay(#[case] text: &str, #[case] expected: &str) {
    says(text, expected);
}

#[rstest]
#[case::heading("# Title\nText", "Title. Text")]
#[case::deep_heading("### The title\n\nText", "The title. Text")]
#[case::hashtag("#rust is #1", "#rust is #1")]
#[case::bullets("- one\n* two\n+ three\n• four", "one. two. three. four")]
#[case::nested_bullets("- one\n  - **two**\n", "one. two.")]
#[case::minus("-5 degrees\n-x", "-5 degrees. -x")]
#[case::numbers(
    "1. Install Rust\n2. Run it.\n3) Enjoy",
    "1. Install Rust. 2. Run it. 3) Enjoy"
)]
#[case::tasks("- [ ] open\n- [x] done", "open. done")]
#[case::no_tasks("- [x](/y)\n- [x\n- [ z]", "x. x. z")]
#[case::quote("> He said\n>> so", "He said. so")]
#[case::rule("Above\n\n---\n***\n* * *\nBelow", "Above. Below")]
#[case::underlined("Title\n=====\nText\n", "Title. Text.")]
#[case::chinese("標題\n第一行，\n第二行", "標題。 第一行， 第二行")]
#[case::marked_lines("So:\none!\ntwo", "So: one! two")]
#[case::crlf("# One\r\n\r\n- two\r\n", "One. two.")]
fn marks_of_lines_go(#[case] text: &str, #[case] expected: &str) {
    says(text, expected);
}

#[rstest]
#[case::fence("Like this:\n```rust\nfn main() {}\n```\nDone.", "Like this: Done.")]
#[case::tildes("Like this:\n~~~\n```\n~~~\nDone.", "Like this: Done.")]
#[case::longer_fence("So:\n````\n```\nx\n````\nDone.", "So: Done.")]
#[case::in_list("- So:\n  ```sh\n  ls\n  ```\n- Done.", "So: Done.")]
#[case::open_fence("So:\n```\nx = 1\n", "So:")]
#[case::inline("```ls``` lists", "ls lists")]
fn blocks_of_code_are_not_spoken(#[case] text: &str, #[case] expected: &str) {
    says(text, expected);
}

#[rstest]
#[case::with_head(
    "| Name | Age |\n|------|:---:|\n| Ann | 5 |\n| Bob | |\n",
    "Name, Age. Ann, 5. Bob."
)]
#[case::no_outer_marks("Name | Age\n--- | ---\nAnn | 5", "Name, Age. Ann, 5")]
#[case::chinese("| 名字 | 年紀 |\n|--|--|\n| 小明 | 五歲 |", "名字， 年紀。 小明， 五歲")]
#[case::break_in_cell("| a<br>b | c |", "a, b, c")]
#[case::probability("So P(A|B) is it", "So P(A|B) is it")]
fn tables_are_read_cell_by_cell(#[case] text: &str, #[case] expected: &str) {
    says(text, expected);
}

#[rstest]
#[case::link("See [the docs](https://docs.rs/a_b?c=d#e) now", "See the docs now")]
#[case::title("See [the docs](/x \"A (title)\") now", "See the docs now")]
#[case::parentheses("See [it](https://a.org/b_(c)) now", "See it now")]
#[case::image("Look ![a cat](cat.png) here", "Look a cat here")]
#[case::linked_image("[![build](a.svg)](b) ok", "build ok")]
#[case::no_link("See [note](this is it) now", "See note(this is it) now")]
#[case::brackets("He [the man] said list[0] and [1]", "He the man said list[0] and 1")]
#[case::footnote("It is so[^1] and so[^note].", "It is so and so.")]
#[case::bare("See https://www.rust-lang.org/learn/get?a=b#c.", "See rust-lang.org.")]
#[case::bare_www("See WWW.example.com/x, or http://user@a.org:80", "See example.com, or a.org")]
#[case::in_brackets("Here (https://a.org/b_(c)) it is", "Here (a.org) it is")]
#[case::bold_address("**https://a.org** it is", "a.org it is")]
#[case::before_cjk("請看https://a.org/b。謝謝", "請看a.org。 謝謝")]
#[case::angle("See <https://a.org/b> or <me@a_b.org>", "See a.org or me@a_b.org")]
#[case::text_is_address("[https://a.org/x](https://a.org/x) it is", "a.org it is")]
#[case::words("how http works: www and https://", "how http works: www and https://")]
#[case::email("Write to jane.doe_x@example.com now", "Write to jane.doe_x@example.com now")]
fn addresses_are_not_spelled_out(#[case] text: &str, #[case] expected: &str) {
    says(text, expected);
}

#[rstest]
#[case::inline("A <b>bold</b> <span class=\"x\">word</span>", "A bold word")]
#[case::breaks("One<br>two<br/>three", "One. two. three")]
#[case::comment("A <!-- not > this --> word", "A word")]
#[case::unknown("A <voice name=\"x\">word</voice> here", "A word here")]
#[case::generic("A Vec<String> is x<y and y>z, a <3", "A Vec<String> is x<y and y>z, a <3")]
#[case::open("A <b and nothing", "A <b and nothing")]
fn tags_go(#[case] text: &str, #[case] expected: &str) {
    says(text, expected);
}

#[rstest]
#[case::between_words("Hi 😀 there👍🏽friend", "Hi there friend")]
#[case::before_mark("Great 🎉! Thanks ❤️.", "Great! Thanks.")]
#[case::family("The 👨‍👩‍👧‍👦 and the 🏳️‍🌈 and 🇹🇼 here", "The and the and here")]
#[case::keycap("Press 1️⃣ or #️⃣", "Press 1 or #")]
#[case::first("✅ **Done** and ☕", "Done and")]
#[case::arrow("Go A → B⇒C →", "Go A, B, C")]
#[case::invisible("a\u{200B}b\u{FEFF}c\u{7}d\u{E200}e", "abcde")]
#[case::spaces("a  \t b\u{A0}\u{3000}c", "a b c")]
#[case::joined_letters("ක්\u{200D}ර", "ක්\u{200D}ර")]
#[case::trade_mark("Rust™ and ❶ é ¿qué?", "Rust™ and ❶ é ¿qué?")]
fn pictures_and_what_is_invisible_go(#[case] text: &str, #[case] expected: &str) {
    says(text, expected);
}
