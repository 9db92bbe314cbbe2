//! Turns, one after the other.

use super::*;
use viva_domain::ports::{Message, MessageRole};

#[test]
fn a_turn_is_signalled_and_answered() {
    let mut bench = Bench::new();
    assert_eq!(bench.audio(), nothing(), "nobody speaks");
    for _ in 0..30 {
        bench.audio();
    }
    // 40 ms of speech and 300 ms before it.
    let sent = [
        "send start",
        "send 100 ms",
        "send 100 ms",
        "send 100 ms",
        "send 40 ms",
    ];
    assert_eq!(bench.began_ago(40), sent);
    assert_eq!(bench.audio(), ["send 20 ms"]);
    assert_eq!(bench.commit(), ["send end"]);
    assert_eq!(bench.audio(), nothing(), "the turn is over");
    assert_eq!(bench.hears(heard(" What time")), ["user: What time…"]);
    assert_eq!(bench.hears(heard(" is it?")), ["user: What time is it?…"]);
    assert_eq!(
        bench.hears(says(480, " It is")),
        ["started", "audio 240 samples", "text: It is"]
    );
    assert_eq!(
        bench.hears(says(480, " noon.")),
        ["audio 240 samples", "text:  noon."]
    );
    assert_eq!(bench.hears(generated()), nothing());
    let end = json!({
        "serverContent": {"turnComplete": true, "turnCompleteReason": "NEED_MORE_INPUT"},
        "usageMetadata": {"promptTokenCount": 9, "responseTokenCount": 4, "thoughtsTokenCount": 2},
    });
    assert_eq!(
        bench.hears(end),
        ["user: What time is it?.", "done, Some(9) in, Some(6) out"]
    );
    assert_eq!(bench.deadline_ms(), None);
}

#[test]
fn a_turn_that_comes_in_one_piece_is_heard_whole() {
    let seconds = |lines: &[String]| lines.iter().filter(|line| *line == "send 100 ms").count() / 10;
    let piece = || RealtimeCommand::Audio(vec![1; 30 * 16_000].into());
    let mut told_before = Bench::new();
    assert_eq!(told_before.began_ago(0), ["send start"]);
    assert_eq!(seconds(&told_before.command(piece())), 30);
    assert_eq!(told_before.commit(), ["send end"]);
    let mut told_after = Bench::new();
    assert_eq!(told_after.command(piece()), nothing());
    assert_eq!(seconds(&told_after.began_ago(30_000)), 10, "its end at least");
    assert_eq!(told_after.commit(), ["send end"]);
}

#[test]
fn the_next_turn_has_its_own_transcript() {
    let mut bench = Bench::new();
    bench.asks();
    bench.hears(heard("One"));
    bench.hears(says(2, "A"));
    bench.hears(complete());
    assert_eq!(
        bench.hears(heard(" more")),
        ["user: One more…"],
        "late, but of the same turn"
    );
    bench.asks();
    assert_eq!(bench.hears(heard("Two")), ["user: Two…"]);
    assert_eq!(
        bench.hears(says(2, "B")),
        ["started", "audio 1 samples", "text: B"]
    );
}

#[test]
fn several_fields_in_one_message_are_all_taken() {
    let mut bench = Bench::new();
    bench.asks();
    let message = json!({
        "serverContent": {
            "modelTurn": {"parts": [
                {"text": "Let me think.", "thought": true},
                {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": STANDARD.encode([9; 5])}, "thought": true},
                {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": STANDARD.encode([9; 5])}},
                {"inlineData": {"mimeType": "image/png", "data": STANDARD.encode([9; 5])}},
                {"text": "not spoken"},
            ]},
            "inputTranscription": {"text": "Hi", "finished": true},
            "outputTranscription": {"text": "Ho"},
            "generationComplete": true,
            "turnComplete": true,
            "groundingMetadata": {},
        },
        "usageMetadata": {"promptTokenCount": 1},
        "someEvent": 1,
    });
    assert_eq!(
        bench.hears(message),
        [
            "user: Hi.",
            "started",
            "audio 2 samples",
            "text: Ho",
            "done, Some(1) in, None out"
        ]
    );
}

#[test]
fn audio_at_another_rate_is_not_taken_for_noise() {
    let sounds = |mime_type: &str| {
        let data = json!({"mimeType": mime_type, "data": STANDARD.encode([9; 4])});
        json!({"serverContent": {"modelTurn": {"parts": [{"inlineData": data}]}}})
    };
    let mut bench = Bench::new();
    for ours in ["audio/pcm", "audio/pcm;rate=24000", "Audio/PCM; Rate=24000"] {
        bench.asks();
        assert_eq!(
            bench.hears(sounds(ours)),
            ["started", "audio 2 samples"],
            "{ours}"
        );
        assert_eq!(bench.hears(complete()), ["done"]);
    }
    for (other, rate) in [("audio/pcm;rate=16000", 16_000), ("audio/pcm;rate=fast", 0)] {
        bench.asks();
        let failed = format!("failed: it failed: it sent audio at {rate} Hz instead of 24000");
        assert_eq!(bench.hears(sounds(other)), ["started", &failed]);
        assert_eq!(bench.hears(sounds(other)), nothing(), "once is enough");
        assert_eq!(bench.hears(complete()), nothing());
    }
    bench.asks();
    assert_eq!(bench.hears(sounds("audio/pcmu;rate=24000")), nothing());
    assert_eq!(bench.hears(says(2, "")), ["started", "audio 1 samples"]);
}

#[test]
fn odd_bytes_wait_for_their_other_half_and_never_for_the_next_answer() {
    let mut bench = Bench::new();
    bench.asks();
    assert_eq!(bench.hears(says(3, "")), ["started", "audio 1 samples"]);
    assert_eq!(bench.hears(says(2, "")), ["audio 1 samples"]);
    bench.hears(complete());
    bench.asks();
    assert_eq!(bench.hears(says(3, "")), ["started", "audio 1 samples"]);
}

#[test]
fn an_answer_without_a_word_is_one() {
    let mut bench = Bench::new();
    bench.asks();
    assert_eq!(bench.hears(heard("  ")), nothing());
    assert_eq!(bench.hears(complete()), ["started", "done"]);
    bench.asks();
    assert_eq!(
        bench.hears(says(2, "A")),
        ["started", "audio 1 samples", "text: A"]
    );
}

#[test]
fn an_answer_that_the_server_refused_failed() {
    let mut bench = Bench::new();
    bench.asks();
    bench.hears(heard("Bad?"));
    let end =
        json!({"serverContent": {"turnComplete": true, "turnCompleteReason": "PROHIBITED_INPUT_CONTENT"}});
    assert_eq!(
        bench.hears(end),
        [
            "user: Bad?.",
            "failed: it failed: it ended its turn with PROHIBITED_INPUT_CONTENT"
        ]
    );
    bench.asks();
    assert_eq!(bench.hears(says(2, "")), ["started", "audio 1 samples"]);
}

#[test]
fn an_answer_is_done_when_it_is_played_even_if_the_server_waits() {
    let mut bench = Bench::new();
    bench.asks();
    bench.now_ms = 1_000;
    // One second.
    bench.hears(says(48_000, "Long."));
    assert_eq!(bench.deadline_ms(), None);
    bench.wait(200);
    bench.hears(generated());
    assert_eq!(bench.deadline_ms(), Some(2_100));
    bench.wait(300);
    // Audio may trail.
    assert_eq!(bench.hears(says(4_800, "")), ["audio 2400 samples"]);
    assert_eq!(bench.deadline_ms(), Some(2_200));
    assert_eq!(bench.wait(699), nothing());
    assert_eq!(bench.wait(1), ["done"]);
    assert_eq!(bench.deadline_ms(), None);
    assert_eq!(bench.hears(says(2, "late")), nothing());
    assert_eq!(bench.hears(complete()), nothing());
    bench.asks();
    assert_eq!(bench.hears(complete()), ["started", "done"]);
}

#[test]
fn speech_that_nobody_announced_is_all_sent() {
    let mut bench = Bench::new();
    bench.audio();
    bench.audio();
    assert_eq!(bench.commit(), ["send start", "send 40 ms", "send end"]);
    assert_eq!(bench.commit(), ["send start", "send end"]);
}

#[test]
fn newer_models_are_greeted_with_a_text_and_older_ones_with_content() {
    let mut bench = Bench::new();
    assert_eq!(bench.greet(), ["send start", "send text", "send end"]);
    assert_eq!(
        bench.hears(says(2, "Hello")),
        ["started", "audio 1 samples", "text: Hello"]
    );
    assert_eq!(bench.hears(complete()), ["done"]);

    let mut bench = Bench::with(TurnTaking::Session, ClientContentUse::AnyTime);
    let sent = bench.greet();
    assert!(
        sent.len() == 1 && sent[0].starts_with("send content [user "),
        "{sent:?}"
    );
    assert!(sent[0].ends_with('.'));
}

#[test]
fn a_greeting_ends_a_turn_that_began() {
    let mut bench = Bench::new();
    bench.began_ago(0);
    assert_eq!(bench.greet(), ["send text", "send end"]);
}

#[test]
fn history_is_told_before_anything_else() {
    let history = [(MessageRole::User, "Hi"), (MessageRole::Assistant, "Ho")].map(|(role, text)| Message {
        role,
        text: text.to_owned(),
    });
    for (client_content, told) in [
        (ClientContentUse::HistoryOnly, "send content [user Hi, model Ho]."),
        (ClientContentUse::AnyTime, "send content [user Hi, model Ho]…"),
    ] {
        let bench = Bench::with(TurnTaking::Session, client_content);
        let mut acts = Vec::new();
        bench.talk.begin(&history, &mut acts);
        assert_eq!(bench.lines(acts), [told]);
        let mut acts = Vec::new();
        bench.talk.begin(&[], &mut acts);
        assert_eq!(acts, []);
    }
}
