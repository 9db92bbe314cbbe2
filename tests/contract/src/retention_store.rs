//! What every [`RetentionStore`] must do for the [`SessionStore`] beside it.

use chrono::{DateTime, Utc};
use viva_domain::ids::{SessionId, StorageId, UserId};
use viva_domain::ports::{BlobKey, EndedSession, KnownStorage, RetentionStore, SessionStore};
use viva_domain::sessions::{EndStatus, Session, SessionState};
use viva_domain::turns::Turn;

use crate::samples::{OWNER, STRANGER, at, session, session_id, turn};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn SessionStore, &dyn RetentionStore))`.
#[macro_export]
macro_rules! retention_store_contract {
    ($factory:ident) => {
        $crate::contract_cases!(retention_store, $factory:
            the_owner_and_the_state_are_told,
            ended_sessions_come_from_the_first_to_end,
            ended_sessions_come_page_by_page,
            active_and_later_sessions_do_not_come,
            removed_sessions_are_gone_with_their_turns,
            other_sessions_stay,
            active_sessions_are_not_removed,
            sessions_of_others_are_not_removed,
            what_is_removed_takes_no_turns_and_can_be_kept_again,
            a_recording_is_forgotten_alone,
            recordings_of_others_are_not_forgotten,
            the_storage_is_the_one_that_was_kept_last,
        );
    };
}

pub async fn the_owner_and_the_state_are_told(sessions: &dyn SessionStore, store: &dyn RetentionStore) {
    sessions.insert(&session(1)).await.unwrap();
    let ended = ended(STRANGER, 2, at(70));
    sessions.insert(&ended).await.unwrap();
    let whose = async |n| store.whose(session_id(n)).await.unwrap();
    assert_eq!(whose(1).await, Some((OWNER, SessionState::Active)));
    assert_eq!(whose(2).await, Some((STRANGER, ended.state)));
    assert_eq!(whose(3).await, None);
}

pub async fn ended_sessions_come_from_the_first_to_end(
    sessions: &dyn SessionStore,
    store: &dyn RetentionStore,
) {
    // Neither the order of insertion nor that of the ids; 4 and 5 ended in the same microsecond. Whole seconds have their
    // place among others.
    for (n, micros) in [(1, 30), (5, 2_000_000), (2, 40), (4, 2_000_000), (3, 1_999_999)] {
        let owner = if n == 2 { STRANGER } else { OWNER };
        sessions.insert(&ended(owner, n, at(micros))).await.unwrap();
    }
    let found = store.ended_before(at(2_000_001), None, 100).await.unwrap();
    assert_eq!(ids(&found), [1, 2, 3, 4, 5].map(session_id));
    let second = EndedSession {
        id: session_id(2),
        owner: STRANGER,
        ended_at: at(40),
    };
    assert_eq!(found[1], second);
}

pub async fn ended_sessions_come_page_by_page(sessions: &dyn SessionStore, store: &dyn RetentionStore) {
    for n in 1..=5 {
        sessions
            .insert(&ended(OWNER, n, at(i64::from(n / 2))))
            .await
            .unwrap();
    }
    let mut pages = Vec::new();
    let mut last: Option<EndedSession> = None;
    loop {
        let page = store.ended_before(at(100), last.as_ref(), 2).await.unwrap();
        last = page.last().copied();
        if last.is_none() {
            break;
        }
        pages.push(ids(&page));
    }
    let expected: [&[u16]; 3] = [&[1, 2], &[3, 4], &[5]];
    assert_eq!(
        pages,
        expected.map(|page| page.iter().copied().map(session_id).collect::<Vec<_>>())
    );
}

pub async fn active_and_later_sessions_do_not_come(sessions: &dyn SessionStore, store: &dyn RetentionStore) {
    sessions.insert(&session(1)).await.unwrap();
    for (n, micros) in [(2, 99), (3, 100), (4, 101)] {
        sessions.insert(&ended(OWNER, n, at(micros))).await.unwrap();
    }
    let found = store.ended_before(at(100), None, 100).await.unwrap();
    assert_eq!(ids(&found), [session_id(2)]);
}

pub async fn removed_sessions_are_gone_with_their_turns(
    sessions: &dyn SessionStore,
    store: &dyn RetentionStore,
) {
    keep(sessions, OWNER, 1).await;
    for _ in 0..2 {
        store.delete(OWNER, session_id(1)).await.unwrap();
        assert_eq!(sessions.find(OWNER, session_id(1)).await.unwrap(), None);
        assert_eq!(sessions.turns(OWNER, session_id(1)).await.unwrap(), []);
        assert_eq!(store.whose(session_id(1)).await.unwrap(), None);
    }
}

pub async fn other_sessions_stay(sessions: &dyn SessionStore, store: &dyn RetentionStore) {
    for n in [1, 2] {
        keep(sessions, OWNER, n).await;
    }
    store.delete(OWNER, session_id(1)).await.unwrap();
    assert!(sessions.find(OWNER, session_id(2)).await.unwrap().is_some());
    let turns = sessions.turns(OWNER, session_id(2)).await.unwrap();
    assert_eq!(turns, [turn(2, 1), turn(2, 2)]);
}

pub async fn active_sessions_are_not_removed(sessions: &dyn SessionStore, store: &dyn RetentionStore) {
    sessions.insert(&session(1)).await.unwrap();
    sessions.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    store.delete(OWNER, session_id(1)).await.unwrap();
    assert_eq!(
        sessions.find(OWNER, session_id(1)).await.unwrap(),
        Some(session(1))
    );
    assert_eq!(sessions.turns(OWNER, session_id(1)).await.unwrap(), [turn(1, 1)]);
}

pub async fn sessions_of_others_are_not_removed(sessions: &dyn SessionStore, store: &dyn RetentionStore) {
    keep(sessions, OWNER, 1).await;
    store.delete(STRANGER, session_id(1)).await.unwrap();
    store.delete(STRANGER, session_id(2)).await.unwrap();
    assert!(sessions.find(OWNER, session_id(1)).await.unwrap().is_some());
    assert_eq!(sessions.turns(OWNER, session_id(1)).await.unwrap().len(), 2);
}

pub async fn what_is_removed_takes_no_turns_and_can_be_kept_again(
    sessions: &dyn SessionStore,
    store: &dyn RetentionStore,
) {
    keep(sessions, OWNER, 1).await;
    store.delete(OWNER, session_id(1)).await.unwrap();
    sessions.save_turn(OWNER, &turn(1, 3)).await.unwrap_err();
    keep(sessions, OWNER, 1).await;
    assert_eq!(sessions.turns(OWNER, session_id(1)).await.unwrap().len(), 2);
}

pub async fn a_recording_is_forgotten_alone(sessions: &dyn SessionStore, store: &dyn RetentionStore) {
    keep(sessions, OWNER, 1).await;
    let kept = turn(1, 1);
    let key = kept.ai_audio.as_ref().unwrap().key.clone();
    for _ in 0..2 {
        store.forget_recording(OWNER, kept.id, &key).await.unwrap();
        let without = Turn {
            ai_audio: None,
            ..turn(1, 1)
        };
        let turns = sessions.turns(OWNER, session_id(1)).await.unwrap();
        assert_eq!(turns, [without, turn(1, 2)]);
    }
    let key = kept.user_audio.unwrap().key;
    store.forget_recording(OWNER, kept.id, &key).await.unwrap();
    let turns = sessions.turns(OWNER, session_id(1)).await.unwrap();
    assert_eq!((&turns[0].user_audio, &turns[0].ai_audio), (&None, &None));
}

pub async fn recordings_of_others_are_not_forgotten(sessions: &dyn SessionStore, store: &dyn RetentionStore) {
    keep(sessions, OWNER, 1).await;
    let kept = turn(1, 1);
    let key = kept.ai_audio.as_ref().unwrap().key.clone();
    let other_key = BlobKey::parse("interactions/other.wav").unwrap();
    let second_key = turn(1, 2).ai_audio.unwrap().key;
    for (owner, turn, key) in [
        (STRANGER, kept.id, &key),
        (OWNER, turn(1, 3).id, &key),
        (OWNER, kept.id, &other_key),
        (OWNER, kept.id, &second_key),
    ] {
        store.forget_recording(owner, turn, key).await.unwrap();
    }
    let turns = sessions.turns(OWNER, session_id(1)).await.unwrap();
    assert_eq!(turns, [kept, turn(1, 2)]);
}

pub async fn the_storage_is_the_one_that_was_kept_last(_: &dyn SessionStore, store: &dyn RetentionStore) {
    assert_eq!(store.storage().await.unwrap(), None);
    for (n, is_marked) in [(1, false), (1, true), (2, false), (2, true)] {
        let storage = KnownStorage {
            id: StorageId::from_uuid(session_id(n).as_uuid()),
            is_marked,
        };
        store.keep_storage(storage).await.unwrap();
        assert_eq!(store.storage().await.unwrap(), Some(storage));
    }
}

/// Stores an ended session with two turns.
async fn keep(sessions: &dyn SessionStore, owner: UserId, n: u16) {
    sessions.insert(&ended(owner, n, at(70))).await.unwrap();
    for number in [1, 2] {
        sessions.save_turn(owner, &turn(n, number)).await.unwrap();
    }
}

fn ended(owner: UserId, n: u16, at: DateTime<Utc>) -> Session {
    Session {
        user_id: owner,
        state: SessionState::Ended {
            at,
            status: EndStatus::Completed,
        },
        ..session(n)
    }
}

fn ids(found: &[EndedSession]) -> Vec<SessionId> {
    found.iter().map(|session| session.id).collect()
}
