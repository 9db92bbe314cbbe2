//! What every [`TurnJournal`] must do. That it returns at most a thousand turns is proven beside each, since keeping
//! that many durably takes seconds.

use viva_domain::ports::{KeptEnd, TurnJournal};
use viva_domain::sessions::EndStatus;
use viva_domain::turns::Turn;

use crate::samples::{OWNER, STRANGER, at, failed_turn, measured_turn, session_id, turn, turn_id};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn TurnJournal))`.
#[macro_export]
macro_rules! turn_journal_contract {
    ($factory:ident) => {
        $crate::contract_cases!(turn_journal, $factory:
            kept_turns_are_returned,
            the_oldest_turn_comes_first,
            turns_after_one_are_returned,
            keeping_again_replaces,
            removed_turns_are_forgotten,
            a_session_is_forgotten_with_all_its_turns,
            a_session_that_is_not_there_is_forgotten,
            kept_ends_are_returned,
            ends_after_one_are_returned,
            an_end_is_forgotten_with_its_session,
            a_new_journal_is_empty,
        );
    };
}

pub async fn kept_turns_are_returned(journal: &dyn TurnJournal) {
    let kept = [(OWNER, measured_turn(1, 1)), (STRANGER, failed_turn(1, 2))];
    for (owner, turn) in &kept {
        journal.keep(*owner, turn).await.unwrap();
    }
    assert_eq!(journal.kept().await.unwrap(), kept);
}

pub async fn the_oldest_turn_comes_first(journal: &dyn TurnJournal) {
    for (n, number) in [(2, 1), (1, 2), (3, 1), (1, 1)] {
        journal.keep(OWNER, &turn(n, number)).await.unwrap();
    }
    let kept = journal.kept().await.unwrap();
    assert_eq!(
        kept.iter().map(|(_, turn)| turn.id).collect::<Vec<_>>(),
        [(1, 1), (1, 2), (2, 1), (3, 1)].map(|(n, number)| turn_id(n, number))
    );
}

pub async fn turns_after_one_are_returned(journal: &dyn TurnJournal) {
    for (n, number) in [(2, 1), (1, 2), (1, 1)] {
        journal.keep(OWNER, &turn(n, number)).await.unwrap();
    }
    // It need not be there any more.
    journal.remove(&turn(1, 1)).await.unwrap();
    for (after, expected) in [
        ((1, 1), vec![(1, 2), (2, 1)]),
        ((1, 2), vec![(2, 1)]),
        ((2, 1), vec![]),
    ] {
        let kept = journal.kept_after(Some(turn_id(after.0, after.1))).await.unwrap();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(n, number)| (OWNER, turn(n, number)))
            .collect();
        assert_eq!(kept, expected, "after {after:?}");
    }
}

pub async fn keeping_again_replaces(journal: &dyn TurnJournal) {
    journal.keep(OWNER, &turn(1, 1)).await.unwrap();
    let changed = Turn {
        user_transcript: None,
        ..turn(1, 1)
    };
    journal.keep(OWNER, &changed).await.unwrap();
    assert_eq!(journal.kept().await.unwrap(), [(OWNER, changed)]);
}

pub async fn removed_turns_are_forgotten(journal: &dyn TurnJournal) {
    for number in [1, 2] {
        journal.keep(OWNER, &turn(1, number)).await.unwrap();
    }
    journal.remove(&turn(1, 1)).await.unwrap();
    journal.remove(&turn(1, 1)).await.unwrap();
    assert_eq!(journal.kept().await.unwrap(), [(OWNER, turn(1, 2))]);
}

pub async fn a_session_is_forgotten_with_all_its_turns(journal: &dyn TurnJournal) {
    // What somebody says about a session does not make it part of that.
    let about = Turn {
        user_transcript: Some(session_id(1).to_string()),
        ..turn(2, 1)
    };
    for turn in [&turn(1, 1), &about, &failed_turn(1, 2)] {
        journal.keep(OWNER, turn).await.unwrap();
    }
    assert!(journal.has_session(session_id(1)).await.unwrap());
    journal.remove_session(session_id(1)).await.unwrap();
    assert!(!journal.has_session(session_id(1)).await.unwrap());
    assert!(journal.has_session(session_id(2)).await.unwrap());
    assert_eq!(journal.kept().await.unwrap(), [(OWNER, about)]);
}

fn end(n: u16, status: EndStatus) -> KeptEnd {
    KeptEnd {
        owner: if n == 1 { OWNER } else { STRANGER },
        session: session_id(n),
        at: at(i64::from(n) + 7),
        status,
    }
}

pub async fn kept_ends_are_returned(journal: &dyn TurnJournal) {
    let (first, second) = (end(1, EndStatus::Completed), end(2, EndStatus::Error));
    for kept in [end(2, EndStatus::Superseded), first, second] {
        journal.keep_end(kept).await.unwrap();
    }
    let mut kept = journal.ends().await.unwrap();
    kept.sort_by_key(|end| end.session);
    assert_eq!(kept, [first, second]);
    assert_eq!(journal.kept().await.unwrap(), [], "it is no turn");
    for _ in 0..2 {
        journal.remove_end(session_id(1)).await.unwrap();
    }
    assert_eq!(journal.ends().await.unwrap(), [second]);
}

pub async fn ends_after_one_are_returned(journal: &dyn TurnJournal) {
    let [first, second, third] = [1, 2, 3].map(|n| end(n, EndStatus::Completed));
    for kept in [third, first, second] {
        journal.keep_end(kept).await.unwrap();
    }
    assert_eq!(journal.ends().await.unwrap(), [first, second, third]);
    let after_first = journal.ends_after(Some(first.session)).await.unwrap();
    assert_eq!(after_first, [second, third]);
    assert_eq!(journal.ends_after(Some(third.session)).await.unwrap(), []);
}

pub async fn an_end_is_forgotten_with_its_session(journal: &dyn TurnJournal) {
    for n in [1, 2] {
        journal.keep_end(end(n, EndStatus::Completed)).await.unwrap();
    }
    assert!(journal.has_session(session_id(1)).await.unwrap());
    journal.remove_session(session_id(1)).await.unwrap();
    assert!(!journal.has_session(session_id(1)).await.unwrap());
    assert_eq!(journal.ends().await.unwrap(), [end(2, EndStatus::Completed)]);
}

pub async fn a_session_that_is_not_there_is_forgotten(journal: &dyn TurnJournal) {
    assert!(!journal.has_session(session_id(1)).await.unwrap());
    journal.remove_session(session_id(1)).await.unwrap();
}

pub async fn a_new_journal_is_empty(journal: &dyn TurnJournal) {
    assert_eq!(journal.kept().await.unwrap(), []);
}
