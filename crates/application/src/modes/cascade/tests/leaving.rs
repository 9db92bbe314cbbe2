//! Sessions that take nothing, or are gone.

use viva_fakes::{Reply, Speech, Transcript};

use super::*;

/// A long answer, all at once.
fn long_answer(bench: &Bench) {
    let reply = (0..2_000).fold(Reply::new(), |reply, _| reply.text("This is a whole sentence. "));
    bench.model.reply(reply.done());
}

#[tokio::test(start_paused = true)]
async fn nothing_grows_while_the_session_takes_nothing() {
    let mut bench = Bench::new().await;
    long_answer(&bench);
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    tokio::time::sleep(ms(5_000)).await;
    let taken = |bench: &Bench| {
        let sent: usize = bench.voice.recorded().iter().map(|speech| speech.sent).sum();
        (bench.model.asked()[0].deltas, sent)
    };
    let (deltas, sent) = taken(&bench);
    assert!(
        deltas < 300 && sent < 300 * 320,
        "{deltas} pieces of text, {sent} samples"
    );
    for _ in 0..1_000 {
        bench.ears.say(viva_domain::ports::SpeechToTextEventKind::Partial(
            "noise".to_owned(),
        ));
    }
    tokio::time::sleep(ms(60_000)).await;
    assert_eq!(taken(&bench), (deltas, sent));
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn orders_are_obeyed_while_the_session_takes_nothing() {
    let mut bench = Bench::new().await;
    long_answer(&bench);
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    tokio::time::sleep(ms(5_000)).await;
    bench.interrupt(4);
    bench.model.until_idle().await;
    bench
        .voice
        .until(|speeches| speeches.iter().all(|speech| speech.end.is_some()))
        .await;
    // More orders than there is room for, and none is lost.
    for _ in 0..100 {
        bench.begin_speech();
        bench.commit_to(Transcript::of("Never mind."));
        bench.stop(None);
    }
    bench.begin_speech();
    bench.commit_to(Transcript::of("And?"));
    let said = bench.words_within(ms(10_000)).await;
    assert_eq!(
        (said[0].as_str(), said.last().unwrap().as_str()),
        ("final: And?", "done")
    );
    let asked = bench.asked_last();
    assert_eq!(asked.len(), 2 + 100 + 1);
    assert_eq!((asked[1].as_str(), asked[102].as_str()), ("A: This", "U: And?"));
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn whenever_a_session_leaves_nothing_is_left() {
    let ears = Arc::new(ScriptedSpeechToText::new());
    let model = Arc::new(ScriptedLanguageModel::new().accepting_for(ms(30)));
    let voice = Arc::new(ScriptedTextToSpeech::at_rate(RATE));
    let mut reached = [0; 3];
    for cycle in 0..1_000_u64 {
        let mut bench = Bench::open(Arc::clone(&ears), Arc::clone(&model), Arc::clone(&voice)).await;
        ears.hear(Transcript::new().wait(ms(50)).text("Tell me."));
        model.reply(
            Reply::new()
                .wait(ms(40))
                .text("The first sentence. The second")
                .wait(ms(40))
                .done(),
        );
        voice.next(
            Speech::of(ms(60))
                .accepted_after(ms(20))
                .after(ms(40))
                .at_speaking_speed(),
        );
        bench.begin_speech();
        if cycle % 2 == 0 {
            bench.mode.order(ModeOrder::Prepare);
            tokio::time::sleep(ms(cycle % 70)).await;
        }
        bench.commit();
        if cycle % 3 == 0 {
            tokio::time::sleep(ms(cycle % 401)).await;
        } else {
            let said = bench.words_within(ms(cycle % 401)).await;
            reached[said.len().min(2)] += 1;
        }
        bench.close().await;
    }
    assert!(reached.iter().all(|times| *times > 0), "{reached:?}");
}
