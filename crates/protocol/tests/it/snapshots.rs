//! What the wire looks like, byte for byte. A changed snapshot is a changed protocol: read it twice.

use serde::Serialize;
use viva_protocol::rest;

use crate::samples::{self, Sample};

/// One entry of a listing; the minimal form only where it differs.
#[derive(Serialize)]
struct Entry<'a, T> {
    name: &'a str,
    full: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimal: Option<&'a T>,
}

fn listing<T: PartialEq>(samples: &[Sample<T>]) -> Vec<Entry<'_, T>> {
    samples
        .iter()
        .map(|sample| Entry {
            name: sample.name,
            full: &sample.full,
            minimal: (sample.minimal != sample.full).then_some(&sample.minimal),
        })
        .collect()
}

/// Compares with the stored snapshot. Free-form objects are sorted, because their order depends on how the JSON library
/// was built.
fn assert_wire(name: &str, value: &impl Serialize) {
    insta::with_settings!({ sort_maps => true, omit_expression => true }, {
        insta::assert_json_snapshot!(name, value);
    });
}

#[test]
fn client_messages_look_like_this() {
    assert_wire("client_messages", &listing(&samples::client_messages()));
}

#[test]
fn server_messages_look_like_this() {
    assert_wire("server_messages", &listing(&samples::server_messages()));
}

#[test]
fn providers_look_like_this() {
    assert_wire("rest_providers", &samples::providers());
}

#[test]
fn voices_look_like_this() {
    let voices = samples::providers().realtime.remove(0).voices;
    let list = rest::VoiceList {
        items: voices,
        from_provider: true,
    };
    assert_wire("rest_voices", &list);
}

#[test]
fn a_page_of_sessions_looks_like_this() {
    let page = rest::Page {
        items: vec![samples::full_overview(), samples::minimal_overview()],
        total: 102,
        page: 2,
        page_size: 100,
        total_pages: 2,
    };
    assert_wire("rest_session_page", &rest::SessionPage { page, bound: 4_711 });
}

#[test]
fn who_asks_looks_like_this() {
    assert_wire("rest_me", &samples::me());
}

#[test]
fn a_session_with_its_turns_looks_like_this() {
    let detail = rest::SessionDetail {
        session: samples::full_session(),
        instructions: samples::composed_prompt().instructions,
        turns: vec![samples::full_turn(), samples::minimal_turn()],
    };
    assert_wire("rest_session_detail", &detail);
}

#[test]
fn recordings_look_like_this() {
    assert_wire("rest_session_peaks", &samples::session_peaks());
    assert_wire("rest_session_export", &samples::session_export());
}

#[test]
fn deletions_look_like_this() {
    assert_wire("rest_session_selection", &samples::session_selection());
    assert_wire("rest_session_deletions", &samples::session_deletions());
}

#[test]
fn latency_statistics_look_like_this() {
    assert_wire("rest_latency_stats", &samples::latency_stats());
    assert_wire("rest_self_test", &samples::self_test());
}

#[test]
fn templates_look_like_this() {
    assert_wire(
        "rest_templates",
        &[samples::full_template(), samples::minimal_template()],
    );
    let duplicate = rest::DuplicateTemplate {
        name: "Book shop at night".to_owned(),
    };
    assert_wire("rest_duplicate_template", &duplicate);
}

#[test]
fn prompts_look_like_this() {
    let texts = [samples::full_prompt(), rest::PromptTexts::default()];
    assert_wire("rest_prompts", &texts);
    assert_wire("rest_composed_prompt", &samples::composed_prompt());
}

#[test]
fn provider_keys_look_like_this() {
    assert_wire("rest_credentials", &samples::credentials());
    assert_wire("rest_credential_content", &samples::credential_content());
    assert_wire("rest_audit_entry", &samples::audit_entry());
}

#[test]
fn problems_look_like_this() {
    let problems = [
        samples::problem(Some("no session has this id")),
        samples::problem(None),
    ];
    assert_wire("problems", &problems);
}
