//! Tokens never reach a log.

use viva_protocol::ws::ClientMessage;

use crate::samples;

#[test]
fn debug_output_never_contains_a_token() {
    let mut tokens_sent = 0;
    for sample in samples::client_messages() {
        tokens_sent += usize::from(
            serde_json::to_string(&sample.full)
                .unwrap()
                .contains(samples::SECRET),
        );
        let debug = format!("{:?} {:#?}", sample.full, sample.full);
        assert!(
            !debug.contains(samples::SECRET),
            "{} shows its token: {debug}",
            sample.name
        );
    }
    for sample in samples::server_messages() {
        tokens_sent += usize::from(
            serde_json::to_string(&sample.full)
                .unwrap()
                .contains(samples::SECRET),
        );
        let debug = format!("{:?} {:#?}", sample.full, sample.full);
        assert!(
            !debug.contains(samples::SECRET),
            "{} shows its token: {debug}",
            sample.name
        );
    }
    assert_eq!(
        tokens_sent, 3,
        "authenticate, resume_session and session_started carry a token"
    );
}

#[test]
fn debug_output_never_contains_a_provider_key() {
    let content = samples::credential_content();
    assert!(serde_json::to_string(&content).unwrap().contains(samples::SECRET));
    let debug = format!("{content:?} {content:#?}");
    assert!(!debug.contains(samples::SECRET), "{debug}");
}

#[test]
fn a_redacted_message_still_says_which_session_it_is_about() {
    let resume = samples::client_messages()
        .into_iter()
        .find(|sample| sample.name == "resume_session")
        .unwrap();
    let ClientMessage::ResumeSession(fields) = &resume.full else {
        panic!("not a resume: {:?}", resume.full)
    };
    assert!(format!("{:?}", resume.full).contains(&fields.session_id.to_string()));
}
