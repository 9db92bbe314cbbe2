//! What every [`SessionStore`] does with the peaks of recordings.

use viva_domain::ports::{MeasuredPeaks, SessionStore, StoreErrorKind};

use crate::samples::{OWNER, STRANGER, failed_turn, measured_turn, session, session_id, turn, turn_id};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn SessionStore))`.
#[macro_export]
macro_rules! turn_peaks_contract {
    ($factory:ident) => {
        $crate::contract_cases!(turn_peaks, $factory:
            turns_are_saved_with_their_peaks_and_told_without,
            peaks_are_kept_where_something_was_recorded,
            peaks_of_no_turn_are_missing,
        );
    };
}

pub async fn turns_are_saved_with_their_peaks_and_told_without(store: &dyn SessionStore) {
    for n in [1, 2] {
        store.insert(&session(n)).await.unwrap();
        store.save_turn(OWNER, &measured_turn(n, 1)).await.unwrap();
    }
    store.save_turn(OWNER, &failed_turn(1, 2)).await.unwrap();
    let peaks = store.peaks(OWNER, session_id(1)).await.unwrap();
    let expected = [
        (turn_id(1, 1), measured(&[0, 1, 128, 255], &[7])),
        (turn_id(1, 2), MeasuredPeaks::default()),
    ];
    assert_eq!(peaks, expected.into());
    let told = store.turns(OWNER, session_id(1)).await.unwrap();
    assert_eq!(told, [turn(1, 1), failed_turn(1, 2)]);
    let told = store.turn(OWNER, session_id(1), turn_id(1, 1)).await.unwrap();
    assert_eq!(told, Some(turn(1, 1)));
    for (owner, id) in [(STRANGER, session_id(1)), (OWNER, session_id(3))] {
        assert_eq!(store.peaks(owner, id).await.unwrap(), [].into());
    }
}

pub async fn peaks_are_kept_where_something_was_recorded(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let mut older = turn(1, 1);
    for recording in [&mut older.user_audio, &mut older.ai_audio] {
        recording.as_mut().unwrap().placement = None;
    }
    store.save_turn(OWNER, &older).await.unwrap();
    for number in [2, 3] {
        store.save_turn(OWNER, &failed_turn(1, number)).await.unwrap();
    }
    let keep = async |number, peaks: &MeasuredPeaks| {
        let kept = store.keep_peaks(OWNER, session_id(1), turn_id(1, number), peaks);
        kept.await.unwrap();
    };
    let both = measured(&[0, 7, 255], &[]);
    keep(1, &both).await;
    keep(1, &MeasuredPeaks::default()).await;
    keep(2, &both).await;
    let none = MeasuredPeaks::default();
    let expected = |first| {
        [
            (turn_id(1, 1), first),
            (turn_id(1, 2), none.clone()),
            (turn_id(1, 3), none.clone()),
        ]
    };
    let kept = store.peaks(OWNER, session_id(1)).await.unwrap();
    assert_eq!(kept, expected(both).into());
    let ai = MeasuredPeaks {
        user: None,
        ai: Some([9].as_slice().into()),
    };
    keep(1, &ai).await;
    let kept = store.peaks(OWNER, session_id(1)).await.unwrap();
    assert_eq!(kept, expected(measured(&[0, 7, 255], &[9])).into());
    let turns = store.turns(OWNER, session_id(1)).await.unwrap();
    assert_eq!(turns, [older, failed_turn(1, 2), failed_turn(1, 3)]);
}

pub async fn peaks_of_no_turn_are_missing(store: &dyn SessionStore) {
    for n in [1, 2] {
        store.insert(&session(n)).await.unwrap();
        store.save_turn(OWNER, &turn(n, 1)).await.unwrap();
    }
    let peaks = MeasuredPeaks {
        user: Some([9].as_slice().into()),
        ai: None,
    };
    for (owner, session, turn) in [
        (STRANGER, session_id(1), turn_id(1, 1)),
        (OWNER, session_id(2), turn_id(1, 1)),
        (OWNER, session_id(3), turn_id(1, 1)),
        (OWNER, session_id(1), turn_id(1, 2)),
    ] {
        let kept = store.keep_peaks(owner, session, turn, &peaks).await;
        assert_eq!(kept.map_err(|err| err.kind), Err(StoreErrorKind::Missing));
    }
    let kept = store.peaks(OWNER, session_id(1)).await.unwrap();
    assert_eq!(kept, [(turn_id(1, 1), MeasuredPeaks::default())].into());
}

fn measured(user: &'static [u8], ai: &'static [u8]) -> MeasuredPeaks {
    MeasuredPeaks {
        user: Some(user.into()),
        ai: Some(ai.into()),
    }
}
