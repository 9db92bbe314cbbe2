use viva_domain::ports::{Message, MessageRole};
use viva_fakes::vendors::gemini::live::LiveAnswer;

use super::*;

#[tokio::test]
async fn a_turn_is_heard_and_answered_to_the_last_sample() {
    let rig = Rig::start(quick()).await;
    let mut talk = rig.talk(&[]).await;
    let told = talk.ask().await;
    let script = quick();
    assert_eq!(told.text, script.answers[0].text);
    // Audio comes in pieces of an odd number of bytes.
    assert_eq!(told.samples, script.answers[0].audio);
    assert_eq!(
        (told.transcript.as_str(), told.is_final),
        ("What time is it?", true)
    );
    let usage = Usage {
        input_tokens: Some(120),
        output_tokens: Some(34),
    };
    assert_eq!(told.usage, Some(usage));
    assert_eq!(talk.ask().await.text, script.answers[1].text);

    let connection = &rig.server.connections()[0];
    assert_eq!(connection.query, None, "no key in the address");
    assert_eq!(connection.turns.concat(), talk.sent);
    assert_eq!(connection.refused, None);
}

#[tokio::test]
async fn the_time_to_the_first_word_is_the_servers() {
    let rig = Rig::start(LiveScript::default()).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    let committed = Instant::now();
    talk.commit().await;
    let told = talk.told().await;
    let waited = told.first_audio.unwrap() - committed;
    let connection = &rig.server.connections()[0];
    let thought = connection.answered.unwrap() - connection.turn_ended.unwrap();
    assert!(thought >= Duration::from_millis(300), "{thought:?}");
    // What is added is the way there and back on this machine.
    let added = waited.saturating_sub(thought);
    assert!(
        waited >= thought && added < Duration::from_millis(100),
        "{waited:?}, {added:?} more"
    );
}

#[tokio::test]
async fn the_setup_says_how_the_conversation_shall_be() {
    let rig = Rig::start(quick()).await;
    let config = ProviderConfig {
        voice: Some("Puck".to_owned()),
        language: Some("fr".to_owned()),
        ..config(&[("temperature", "0.5"), ("thinking", "\"low\"")])
    };
    let mut request = request(config);
    request.history = vec![
        Message {
            role: MessageRole::User,
            text: "Hi".to_owned(),
        },
        Message {
            role: MessageRole::Assistant,
            text: "Ho".to_owned(),
        },
    ];
    let mut talk = Talk::of(rig.voice.connect(request).await.unwrap());
    assert_eq!(talk.ask().await.text, "It is noon.");
    let messages = rig.server.connections()[0].messages.clone();
    let setup = &messages[0]["setup"];
    assert_eq!(setup["model"], "models/gemini-3.1-flash-live-preview");
    assert_eq!(
        setup["generationConfig"]["thinkingConfig"]["thinkingLevel"],
        "LOW"
    );
    assert_eq!(setup["historyConfig"]["initialHistoryInClientContent"], true);
    let instruction = setup["systemInstruction"]["parts"][0]["text"].as_str().unwrap();
    assert!(
        instruction.contains("Be brief.") && instruction.contains("fr"),
        "{instruction}"
    );
    let history = &messages[1]["clientContent"];
    assert_eq!(history["turns"][1]["role"], "model");
    assert_eq!(history["turnComplete"], true);
}

#[tokio::test]
async fn an_older_model_is_told_the_history_too() {
    let rig = Rig::start(quick()).await;
    let mut request = request(ProviderConfig {
        model: Some("gemini-2.5-flash-native-audio-preview-12-2025".to_owned()),
        ..config(&[])
    });
    request.history = vec![Message {
        role: MessageRole::User,
        text: "Hi".to_owned(),
    }];
    let mut talk = Talk::of(rig.voice.connect(request).await.unwrap());
    assert_eq!(talk.ask().await.text, "It is noon.");
    talk.greet().await;
    assert_eq!(talk.told().await.text, "Hello, how are you?");
    let connections = rig.server.connections();
    assert!(connections[0].messages[0]["setup"]["historyConfig"].is_null());
    assert_eq!(connections[0].refused, None);
}

#[tokio::test]
async fn an_interruption_stops_the_server_and_nothing_old_is_told() {
    let script = LiveScript {
        pace: Duration::from_millis(20),
        answers: vec![
            LiveAnswer::saying(&"word ".repeat(200), "Tell me a story."),
            LiveAnswer::saying("As you like.", "Stop."),
        ],
        ..quick()
    };
    let rig = Rig::start(script).await;
    let mut talk = rig.talk(&[]).await;
    talk.speak().await;
    talk.commit().await;
    talk.until_audio().await;
    talk.interrupt().await;
    let stopped = talk.generation;
    talk.speak().await;
    talk.commit().await;
    let mut newest = Generation::FIRST;
    loop {
        let event = talk.next().await;
        assert!(event.generation >= newest, "{event:?} came after {newest:?}");
        newest = event.generation;
        assert!(
            event.generation != stopped || matches!(event.kind, RealtimeEventKind::UserTranscript { .. }),
            "{event:?} was cut"
        );
        if let RealtimeEventKind::TextDelta(delta) = &event.kind
            && event.generation == talk.generation
        {
            assert_eq!(delta, "As ");
            break;
        }
    }
    assert_eq!(talk.told().await.text, "you like.");
}

#[tokio::test]
async fn an_answer_that_never_comes_can_be_interrupted() {
    for ends_unspoken in [false, true] {
        let script = LiveScript {
            ends_unspoken,
            thinking: Duration::from_millis(50),
            ..LiveScript::default()
        };
        let rig = Rig::start(script).await;
        let mut talk = rig.talk(&[]).await;
        talk.speak().await;
        talk.commit().await;
        talk.interrupt().await;
        let told = talk.ask().await;
        assert_eq!((told.text.as_str(), told.failure), ("You are welcome.", None));
    }
}

#[tokio::test]
async fn an_answer_without_words_and_transcript_ends() {
    let script = LiveScript {
        answers: vec![LiveAnswer::saying("", "")],
        ..quick()
    };
    let rig = Rig::start(script).await;
    let mut talk = rig.talk(&[]).await;
    let told = talk.ask().await;
    assert_eq!(
        (told.text.as_str(), told.samples.len(), told.transcript.as_str()),
        ("", 0, "")
    );
}

#[tokio::test]
async fn where_the_server_finds_the_turns_it_is_not_told() {
    let rig = Rig::start(quick()).await;
    let options = [("turn_detection", "\"server\""), ("silence_ms", "100")];
    assert!(rig.voice.capabilities(&config(&options)).detects_turns);
    let mut talk = rig.talk(&options).await;
    for loudness in [8_000; 10].into_iter().chain([0; 6]) {
        talk.audio(loudness).await;
    }
    let mut kinds = Vec::new();
    loop {
        match talk.next().await.kind {
            RealtimeEventKind::SpeechStarted => kinds.push("speech started"),
            RealtimeEventKind::SpeechEnded => kinds.push("speech ended"),
            RealtimeEventKind::ResponseStarted => kinds.push("started"),
            RealtimeEventKind::ResponseDone { .. } => break,
            _ => {}
        }
    }
    assert_eq!(kinds, ["speech started", "started", "speech ended"]);
    for _ in 0..3 {
        talk.audio(8_000).await;
    }
    talk.send(RealtimeCommand::EndTurn).await;
    assert_eq!(talk.told().await.text, "You are welcome.");
    talk.greet().await;
    assert_eq!(talk.told().await.text, "Hello, how are you?");
    assert_eq!(rig.server.connections()[0].refused, None);
}
