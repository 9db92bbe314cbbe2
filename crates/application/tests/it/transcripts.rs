//! What is kept of an answer's words.

use viva_application::sessions::{SessionInput, StartSession};
use viva_fakes::Reply;

use crate::bench::{Bench, Cascade, Detector, request, speech};

#[tokio::test(start_paused = true)]
async fn what_no_voice_can_say_is_kept_all_the_same() {
    let written = "**Hi** \u{1f600} [there](https://a.org).";
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    cascade.model.reply(Reply::written(written));
    let start = StartSession {
        interaction: Cascade::wanted(),
        ..request()
    };
    let mut caller = bench.try_start(start).await.unwrap();
    let started = caller.started().await;
    caller.speak(&speech("question-en")).await;
    let turn = caller.until_audio().await.turn;
    caller.hears_all(turn, 540).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    assert_eq!(cascade.mouth.texts(), ["Hi there."]);
    let (_, turns) = bench.stored(&started).await;
    let answer = &turns[0].answer;
    assert_eq!((answer.heard.as_str(), answer.unheard.as_str()), (written, ""));
}
