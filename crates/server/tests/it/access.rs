//! A server on which everybody has to sign in: `viva token`, and two users who have one each.

use std::fs;

use viva_client::{Client, ClientError};
use viva_protocol::ws::{ServerMessage, SessionEndStatus};

use crate::bench::{Folder, PATIENCE, Server, ask, call, hang_up, output};

/// Where somebody has to sign in.
const TOKEN_MODE: (&str, &str) = ("VIVA__AUTH__MODE", "token");

async fn serve(folder: &Folder) -> Server {
    folder
        .serve_with(&[(TOKEN_MODE.0, TOKEN_MODE.1.to_owned())])
        .await
}

/// What a command prints.
async fn said(folder: &Folder, args: &[&str]) -> String {
    let output = output(&mut folder.viva(args)).await;
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {complaints}");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// Makes a token for this user.
async fn token(folder: &Folder, user: &str) -> String {
    let args = ["token", "create", "--name", "laptop", "--user", user];
    let printed = said(folder, &args).await;
    // Alone, so that it can go into a file.
    let token = printed.trim_end();
    assert!(token.starts_with("viva_") && token.len() == 102, "{printed}");
    token.to_owned()
}

/// The public part of a token, as the list has it.
fn id(token: &str) -> String {
    let digits = &token[5..37];
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}

async fn refusal(client: &Client) -> u16 {
    match client.self_test().await {
        Err(ClientError::Problem(problem)) => problem.status,
        answer => panic!("it was let in: {answer:?}"),
    }
}

#[tokio::test]
async fn two_users_of_one_server_do_not_meet() {
    let folder = Folder::new();
    let server = serve(&folder).await;
    assert!(
        server.announcement().contains("sign in"),
        "{}",
        server.announcement()
    );
    // Tokens are made while it runs.
    let (ada, bob) = (token(&folder, "ada").await, token(&folder, "bob").await);
    let (adas, bobs) = (server.client_of(&ada), server.client_of(&bob));
    assert_eq!(refusal(&server.client()).await, 401);
    let mut conversation = Server::start_session_of(&adas).await;
    let mut other = Server::start_session_of(&bobs).await;
    ask(&mut conversation).await;
    let last = hang_up(&mut conversation).await.pop();
    let Some(ServerMessage::SessionEnded(ended)) = last else {
        panic!("{last:?}")
    };
    assert_eq!(
        ended.status,
        SessionEndStatus::Completed,
        "his session did not end hers"
    );
    let kept = adas.session(ended.session_id).await.expect("it is hers");
    let [turn] = kept.turns.as_slice() else {
        panic!("{kept:?}")
    };
    let side = viva_client::Side::User;
    adas.turn_audio(ended.session_id, turn.id, side)
        .await
        .expect("she hears it");
    for refused in [
        bobs.session(ended.session_id).await.map(drop),
        bobs.turns(ended.session_id).await.map(drop),
        bobs.turn_audio(ended.session_id, turn.id, side).await.map(drop),
    ] {
        let is_missing = matches!(&refused, Err(ClientError::Problem(problem)) if problem.status == 404);
        assert!(is_missing, "{refused:?}");
    }
    hang_up(&mut other).await;

    said(&folder, &["token", "revoke", &id(&ada)]).await;
    assert_eq!(refusal(&adas).await, 401, "from the next request on");
    bobs.self_test().await.expect("his is good");
    assert!(!folder.log().contains(&ada[38..]) && !folder.log().contains(&bob[38..]));
}

#[tokio::test]
async fn a_call_takes_its_token_from_a_file() {
    let folder = Folder::new();
    let server = serve(&folder).await;
    let file = folder.path().join("token");
    fs::write(&file, token(&folder, "ci").await + "\n").expect("the folder can be written");
    let file = file.to_str().expect("the path is text");
    let args = ["--option", "delay_ms=0", "--token-file", file];
    let report = call(&folder, &server, "question-en", 1, &args).await;
    assert_eq!(report["runs"][0]["outcome"], "completed", "{report:#}");
}

#[tokio::test]
async fn an_open_connection_ends_soon_after_its_token() {
    let folder = Folder::new();
    let server = serve(&folder).await;
    let token = token(&folder, "ada").await;
    let mut conversation = Server::start_session_of(&server.client_of(&token)).await;
    said(&folder, &["token", "revoke", &id(&token)]).await;
    let closed = async {
        loop {
            match conversation.next_event().await {
                Some(viva_client::Event::Closed { code, .. }) => return code,
                Some(_) => {}
                None => panic!("it was not told"),
            }
        }
    };
    let code = tokio::time::timeout(PATIENCE, closed)
        .await
        .expect("it ends soon");
    assert_eq!(code, Some(4001));
}

#[tokio::test]
async fn tokens_are_listed_without_what_is_secret() {
    let folder = Folder::new();
    let (ada, ci) = (token(&folder, "ada").await, token(&folder, "local").await);
    let args = ["token", "create", "--name", "one day", "--expires-in", "1d"];
    let short = said(&folder, &args).await;
    said(&folder, &["token", "revoke", &id(&ci)]).await;
    let ids = [ada.as_str(), &ci, short.trim()].map(id);
    let listed = said(&folder, &["token", "list"]).await;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 4, "{listed}");
    for (line, parts) in lines.iter().zip([
        vec!["ID", "USER", "EXPIRES", "STATE"],
        vec![ids[0].as_str(), "ada", "laptop", "never", "valid"],
        vec![ids[1].as_str(), "local", "laptop", "revoked"],
        vec![ids[2].as_str(), "local", "one day", "UTC", "valid"],
    ]) {
        assert!(
            parts.iter().all(|part| line.contains(part)),
            "{parts:?} in {line}"
        );
    }
    for token in [ada.as_str(), &ci, short.trim()] {
        assert!(!listed.contains(&token[38..]), "{listed}");
    }
    let adas = said(&folder, &["token", "list", "--user", "Ada"]).await;
    assert_eq!(adas.lines().count(), 2, "{adas}");
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let folder = Folder::new();
    for (args, code, says) in [
        (
            &["token", "list", "--user", "nobody"][..],
            1,
            "there is no user nobody",
        ),
        (
            &["token", "revoke", "0199a6a4-7c1c-7f4e-9d53-0d3c2b1a0f5e"],
            1,
            "there is no token 0199a6a4",
        ),
        (&["token", "revoke", "laptop"], 2, "not a valid id"),
        (&["token", "create", "--name", " "], 2, "the name is empty"),
        (
            &["token", "create", "--name", "x", "--user", "a b"],
            2,
            "letters, digits",
        ),
        (
            &["token", "create", "--name", "x", "--expires-in", "soon"],
            2,
            "90d",
        ),
    ] {
        let output = output(&mut folder.viva(args)).await;
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
        assert!(message.contains(says), "{args:?}: {message}");
    }
}

#[tokio::test]
async fn what_was_kept_before_is_the_local_users() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let mut conversation = server.start_session().await;
    let last = hang_up(&mut conversation).await.pop();
    let Some(ServerMessage::SessionEnded(ended)) = last else {
        panic!("{last:?}")
    };
    server.kill().await;
    let server = serve(&folder).await;
    let (local, ada) = (token(&folder, "local").await, token(&folder, "ada").await);
    server
        .client_of(&local)
        .session(ended.session_id)
        .await
        .expect("it is theirs");
    let foreign = server.client_of(&ada).session(ended.session_id).await;
    assert!(matches!(foreign, Err(ClientError::Problem(problem)) if problem.status == 404));
}

#[tokio::test]
async fn tokens_that_travel_in_the_open_are_warned_about() {
    let folder = Folder::new();
    let everywhere = ("VIVA__SERVER__LISTEN", "0.0.0.0:0".to_owned());
    let mode = (TOKEN_MODE.0, TOKEN_MODE.1.to_owned());
    let server = folder.serve_with(&[everywhere.clone(), mode.clone()]).await;
    assert_eq!(refusal(&server.client()).await, 401);
    assert!(folder.log().contains("unencrypted"), "{}", folder.log());
    drop(server);
    let folder = Folder::new();
    let proxy = ("VIVA__SERVER__BEHIND_PROXY", "true".to_owned());
    let server = folder.serve_with(&[everywhere, mode, proxy]).await;
    assert_eq!(refusal(&server.client()).await, 401);
    assert!(!folder.log().contains("unencrypted"), "{}", folder.log());
}
