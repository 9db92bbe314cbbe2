use gloo_timers::future::TimeoutFuture;
use leptos::prelude::Update;
use leptos::task::spawn_local;

use super::event::{Event, Events, send};
use crate::api;
use crate::state::context::Talk;
use crate::state::self_test::SelfTestState;

/// One runs already.
const CONFLICT: u16 = 409;

/// How often a running self-test is asked how far it has come.
const ASK_EVERY_MS: u32 = 1_000;

/// A server that does not answer so many times in a row is not asked again.
const MOST_FAILURES: u32 = 5;

/// Reads the newest certificate, and follows a self-test that runs.
pub(super) fn follow(talk: Talk, events: Events) {
    spawn_local(async move {
        let mut failures = 0;
        loop {
            match api::self_test().await {
                Ok(said) => {
                    failures = 0;
                    let is_over = said.progress.is_none();
                    talk.self_test.update(|state| state.hear(said));
                    if is_over {
                        return;
                    }
                }
                Err(failed) if failed.is_signed_out() => {
                    talk.self_test.update(SelfTestState::lose);
                    return send(&events, Event::SignedOut);
                }
                Err(_) => failures += 1,
            }
            if failures == MOST_FAILURES {
                return talk.self_test.update(SelfTestState::lose);
            }
            TimeoutFuture::new(ASK_EVERY_MS).await;
        }
    });
}

/// Begins a self-test, and follows it; also the one that runs already.
pub(super) fn start(talk: Talk, events: Events) {
    spawn_local(async move {
        match api::start_self_test().await {
            Ok(_) => follow(talk, events),
            Err(failed) if failed.status == Some(CONFLICT) => follow(talk, events),
            Err(failed) => {
                talk.self_test.update(SelfTestState::lose);
                if failed.is_signed_out() {
                    send(&events, Event::SignedOut);
                }
            }
        }
    });
}
