//! What every [`SessionStore`] does with the peaks of recordings.

use viva_domain::ports::{MeasuredPeaks, SessionStore, StoreErrorKind};

use crate::samples::{OWNER, STRANGER, failed_turn, session, session_id, turn, turn_id};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn SessionStore))`.
#[macro_export]
macro_rules! turn_peaks_contract {
    ($factory:ident) => {
        $crate::contract_cases!(turn_peaks, $factory:
            peaks_are_kept_where_something_was_recorded,
            peaks_of_no_turn_are_missing,
        );
    };
}

pub async fn peaks_are_kept_where_something_was_recorded(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let older = |peaks: &MeasuredPeaks| {
        let mut turn = turn(1, 1);
        for (recording, peaks) in [
            (&mut turn.user_audio, &peaks.user),
            (&mut turn.ai_audio, &peaks.ai),
        ] {
            let recording = recording.as_mut().unwrap();
            recording.placement = None;
            recording.peaks.clone_from(peaks);
        }
        turn
    };
    let measured = |user: &'static [u8], ai: &'static [u8]| MeasuredPeaks {
        user: Some(user.into()),
        ai: Some(ai.into()),
    };
    store
        .save_turn(OWNER, &older(&MeasuredPeaks::default()))
        .await
        .unwrap();
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
    let kept = store.turns(OWNER, session_id(1)).await.unwrap();
    assert_eq!(kept, [older(&both), failed_turn(1, 2), failed_turn(1, 3)]);
    let ai = MeasuredPeaks {
        user: None,
        ai: Some([9].as_slice().into()),
    };
    keep(1, &ai).await;
    let kept = store.turn(OWNER, session_id(1), turn_id(1, 1)).await.unwrap();
    assert_eq!(kept, Some(older(&measured(&[0, 7, 255], &[9]))));
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
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap(), [turn(1, 1)]);
}
