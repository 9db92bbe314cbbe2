//! Turns in which nothing goes wrong.

use viva_domain::ports::{SpeechMark, SpeechToTextCommand};
use viva_domain::turns::ModeOrder;
use viva_fakes::{AnswerEnd, Reply, ScriptedSpeechToText, ScriptedTextToSpeech, Speech, Transcript};

use super::*;

#[tokio::test(start_paused = true)]
async fn every_stage_takes_its_time_and_no_more() {
    let mut bench = Bench::new().await;
    bench.model.reply(
        Reply::new()
            .wait(ms(200))
            .text("Once upon a time, ")
            .wait(ms(30))
            .text("there was a green dragon. ")
            .wait(ms(500))
            .text("It slept.")
            .done(),
    );
    for _ in 0..3 {
        bench
            .voice
            .next(Speech::of(ms(300)).after(ms(120)).at_speaking_speed());
    }
    bench.begin_speech();
    bench.commit_to(Transcript::new().partial("Tell").wait(ms(150)).text("Tell me."));
    let said = bench.said_within(ms(5_000)).await;
    let is_short = |line: &String| !line.contains("audio");
    let told: Vec<String> = lines(&said).into_iter().filter(is_short).collect();
    assert_eq!(
        told,
        [
            "0 partial: Tell",
            "150 final: Tell me.",
            "150 reached Transcribed",
            "150 reached LlmRequested",
            "350 reached LlmFirstToken",
            "350 started",
            "350 text: Once upon a time, ",
            "380 reached LlmFirstPiece",
            "380 text: there was a green dragon. ",
            "380 reached TtsRequested",
            "880 text: It slept.",
            "880 reached LlmDone",
            "1600 done",
        ]
    );
    let audio: Vec<u64> = said
        .iter()
        .filter(|(_, line)| line.contains("audio"))
        .map(|(at, _)| *at)
        .collect();
    let due = |from: u64| (0..15).map(move |piece| from + piece * 20);
    let expected: Vec<u64> = due(500).chain(due(1_000)).chain(due(1_300)).collect();
    assert_eq!(
        audio.first(),
        Some(&500),
        "the voice begins before the model is done"
    );
    assert_eq!(audio, expected);
    let one_after_the_other = 150 + (200 + 30 + 500) + 3 * (120 + 300);
    assert!(said.last().unwrap().0 < one_after_the_other);
    assert_eq!(bench.asked_last(), ["U: Tell me."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_voice_is_asked_for_one_piece_ahead() {
    let mut bench = Bench::new().await;
    let sentence = |n: usize| format!("This is the sentence number {n}. ");
    let text: String = (1..=5).map(sentence).collect();
    bench.model.reply(Reply::written(&text));
    for _ in 0..5 {
        bench
            .voice
            .next(Speech::of(ms(1_000)).after(ms(100)).at_speaking_speed());
    }
    bench.begin_speech();
    bench.commit_to(Transcript::of("Count."));
    let mut most_open = 0;
    for _ in 0..600 {
        bench.said_within(ms(10)).await;
        most_open = most_open.max(bench.voice.open());
    }
    assert_eq!(most_open, 2);
    let recorded = bench.voice.recorded();
    let texts: Vec<&str> = recorded
        .iter()
        .map(|speech| speech.request.text.as_str())
        .collect();
    let expected: Vec<String> = (1..=5).map(|n| sentence(n).trim().to_owned()).collect();
    assert_eq!(texts, expected);
    assert_eq!(recorded[0].request.previous_text, "");
    assert_eq!(
        recorded[2].request.previous_text,
        format!("{} {}", expected[0], expected[1])
    );
    assert_eq!(
        recorded[1].asked, recorded[0].asked,
        "while the first one is made"
    );
    for pair in recorded.windows(3) {
        let (done, _) = (pair[0].end.unwrap().1, pair[1].asked);
        assert_eq!(pair[2].asked, done, "when the one before the last one is done");
    }
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_resampled_as_a_whole() {
    let voice = Arc::new(ScriptedTextToSpeech::at_rate(24_000));
    let mut bench = Bench::open(Arc::default(), Arc::default(), voice).await;
    bench
        .model
        .reply(Reply::written("One sentence is here. Another sentence is there."));
    for _ in 0..2 {
        bench.voice.next(Speech::of(ms(300)));
    }
    bench.begin_speech();
    bench.commit();
    let said = bench.said_within(ms(1_000)).await;
    let audio: Vec<&str> = said
        .iter()
        .map(|(_, line)| line.as_str())
        .filter(|line| line.contains("audio"))
        .collect();
    let [audio] = audio.as_slice() else {
        panic!("{said:?}")
    };
    let length: u64 = audio.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    assert!((600..=620).contains(&length), "{audio}");
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn it_is_said_when_which_words_are_spoken() {
    let mut bench = Bench::new().await;
    bench.model.reply(Reply::written(
        "Once **upon** a time there was one. It slept until today.",
    ));
    bench
        .voice
        .when("Once upon a time there was one.", Speech::of(ms(1_000)));
    bench.voice.when("It slept until today.", Speech::of(ms(700)));
    let mark = |at: u64, chars| SpeechMark { at: ms(at), chars };
    let upon = "Once upon".len();
    bench.voice.mark(
        "Once upon a time there was one.",
        &[mark(200, 4), mark(400, upon)],
    );
    bench
        .voice
        .mark("It slept until today.", &[mark(300, "It slept".len())]);
    bench.begin_speech();
    bench.commit();
    let marks = bench.marks_within(ms(1_000)).await;
    let first = "Once **upon** a time there was one. ".len();
    assert_eq!(
        marks,
        [
            (200, 4),
            (400, "Once **upon**".len()),
            (1_000, first),
            (1_300, first + "It slept".len()),
            (1_700, first + "It slept until today.".len()),
        ]
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_ai_may_speak_first() {
    let mut bench = Bench::new().await;
    bench.model.reply(Reply::written("Hello there!"));
    let generation = bench.next_generation();
    bench.mode.order(ModeOrder::Greet(generation));
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(said, ["started", "text: Hello there!", "done"]);
    assert_eq!(bench.asked_last(), Vec::<String>::new());
    bench.exchange("Hi.", "What now?").await;
    assert_eq!(bench.asked_last(), ["A: Hello there!", "U: Hi."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_without_words_ends_and_nobody_is_asked() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(150)).text(""));
    let said = bench.said_within(ms(1_000)).await;
    let expected = [
        "150 final: ",
        "150 reached Transcribed",
        "150 started",
        "150 done",
    ];
    assert_eq!(lines(&said), expected);
    assert!(bench.model.asked().is_empty() && bench.voice.recorded().is_empty());
    bench.exchange("Hi.", "Hello.").await;
    assert_eq!(bench.asked_last(), ["U: Hi."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_words_ends_too() {
    let mut bench = Bench::new().await;
    for reply in [Reply::new().done(), Reply::written("\n* \u{1f600} \n")] {
        bench.model.reply(reply);
        bench.begin_speech();
        bench.commit_to(Transcript::of("Hm?"));
        let said = bench.words_within(ms(1_000)).await;
        assert_eq!(
            said.iter().filter(|line| *line == "started").count(),
            1,
            "{said:?}"
        );
        assert_eq!(said.last().unwrap(), "done");
    }
    assert!(bench.voice.recorded().is_empty());
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_no_voice_can_say_is_written_all_the_same() {
    let written = "**Hi** \u{1f600} [there](https://a.org).";
    let mut bench = Bench::new().await;
    let reply = Reply::new()
        .text("**H")
        .text("i** \u{1f600} [the")
        .text("re](https://a.org).");
    bench.model.reply(reply.done());
    bench.begin_speech();
    bench.commit_to(Transcript::of("Hm?"));
    let said = bench.words_within(ms(2_000)).await;
    let text: String = said
        .iter()
        .filter_map(|line| line.strip_prefix("text: "))
        .collect();
    assert_eq!(text, written);
    assert_eq!(bench.voice.texts(), ["Hi there."]);
    bench.exchange("And?", "So.").await;
    let answer = format!("A: {written}");
    assert_eq!(bench.asked_last(), ["U: Hm?", &answer, "U: And?"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn ears_hear_all_audio_and_when_speech_began() {
    let mut bench = Bench::with_ears(ScriptedSpeechToText::new()).await;
    assert_eq!(bench.mode.push_audio(&vec![1; 320].into()), 0);
    bench.begin_speech();
    assert_eq!(bench.mode.push_audio(&vec![2; 320].into()), 0);
    bench.commit();
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(
        said,
        ["final: Hello.", "started", "text: Hello", "text:  there.", "done"]
    );
    let recorded = bench.ears.recorded();
    let began = SpeechToTextCommand::SpeechBegan { ago: ms(0) };
    let order = SpeechToTextCommand::Finalize { number: 1 };
    assert_eq!(recorded.control(), [began, order]);
    assert_eq!(recorded.audio(), [[1; 320], [2; 320]].concat());
    bench.close().await;
}

/// The audio of a turn that another mode heard comes at once, and right after the news that it began.
#[tokio::test(start_paused = true)]
async fn what_the_ears_are_told_keeps_its_place_in_the_audio() {
    let mut bench = Bench::with_ears(ScriptedSpeechToText::new()).await;
    bench.begin_speech();
    bench.mode.push_audio(&vec![1; 320].into());
    bench.commit();
    bench.go_on();
    bench.mode.push_audio(&vec![2; 320].into());
    bench.prepare_for(Transcript::of("Hello."));
    bench.mode.push_audio(&vec![3; 320].into());
    bench.commit();
    bench.words_within(ms(1_000)).await;
    let began = || SpeechToTextCommand::SpeechBegan { ago: ms(0) };
    let audio = |sample| SpeechToTextCommand::Audio(vec![sample; 320].into());
    let told = [
        began(),
        audio(1),
        SpeechToTextCommand::Finalize { number: 1 },
        began(),
        audio(2),
        SpeechToTextCommand::Finalize { number: 2 },
        audio(3),
    ];
    assert_eq!(bench.ears.recorded().commands, told);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_heard_between_turns_is_nobodys() {
    let mut bench = Bench::new().await;
    let partial = |text: &str| viva_domain::ports::SpeechToTextEventKind::Partial(text.to_owned());
    bench.ears.say(partial("noise"));
    assert_eq!(bench.words_within(ms(10)).await, Vec::<String>::new());
    bench.begin_speech();
    bench.ears.say(partial("Tell"));
    assert_eq!(bench.words_within(ms(10)).await, ["partial: Tell"]);
    bench.model.reply(Reply::new().text("Once.").wait(ms(500)).done());
    bench.commit_to(Transcript::of("Tell me."));
    bench.words_within(ms(100)).await;
    bench.ears.say(partial("the AI's own voice"));
    assert_eq!(bench.words_within(ms(1_000)).await, ["done"]);
    assert_eq!(bench.model.asked()[0].end, Some(AnswerEnd::Read));
    bench.close().await;
}
