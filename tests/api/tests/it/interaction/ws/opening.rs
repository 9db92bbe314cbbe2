//! Who may open a WebSocket.

use tokio_tungstenite::tungstenite::Error;

use crate::bench::Server;

#[tokio::test]
async fn pages_of_this_server_and_programs_are_let_in() {
    let server = Server::start().await;
    let own = format!("http://{}", server.address);
    for headers in [vec![], vec![("origin", own.as_str())]] {
        let mut socket = server.try_connect(&headers).await.unwrap();
        assert_eq!(socket.json().await["protocol_version"], 1);
    }
}

#[tokio::test]
async fn pages_of_other_servers_are_not() {
    let server = Server::start().await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let Err(Error::Http(refused)) = server.try_connect(&[("origin", origin)]).await.map(drop) else {
            panic!("{origin} was let in");
        };
        assert_eq!(refused.status(), 403, "{origin}");
        let body = String::from_utf8(refused.body().clone().unwrap_or_default()).unwrap();
        assert!(body.contains("origin-not-allowed"), "{body}");
    }
}

#[tokio::test]
async fn a_name_that_only_points_here_is_not_let_in() {
    let server = Server::start().await;
    let headers = [("host", "evil.example"), ("origin", "http://evil.example")];
    let Err(Error::Http(refused)) = server.try_connect(&headers).await.map(drop) else {
        panic!("it was let in")
    };
    assert_eq!(refused.status(), 421);
}

#[tokio::test]
async fn a_request_that_opens_none_is_told_so() {
    let answer = Server::start().await.get("/api/v1/interaction/ws").await;
    assert_eq!(answer.problem(), (400, "bad-request".to_owned()));
    assert!(
        answer.text().contains("open a WebSocket here"),
        "{}",
        answer.text()
    );
}
