//! `/sessions/{id}/turns/{turn_id}/audio`.

use axum::body::Body;
use axum::http::Request;
use futures_util::StreamExt;
use tower::ServiceExt;
use viva_contract::samples;
use viva_domain::ports::{BlobErrorKind, BlobStore};
use viva_fakes::CapturedLogs;

use crate::bench::{Answer, Server};

/// More than two pieces of what is in memory at once.
const LEN: usize = 150_001;

struct Kept {
    server: Server,
    path: String,
    bytes: Vec<u8>,
}

impl Kept {
    async fn new() -> Self {
        let server = Server::start().await;
        let session = server.keep_session(1, 1).await;
        let turn = samples::turn(1, 1);
        let bytes: Vec<u8> = (0_u8..=250).cycle().take(LEN).collect();
        server.keep_recording(&turn.ai_audio.unwrap().key, &bytes).await;
        let path = format!(
            "/api/v1/interaction/sessions/{}/turns/{}/audio",
            session.id, turn.id
        );
        Self { server, path, bytes }
    }

    async fn ai(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        self.server
            .request(method, &format!("{}?type=ai", self.path), headers)
            .await
    }
}

#[tokio::test]
async fn a_recording_comes_whole() {
    let kept = Kept::new().await;
    let answer = kept.ai("GET", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "audio/wav");
    assert_eq!(answer.header("content-length"), LEN.to_string());
    assert_eq!(answer.header("accept-ranges"), "bytes");
    let name = format!("viva-2026-03-01-{}-turn-001-ai.wav", samples::session_id(1));
    let disposition = format!("inline; filename=\"{name}\"");
    assert_eq!(answer.header("content-disposition"), disposition);
    assert!(answer.body == kept.bytes, "the bytes are the recording's");
}

#[tokio::test]
async fn a_head_request_tells_how_long_it_is() {
    let kept = Kept::new().await;
    // Only a GET has a range.
    for headers in [&[][..], &[("range", "bytes=0-9")], &[("range", "bytes=150001-")]] {
        let answer = kept.ai("HEAD", headers).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-length")),
            (200, "150001")
        );
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("etag"), kept.ai("GET", &[]).await.header("etag"));
    }
}

#[tokio::test]
async fn parts_can_be_asked_for() {
    let kept = Kept::new().await;
    for (range, start, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=65530-131080", 65_530, 131_081),
        ("bytes=150000-", 150_000, LEN),
        ("bytes=-5", LEN - 5, LEN),
        ("bytes=100-999999", 100, LEN),
    ] {
        let answer = kept.ai("GET", &[("range", range)]).await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(
            answer.header("content-range"),
            format!("bytes {start}-{}/{LEN}", end - 1),
            "{range}"
        );
        assert_eq!(
            answer.header("content-length"),
            (end - start).to_string(),
            "{range}"
        );
        assert!(answer.body == kept.bytes[start..end], "{range}");
    }
}

#[tokio::test]
async fn a_part_that_is_not_there_is_a_problem() {
    let kept = Kept::new().await;
    for range in ["bytes=150001-", "bytes=-0"] {
        let answer = kept.ai("GET", &[("range", range)]).await;
        assert_eq!(
            answer.problem(),
            (416, "range-not-satisfiable".to_owned()),
            "{range}"
        );
        assert_eq!(answer.header("content-range"), "bytes */150001");
    }
    assert_eq!(
        kept.ai("GET", &[("range", "bytes=0-1,5-6")]).await.status,
        200,
        "several parts are all of it"
    );
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let kept = Kept::new().await;
    let tag = kept.ai("GET", &[]).await.header("etag").to_owned();
    let answer = kept.ai("GET", &[("if-none-match", &tag)]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("etag")),
        (304, tag.as_str())
    );
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let others = format!("\"another\", W/{tag}");
    for known in [others.as_str(), "*"] {
        // It comes before the range, which may be of something else.
        let headers = [("if-none-match", known), ("range", "bytes=0-1")];
        for method in ["GET", "HEAD"] {
            assert_eq!(kept.ai(method, &headers).await.status, 304, "{method} {known}");
        }
    }
    let another = [("if-none-match", "\"another\"")];
    assert_eq!(kept.ai("GET", &another).await.status, 200);
    let range = ("range", "bytes=0-1");
    assert_eq!(kept.ai("GET", &[range, ("if-range", &tag)]).await.status, 206);
    let weak = format!("W/{tag}");
    for other in ["\"another\"", &weak, "*", "Mon, 30 Nov 2026 00:00:00 GMT"] {
        let answer = kept.ai("GET", &[range, ("if-range", other)]).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, LEN), "{other}");
    }
    // What is not there is of no matter to somebody who has another version.
    let headers = [("range", "bytes=150001-"), ("if-range", "\"another\"")];
    assert_eq!(kept.ai("GET", &headers).await.status, 200);
}

#[tokio::test]
async fn a_side_without_recording_is_not_there() {
    let kept = Kept::new().await;
    let answer = kept.server.get(&format!("{}?type=user", kept.path)).await;
    assert_eq!(answer.problem(), (404, "recording-not-found".to_owned()));
}

#[tokio::test]
async fn a_storage_that_goes_away_is_a_problem_that_passes() {
    let kept = Kept::new().await;
    kept.server
        .blob_store
        .faults()
        .fail_next(1, BlobErrorKind::Unavailable);
    assert_eq!(
        kept.ai("GET", &[]).await.problem(),
        (503, "storage-unavailable".to_owned())
    );
    assert_eq!(kept.ai("GET", &[]).await.status, 200);
}

#[tokio::test]
async fn a_recording_that_is_deleted_before_it_is_taken_breaks_off() {
    let kept = Kept::new().await;
    let request = Request::builder()
        .uri(format!("{}?type=ai", kept.path))
        .header("host", "localhost");
    let router = viva_presentation::router(kept.server.state.clone());
    let answer = router
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let key = samples::turn(1, 1).ai_audio.unwrap().key;
    kept.server.blob_store.delete(&key).await.unwrap();
    let logs = CapturedLogs::start();
    let mut body = answer.into_body().into_data_stream();
    assert!(matches!(body.next().await, Some(Err(_))));
    assert_eq!(logs.text().matches("An answer broke off").count(), 1);
}
