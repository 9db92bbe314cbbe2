//! What every [`SessionStore`] must do.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use viva_domain::ports::{SessionStore, StoreError, StoreErrorKind};
use viva_domain::sessions::{EndStatus, FallbackPolicy, Interaction, Prompt, Session, SessionState};
use viva_domain::turns::{Turn, TurnNumber};

use crate::samples::{
    self, OWNER, STRANGER, at, cascade_config, failed_turn, session, session_id, turn, turn_id,
};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn SessionStore))`.
#[macro_export]
macro_rules! session_store_contract {
    ($factory:ident) => {
        $crate::contract_cases!(session_store, $factory:
            inserted_sessions_are_found,
            cascade_sessions_survive,
            sessions_go_on_with_another_stack,
            bare_sessions_survive,
            what_the_ai_was_told_is_kept_as_it_was_sent,
            inserting_twice_conflicts,
            sessions_of_others_are_not_found,
            sessions_end_once,
            sessions_never_end_before_they_began,
            sessions_of_others_cannot_be_ended,
            ending_an_unknown_session_does_nothing,
            turns_survive_to_the_microsecond,
            failed_turns_survive,
            long_durations_survive,
            any_text_survives,
            saving_a_turn_again_changes_nothing,
            saving_a_turn_again_adds_its_words,
            saving_a_turn_many_times_at_once_saves_one,
            a_second_turn_of_the_same_number_conflicts,
            turns_of_no_session_are_missing,
            late_words_amend_their_turn_only,
            late_words_of_no_turn_are_missing,
            turns_come_by_number,
            turns_are_found_in_their_session_only,
            ended_sessions_take_their_last_turn,
            sessions_at_once_do_not_disturb_each_other,
            left_over_sessions_become_disconnected,
            left_over_sessions_are_found_whoever_they_belong_to,
            a_ping_is_answered,
        );
    };
}

pub async fn inserted_sessions_are_found(store: &dyn SessionStore) {
    let ended = Session {
        barge_in_enabled: false,
        fallback: FallbackPolicy::Off,
        state: SessionState::Ended {
            at: at(9_999_999),
            status: EndStatus::Error,
        },
        ..session(2)
    };
    for session in [session(1), ended] {
        store.insert(&session).await.unwrap();
        assert_eq!(store.find(OWNER, session.id).await.unwrap(), Some(session));
    }
    assert_eq!(store.find(OWNER, session_id(3)).await.unwrap(), None);
}

pub async fn cascade_sessions_survive(store: &dyn SessionStore) {
    let session = Session {
        interaction: Interaction::Cascade(Box::new(cascade_config())),
        ..session(1)
    };
    store.insert(&session).await.unwrap();
    assert_eq!(store.find(OWNER, session.id).await.unwrap(), Some(session));
}

pub async fn sessions_go_on_with_another_stack(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.insert(&session(2)).await.unwrap();
    let cascade = Interaction::Cascade(Box::new(cascade_config()));
    for (owner, id) in [(OWNER, 1), (STRANGER, 2), (OWNER, 3)] {
        store.switch(owner, session_id(id), &cascade).await.unwrap();
    }
    let switched = Session {
        interaction: cascade,
        ..session(1)
    };
    assert_eq!(store.find(OWNER, session_id(1)).await.unwrap(), Some(switched));
    assert_eq!(
        store.find(OWNER, session_id(2)).await.unwrap(),
        Some(session(2)),
        "it is not theirs"
    );
}

pub async fn bare_sessions_survive(store: &dyn SessionStore) {
    let mut config = samples::realtime_config("offline");
    config.language = None;
    let session = Session {
        interaction: Interaction::Realtime(config),
        prompt: Prompt::default(),
        instructions: String::new(),
        fallback: FallbackPolicy::Ask,
        started_at: at(0),
        ..session(1)
    };
    store.insert(&session).await.unwrap();
    assert_eq!(store.find(OWNER, session.id).await.unwrap(), Some(session));
}

/// Also where its parts would be composed in another way today, and when the session goes on with another stack.
pub async fn what_the_ai_was_told_is_kept_as_it_was_sent(store: &dyn SessionStore) {
    let told = Session {
        instructions: "要簡短。\n\n你是 'waiter';\t☕".to_owned(),
        ..session(1)
    };
    store.insert(&told).await.unwrap();
    assert_eq!(store.find(OWNER, told.id).await.unwrap(), Some(told.clone()));
    let cascade = Interaction::Cascade(Box::new(cascade_config()));
    store.switch(OWNER, told.id, &cascade).await.unwrap();
    let kept = store.find(OWNER, told.id).await.unwrap().unwrap();
    assert_eq!(kept.instructions, told.instructions);
}

pub async fn inserting_twice_conflicts(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let other = Session {
        barge_in_enabled: false,
        ..session(1)
    };
    assert_eq!(kind(store.insert(&other).await), StoreErrorKind::Conflict);
    assert_eq!(store.find(OWNER, session_id(1)).await.unwrap(), Some(session(1)));
}

pub async fn sessions_of_others_are_not_found(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    assert_eq!(store.find(STRANGER, session_id(1)).await.unwrap(), None);
    assert_eq!(store.turns(STRANGER, session_id(1)).await.unwrap(), []);
    let found = store.turn(STRANGER, session_id(1), turn_id(1, 1)).await;
    assert_eq!(found.unwrap(), None);
}

pub async fn sessions_end_once(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    for (seconds, status) in [(7, EndStatus::Superseded), (8, EndStatus::Completed)] {
        let end = at(seconds * 1_000_000);
        store.end(OWNER, session_id(1), end, status).await.unwrap();
    }
    let state = store.find(OWNER, session_id(1)).await.unwrap().unwrap().state;
    assert_eq!(
        state,
        SessionState::Ended {
            at: at(7_000_000),
            status: EndStatus::Superseded
        }
    );
}

/// Somebody set the clock back.
pub async fn sessions_never_end_before_they_began(store: &dyn SessionStore) {
    for n in [1, 2] {
        store.insert(&session(n)).await.unwrap();
    }
    let before = session(1).started_at - TimeDelta::hours(5);
    store
        .end(OWNER, session_id(1), before, EndStatus::Completed)
        .await
        .unwrap();
    assert_eq!(store.end_left_over(before).await.unwrap(), 1);
    for n in [1, 2] {
        let found = store.find(OWNER, session_id(n)).await.unwrap().unwrap();
        assert_eq!(found.state.ended_at(), Some(session(n).started_at));
    }
}

pub async fn sessions_of_others_cannot_be_ended(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store
        .end(STRANGER, session_id(1), at(70), EndStatus::Completed)
        .await
        .unwrap();
    assert_eq!(store.find(OWNER, session_id(1)).await.unwrap(), Some(session(1)));
}

pub async fn ending_an_unknown_session_does_nothing(store: &dyn SessionStore) {
    store
        .end(OWNER, session_id(1), at(70), EndStatus::Completed)
        .await
        .unwrap();
    assert_eq!(store.find(OWNER, session_id(1)).await.unwrap(), None);
}

pub async fn turns_survive_to_the_microsecond(store: &dyn SessionStore) {
    saved_and_read(store, turn(1, 1)).await;
}

pub async fn failed_turns_survive(store: &dyn SessionStore) {
    saved_and_read(store, failed_turn(1, 1)).await;
}

pub async fn long_durations_survive(store: &dyn SessionStore) {
    let day = Duration::from_micros(86_400_000_001);
    let mut turn = turn(1, u16::MAX);
    turn.played = Some(day);
    turn.latency.provider = Some(day);
    turn.latency.overhead = Some(Duration::ZERO);
    turn.latency.unexplained = Some(-chrono::TimeDelta::from_std(day).unwrap());
    saved_and_read(store, turn).await;
}

/// A NUL may come back as U+FFFD, since PostgreSQL cannot keep it; everything else comes back as it is.
pub async fn any_text_survives(store: &dyn SessionStore) {
    let mut text =
        String::from("'quoted' \"twice\"; -- \\ %_ \u{1F409} é e\u{301} \r\n\t\u{7f} שלום 從前\u{10FFFF}");
    text.push_str(&"long ".repeat(20_000));
    let mut turn = turn(1, 1);
    turn.user_transcript = Some(text.clone());
    turn.answer.heard = text.clone();
    turn.answer.unheard = format!("{text}\0");
    turn.failure = Some(text.clone());
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &turn).await.unwrap();

    let mut read = store.turns(OWNER, session_id(1)).await.unwrap().remove(0);
    read.answer.unheard = read.answer.unheard.replace('\u{FFFD}', "\0");
    assert!(read == turn, "a text changed");
}

pub async fn saving_a_turn_again_changes_nothing(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    let changed = Turn {
        user_transcript: Some("Something else.".to_owned()),
        ..turn(1, 1)
    };
    store.save_turn(OWNER, &changed).await.unwrap();
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap(), [turn(1, 1)]);
}

pub async fn saving_a_turn_again_adds_its_words(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let without_words = |number| Turn {
        user_transcript: None,
        ..turn(1, number)
    };
    for number in [1, 2] {
        store.save_turn(OWNER, &without_words(number)).await.unwrap();
    }
    for _ in 0..2 {
        store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
        store.save_turn(OWNER, &without_words(1)).await.unwrap();
    }
    assert!(turn(1, 1).user_transcript.is_some());
    assert_eq!(
        store.turns(OWNER, session_id(1)).await.unwrap(),
        [turn(1, 1), without_words(2)]
    );
}

pub async fn saving_a_turn_many_times_at_once_saves_one(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let turn = turn(1, 1);
    for saved in join_all((0..8).map(|_| store.save_turn(OWNER, &turn))).await {
        saved.unwrap();
    }
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap(), [turn]);
}

pub async fn a_second_turn_of_the_same_number_conflicts(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    let other = Turn {
        id: turn_id(1, 2),
        ..turn(1, 1)
    };
    assert_eq!(
        kind(store.save_turn(OWNER, &other).await),
        StoreErrorKind::Conflict
    );
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap(), [turn(1, 1)]);
    // Nothing is left of the refused turn that could stop the right one.
    let right = turn(1, 2);
    store.save_turn(OWNER, &right).await.unwrap();
    assert_eq!(
        store.turn(OWNER, session_id(1), right.id).await.unwrap(),
        Some(right)
    );
}

pub async fn turns_of_no_session_are_missing(store: &dyn SessionStore) {
    let missing = StoreErrorKind::Missing;
    assert_eq!(kind(store.save_turn(OWNER, &turn(1, 1)).await), missing);
    store.insert(&session(1)).await.unwrap();
    assert_eq!(kind(store.save_turn(STRANGER, &turn(1, 1)).await), missing);
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap(), []);
    assert_eq!(store.turns(OWNER, session_id(2)).await.unwrap(), []);
}

pub async fn late_words_amend_their_turn_only(store: &dyn SessionStore) {
    for n in [1, 2] {
        store.insert(&session(n)).await.unwrap();
        for number in [1, 2] {
            let unheard = Turn {
                user_transcript: None,
                ..turn(n, number)
            };
            store.save_turn(OWNER, &unheard).await.unwrap();
        }
    }
    let text = "What \u{1F409} now? 從前";
    let second = TurnNumber::new(2).unwrap();
    for _ in 0..2 {
        store
            .amend_user_transcript(OWNER, session_id(1), second, text)
            .await
            .unwrap();
    }
    let amended = Turn {
        user_transcript: Some(text.to_owned()),
        ..turn(1, 2)
    };
    let of = async |n| store.turns(OWNER, session_id(n)).await.unwrap();
    let turns = of(1).await;
    assert_eq!((turns[0].user_transcript.as_ref(), &turns[1]), (None, &amended));
    assert!(of(2).await.iter().all(|turn| turn.user_transcript.is_none()));
}

pub async fn late_words_of_no_turn_are_missing(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    let number = |number| TurnNumber::new(number).unwrap();
    for (owner, n, turn) in [(STRANGER, 1, 1), (OWNER, 2, 1), (OWNER, 1, 2)] {
        let amended = store
            .amend_user_transcript(owner, session_id(n), number(turn), "Mine.")
            .await;
        assert_eq!(kind(amended), StoreErrorKind::Missing, "{n} {turn}");
    }
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap(), [turn(1, 1)]);
}

pub async fn turns_come_by_number(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    for number in [3, 1, 10, 2] {
        store.save_turn(OWNER, &turn(1, number)).await.unwrap();
    }
    let turns = store.turns(OWNER, session_id(1)).await.unwrap();
    assert_eq!(turns, [1, 2, 3, 10].map(|number| turn(1, number)));
}

pub async fn turns_are_found_in_their_session_only(store: &dyn SessionStore) {
    for n in [1, 2] {
        store.insert(&session(n)).await.unwrap();
        store.save_turn(OWNER, &turn(n, 1)).await.unwrap();
    }
    let find = |n, id| store.turn(OWNER, session_id(n), id);
    assert_eq!(find(1, turn_id(1, 1)).await.unwrap(), Some(turn(1, 1)));
    assert_eq!(find(2, turn_id(1, 1)).await.unwrap(), None);
    assert_eq!(find(1, turn_id(1, 2)).await.unwrap(), None);
    assert_eq!(store.turns(OWNER, session_id(2)).await.unwrap(), [turn(2, 1)]);
}

pub async fn ended_sessions_take_their_last_turn(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store
        .end(OWNER, session_id(1), at(1), EndStatus::Disconnected)
        .await
        .unwrap();
    store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap(), [turn(1, 1)]);
}

pub async fn sessions_at_once_do_not_disturb_each_other(store: &dyn SessionStore) {
    let talk = async |n: u16| {
        store.insert(&session(n)).await.unwrap();
        for number in 1..=3 {
            store.save_turn(OWNER, &turn(n, number)).await.unwrap();
        }
        store
            .end(OWNER, session_id(n), at(5), EndStatus::Completed)
            .await
            .unwrap();
        store.turns(OWNER, session_id(n)).await.unwrap()
    };
    let all = join_all((1..=20).map(talk)).await;
    for (n, turns) in (1..).zip(all) {
        assert_eq!(turns, [1, 2, 3].map(|number| turn(n, number)));
    }
}

pub async fn left_over_sessions_become_disconnected(store: &dyn SessionStore) {
    let foreign = Session {
        user_id: STRANGER,
        ..session(2)
    };
    let ended = SessionState::Ended {
        at: at(40),
        status: EndStatus::Completed,
    };
    for session in [
        session(1),
        foreign,
        Session {
            state: ended,
            ..session(3)
        },
    ] {
        store.insert(&session).await.unwrap();
    }
    assert_eq!(store.end_left_over(at(50_000_000)).await.unwrap(), 2);
    let disconnected = SessionState::Ended {
        at: at(50_000_000),
        status: EndStatus::Disconnected,
    };
    for (owner, n, expected) in [
        (OWNER, 1, disconnected),
        (STRANGER, 2, disconnected),
        (OWNER, 3, ended),
    ] {
        let found = store.find(owner, session_id(n)).await.unwrap().unwrap();
        assert_eq!(found.state, expected);
    }
    assert_eq!(store.end_left_over(at(60_000_000)).await.unwrap(), 0);
}

pub async fn left_over_sessions_are_found_whoever_they_belong_to(store: &dyn SessionStore) {
    let foreign = Session {
        user_id: STRANGER,
        ..session(2)
    };
    for session in [session(1), foreign.clone()] {
        store.insert(&session).await.unwrap();
    }
    assert_eq!(store.left_over(session_id(2)).await.unwrap(), Some(foreign));
    assert_eq!(store.left_over(session_id(3)).await.unwrap(), None);
    store
        .end(OWNER, session_id(1), at(70), EndStatus::Completed)
        .await
        .unwrap();
    assert_eq!(store.left_over(session_id(1)).await.unwrap(), None, "it is over");
    store
        .end(STRANGER, session_id(2), at(70), EndStatus::Error)
        .await
        .unwrap();
    let broke_off = store.left_over(session_id(2)).await.unwrap();
    assert_eq!(broke_off.map(|session| session.id), Some(session_id(2)));
}

pub async fn a_ping_is_answered(store: &dyn SessionStore) {
    store.ping().await.unwrap();
}

async fn saved_and_read(store: &dyn SessionStore, turn: Turn) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &turn).await.unwrap();
    assert_eq!(
        store
            .turn(OWNER, turn.session_id, turn.id)
            .await
            .unwrap()
            .as_ref(),
        Some(&turn)
    );
    assert_eq!(store.turns(OWNER, turn.session_id).await.unwrap(), [turn]);
}

fn kind(res: Result<(), StoreError>) -> StoreErrorKind {
    res.unwrap_err().kind
}
