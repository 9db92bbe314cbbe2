//! Where answers are cut. A bar parts the pieces; it may stand only where one is cut.

use rstest::rstest;

use super::super::Splitter;
use super::super::cutting::{FIRST_MOST, MOST};
use super::{split, spoken};

#[track_caller]
fn is_cut(expected: &str) {
    let text = expected.replace('|', "");
    let pieces: Vec<&str> = expected.split('|').map(str::trim).collect();
    assert_eq!(spoken(&text), pieces);
}

#[rstest]
#[case::clause("In that case, |we should take the early train to the coast.")]
#[case::semicolon("That is right; |we should take the early train.")]
#[case::colon("Here is the plan: |we take the early train.")]
#[case::dash("I would say so — |but let us look at the map first.")]
#[case::spaced_hyphen("I would say so - |but let us look at the map first.")]
#[case::word_alone("Well, it depends on the weather, |and on the wind.")]
#[case::short_sentence("Hello! |How can I help you today?")]
#[case::shortest_sentence("Yes. It does that every morning at six. |And in the evening.")]
#[case::quoted_clause("\"Nobody knows,\" |said the man at the door.")]
fn the_first_piece_is_early(#[case] expected: &str) {
    is_cut(expected);
}

#[rstest]
#[case::period(
    "The first one is here. |The second sentence, which is longer, has commas. |The third one ends it all."
)]
#[case::question("The first one is here. |Is the second sentence a question? |Then there comes another.")]
#[case::run("The first one is here. |What on earth are you doing there?! |Then there comes another.")]
#[case::joined("The first one is here. |It works. So does the other one. |I am glad that it does.")]
#[case::closing_quote("He looked up. |\"I have never seen that before.\" |She nodded, and left the room.")]
#[case::opening_quote(
    "He looked up and said it. |\"I have never seen that before.\" |\"Nor have I ever seen it.\""
)]
#[case::bracket("He looked up. |(I have never seen that before.) |She nodded and left the room.")]
#[case::speech("He looked up. |\"Stop it right now, please!\" he said to the dog. |The dog went on.")]
#[case::french("Bonjour ! |« Je ne sais pas où il est. » |Elle est partie hier soir.")]
#[case::lower_case("hello friend. |i am glad that you came by today. |let us begin with the list.")]
#[case::line("Three things matter most: |the first one is the price\n|the second one is the quality\n")]
#[case::plan_b("I would take plan B. |The other plan is far too expensive.")]
#[case::no("Do you want it? |No. I do not want it at all. |It is far too expensive.")]
#[case::year("It was built in 2024. |The old one was from the year 1999. |Both of them are still in use.")]
fn later_pieces_are_sentences(#[case] expected: &str) {
    let expected = expected
        .replace("price\n", "price.\n")
        .replace("quality\n", "quality.\n");
    is_cut(&expected);
}

#[rstest]
#[case("The house of Mr. Smith and Dr. No is old.")]
#[case("The house of Mrs. J. R. R. Smith is old.")]
#[case("There are fruits e.g. Apples and i.e. Pears in it.")]
#[case("The law of the U.S. Senate is about the U.K. and the rest.")]
#[case("The shop opens at 5 p.m. on Sundays.")]
#[case("The shop opens at 5 p.m. Monday to Friday.")]
#[case("The number is No. 5 as in Fig. 3 on pp. 12 of it.")]
#[case("The value of pi is 3.14 and the version is 1.2.3 of it.")]
#[case("The price is 1,000,000.50 dollars at 12:30 today.")]
#[case("The page example.com and the file main.rs are the same.")]
#[case("The address is jane.doe@mail.example.com for all of it.")]
#[case("The library Node.js and the .NET runtime are big.")]
#[case("The weather is... well... fine I guess.")]
#[case("The weather is… well… fine I guess.")]
#[case("The company Yahoo!Japan and the page a?b are gone.")]
#[case("The firm Miller & Co. Limited of St. Petersburg is old.")]
#[case("The dept. of min. values and the gov. office is new.")]
#[case("The years 1990–1995 and a well-known long-term plan are over.")]
#[case("Das ist z.B. Der Hund und ca. Fünf Katzen bzw. Mäuse.")]
fn nothing_ends_within(#[case] text: &str) {
    // Not the first piece, which may end at a clause.
    assert_eq!(spoken(&format!("Good morning. {text}")), ["Good morning.", text]);
}

#[rstest]
#[case("It opens at five in the U.S. |The others open at six or later.")]
#[case("It opens at half past 5 p.m. |It closes at about ten in the evening.")]
#[case("It has apples, |pears, and many plums, etc. |They are all from the old garden.")]
#[case("The story ends here... |Then another one begins, and it is long.")]
#[case("See the page example.com. |Then write to me about what you found.")]
#[case("The value is about 3.14. |Then it grows a little every day.")]
fn a_sentence_ends_behind_an_abbreviation_when_another_begins(#[case] expected: &str) {
    is_cut(expected);
}

#[rstest]
#[case::clause("當然可以，|我們先看看今天的天氣怎麼樣。")]
#[case::word_alone("好，我們先看看天氣，|然後再決定。")]
#[case::greeting("你好。|請問今天想聊些什麼呢？")]
#[case::later("你好嗎？|今天的天氣，我覺得非常好。|我們一起出去走走吧！|你覺得怎麼樣呢，朋友？")]
#[case::quotes("他笑了。|「我從來沒有看過這個東西。」|她點點頭就離開了這裡。")]
#[case::run("真的嗎？！|我完全不知道這件事情啊！！|太奇怪了，我再想一想。")]
#[case::ellipsis("讓我想想……|也許明天會下雨，所以要帶傘。")]
#[case::numbers("價格是３，０００元左右喔，|時間是12：30，版本是1.95。")]
#[case::narrow_marks("你好,我是你的助理,|今天我們來聊聊天氣吧.")]
#[case::enumeration("我喜歡蘋果、|香蕉、橘子，還有很多別的水果。|你呢？")]
fn chinese_is_cut(#[case] expected: &str) {
    is_cut(expected);
}

#[rstest]
#[case("こんにちは。|今日はとてもいい天気ですね。|散歩に行きませんか、一緒に？")]
#[case("そうですね、|今日は少し寒いと思います。|「本当にそう思いますか？」|と彼は私に聞いた、静かに。")]
fn japanese_is_cut(#[case] expected: &str) {
    is_cut(expected);
}

#[rstest]
#[case("안녕하세요. |오늘은 날씨가 정말 좋네요. |같이 산책하러 갈까요, 친구?")]
#[case("물론입니다, |제가 바로 도와 드리겠습니다! |무엇이 궁금하신가요?")]
fn korean_is_cut(#[case] expected: &str) {
    is_cut(expected);
}

#[rstest]
#[case("我用 Rust 1.95 寫的。|It works. 你可以試試看這個版本。|Then tell me what you think.")]
#[case("這個網站是 example.com，|你可以看看 README.md 這個檔案。|The rest is in the other file.")]
#[case("Sure. 我用 Node.js 寫了一個小程式。|Dr. Wang 說 3.14 is fine.")]
fn mixed_text_is_cut(#[case] expected: &str) {
    is_cut(expected);
}

#[test]
fn an_overlong_sentence_is_cut_at_its_last_clause() {
    let clause = "and then a lot of words that go on and on without end";
    let text = format!("Good morning. {clause}, {clause}, {clause}, {clause}, {clause}.");
    let pieces = spoken(&text);
    assert_eq!(pieces[1], format!("{clause}, {clause}, {clause}, {clause},"));
    assert_eq!(pieces[2], format!("{clause}."));
}

#[test]
fn words_without_any_mark_are_cut_at_spaces() {
    let text = "word ".repeat(200);
    let pieces = spoken(&text);
    assert_eq!(pieces[0].len(), FIRST_MOST - 1);
    assert_eq!(pieces[1].len(), MOST - 1);
    assert!(
        pieces
            .iter()
            .all(|piece| piece.starts_with("word") && piece.ends_with("word"))
    );
}

#[test]
fn chinese_without_any_mark_is_cut_anywhere() {
    let pieces = spoken(&"字".repeat(300));
    let lengths: Vec<usize> = pieces.iter().map(|piece| piece.chars().count()).collect();
    assert_eq!(lengths, [FIRST_MOST / 3, MOST / 3, MOST / 3, MOST / 3, 20]);
}

#[test]
fn no_piece_begins_with_a_mark_that_belongs_before_it() {
    let text = format!("{}，{}", "字".repeat(FIRST_MOST / 3), "字".repeat(20));
    assert_eq!(spoken(&text)[1].chars().next(), Some('字'));
    let combining = "e\u{301}".repeat(200);
    assert!(spoken(&combining).iter().all(|piece| piece.starts_with('e')));
}

#[test]
fn a_piece_comes_as_soon_as_it_is_known_to_end() {
    let mut splitter = Splitter::new();
    let mut pieces = Vec::new();
    let mut counts = Vec::new();
    for delta in [
        "Of course I can,",
        " ",
        "we",
        " begin with the first step.",
        " ",
        "T",
        "hen\n",
    ] {
        splitter.push(delta, &mut pieces);
        counts.push(pieces.len());
    }
    assert_eq!(counts, [0, 0, 1, 1, 1, 2, 2]);
    splitter.finish(&mut pieces);
    assert_eq!(pieces.len(), 3);
}

#[test]
fn a_line_end_needs_no_look_ahead() {
    let mut pieces = Vec::new();
    Splitter::new().push("That is the whole plan\n", &mut pieces);
    assert_eq!(pieces.len(), 1);
}

#[test]
fn pieces_cover_the_marks_that_close_behind_them() {
    let text = "**This one is bold.** [Here is a link.](https://example.com/a) 她說**你好嗎？**然後走了 😀";
    let chars: Vec<usize> = split([text]).iter().map(|piece| piece.chars).collect();
    let mut rest = text.chars();
    let covered: Vec<String> = chars
        .iter()
        .map(|&count| rest.by_ref().take(count).collect())
        .collect();
    assert_eq!(
        covered,
        [
            "**This one is bold.** ",
            "[Here is a link.](https://example.com/a) 她說**你好嗎？**",
            "然後走了 😀"
        ]
    );
}

#[rstest]
#[case("")]
#[case("  \n")]
#[case("😀👍🏽")]
#[case("```rust\nfn main() {}\n```")]
#[case("---")]
#[case(" ```")]
#[case("!?")]
fn an_answer_with_nothing_to_say_is_one_silent_piece(#[case] text: &str) {
    let pieces = split([text]);
    assert!(pieces.iter().all(|piece| piece.spoken.is_empty()));
    assert_eq!(pieces.len(), usize::from(!text.is_empty()));
}

#[test]
fn what_is_silent_at_the_end_makes_a_silent_piece() {
    let pieces = split(["It is all done now.\n", "\n😀"]);
    assert_eq!(pieces.len(), 2);
    assert_eq!((pieces[1].spoken.as_str(), pieces[1].chars), ("", 2));
}

#[test]
fn a_finished_splitter_takes_another_answer() {
    let mut splitter = Splitter::new();
    let mut pieces = Vec::new();
    for _ in 0..2 {
        splitter.push("```\nlet it = \"be\"; // open", &mut pieces);
        splitter.finish(&mut pieces);
        splitter.push("In that case, we go", &mut pieces);
        splitter.finish(&mut pieces);
    }
    let spoken: Vec<&str> = pieces.iter().map(|piece| piece.spoken.as_str()).collect();
    assert_eq!(
        spoken,
        ["", "In that case,", "we go", "", "In that case,", "we go"]
    );
}
