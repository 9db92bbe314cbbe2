use gloo_timers::future::TimeoutFuture;
use leptos::prelude::Set;
use leptos::task::spawn_local;

use crate::api;
use crate::state::context::Talk;
use crate::state::self_test::SelfTestState;

/// How often a running self-test is asked how far it has come.
const ASK_EVERY_MS: u32 = 1_000;

/// Reads the newest certificate, and follows a self-test that runs.
pub(super) fn follow(talk: Talk) {
    spawn_local(async move {
        loop {
            match api::self_test().await {
                Ok(state) => {
                    let is_over = state.progress.is_none();
                    talk.self_test.set(SelfTestState::Known(state));
                    if is_over {
                        return;
                    }
                }
                Err(_) => return talk.self_test.set(SelfTestState::Failed),
            }
            TimeoutFuture::new(ASK_EVERY_MS).await;
        }
    });
}

/// Begins a self-test, and follows it.
pub(super) fn start(talk: Talk) {
    spawn_local(async move {
        // One that runs already is followed just the same; whatever else went wrong, following it tells.
        let _ = api::start_self_test().await;
        follow(talk);
    });
}
