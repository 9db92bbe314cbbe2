//! `/sessions/{id}/export` while something else happens.

use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;
use viva_audio::SampleRate;
use viva_contract::samples;
use viva_domain::ids::UserId;
use viva_domain::sessions::EndStatus;
use viva_fakes::CapturedLogs;

use super::export::{Kept, SECOND, channels, sounds};
use crate::bench::{Server, silent_turn};

#[tokio::test]
async fn a_session_that_is_deleted_meanwhile_breaks_the_file_off() {
    for format in ["wav", "zip"] {
        let kept = Kept::half_an_hour().await;
        let (at, status) = (samples::at(1), EndStatus::Completed);
        let ended = kept
            .server
            .session_store
            .end(UserId::LOCAL, kept.session.id, at, status);
        ended.await.unwrap();
        let mut file = kept.stream(format).await;
        file.next().await.unwrap().unwrap();
        let path = format!("/api/v1/interaction/sessions/{}", kept.session.id);
        assert_eq!(kept.server.request("DELETE", &path, &[]).await.status, 204);
        let logs = CapturedLogs::start();
        let mut last = file.next().await;
        while let Some(Ok(_)) = last {
            last = file.next().await;
        }
        assert!(matches!(last, Some(Err(_))), "{format}: it must not look whole");
        let told = logs.text();
        let told: Vec<&str> = told.lines().filter(|line| line.contains("broke off")).collect();
        assert!(matches!(told[..], [line] if line.contains("deleted")), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_stored_later_is_a_gap_until_then() {
    let kept = Kept::new().await;
    let gap = kept.file("wav").await;
    for format in ["wav", "zip"] {
        let mut file = kept.stream(format).await;
        let mut pieces = Vec::new();
        while let Some(piece) = file.next().await {
            pieces.push(piece.expect("nothing was deleted"));
        }
        assert!(!pieces.is_empty());
    }
    let clip = SECOND.clip(SampleRate::HZ_16K);
    kept.server.keep_clip("turn_002_user.wav", &clip, None).await;
    let (_, [user, _]) = channels(&kept.file("wav").await);
    assert_eq!(sounds(SampleRate::HZ_24K, &user).len(), 2);
    let (_, [user, _]) = channels(&gap);
    assert_eq!(sounds(SampleRate::HZ_24K, &user).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_too_many_files_are_made_others_wait_and_are_told_to_come_back() {
    let (server, _) = Server::on_fakes().await;
    let session = server.keep_conversation(&[silent_turn(1)]).await;
    let kept = Kept { server, session };
    let effort = kept.server.state.history.effort().clone();
    let mut turns = Vec::new();
    for _ in 0..effort.at_once() {
        turns.push(effort.turn().await.unwrap());
    }
    for format in ["json", "csv", "wav", "zip"] {
        let begun = Instant::now();
        let answer = kept.server.get(&kept.path(format)).await;
        assert_eq!(answer.problem(), (503, "exports-busy".to_owned()), "{format}");
        assert_eq!(answer.header("retry-after"), "10");
        assert_eq!(begun.elapsed().as_secs(), 10);
    }
    let path = format!("/api/v1/interaction/sessions/{}", kept.session.id);
    assert_eq!(kept.server.get(&path).await.status, 200, "all else goes on");
    turns.pop();
    for format in ["json", "csv", "wav", "zip"] {
        assert_eq!(kept.server.get(&kept.path(format)).await.status, 200, "{format}");
    }
}

#[tokio::test]
async fn who_has_begun_waits_for_a_turn_and_nothing_is_made_meanwhile() {
    let kept = Kept::half_an_hour().await;
    let effort = kept.server.state.history.effort().clone();
    for format in ["wav", "zip"] {
        let mut file = kept.stream(format).await;
        file.next().await.unwrap().unwrap();
        let mut turns = Vec::new();
        for _ in 0..effort.at_once() {
            turns.push(effort.turn().await.unwrap());
        }
        let mut more = Box::pin(async {
            // Some was made before.
            for _ in 0..64 {
                file.next().await.unwrap().unwrap();
            }
        });
        let waited = (0..100).map(|_| more.as_mut().now_or_never().is_none());
        assert!(
            waited.collect::<Vec<_>>().into_iter().all(|waits| waits),
            "{format}"
        );
        drop(turns);
        more.await;
    }
}
