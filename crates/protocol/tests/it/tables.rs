//! The tables of `docs/protocol.md` say of each field what the code says: that it is there, and whether it may be absent. The
//! other way round than in `documentation.rs`: nothing is described that is not there.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use viva_protocol::rest;
use viva_protocol::ws::{ClientMessage, ServerEnvelope};

use crate::documentation::{PAGE, assert_names_fields, row, section};
use crate::samples;

/// A field as a table shows it: `` `name?` ``, `` `name = default` ``, `` `name: "one" \| "other"` ``, `` `name {parts}` ``.
#[derive(Debug, PartialEq)]
struct Shown<'a> {
    name: &'a str,
    /// It has a `?`.
    is_optional: bool,
    /// What stands after the `=`.
    default: Option<Value>,
    /// The texts that it can be.
    texts: Vec<&'a str>,
    /// The fields in it.
    parts: Vec<Shown<'a>>,
}

impl<'a> Shown<'a> {
    fn parse(shown: &'a str) -> Self {
        let end = shown.find(|c: char| !is_of_a_name(c)).unwrap_or(shown.len());
        let (name, rest) = shown.split_at(end);
        let is_optional = rest.starts_with('?');
        let default = rest.split_once("= ").map(|(_, default)| {
            serde_json::from_str(default).unwrap_or_else(|_| panic!("the default of {shown:?} is no JSON"))
        });
        let parts = rest
            .split_once(" {")
            .and_then(|(_, parts)| parts.strip_suffix('}'));
        let texts = rest
            .split('=')
            .next()
            .unwrap_or_default()
            .split('"')
            .skip(1)
            .step_by(2);
        Self {
            name,
            is_optional,
            default,
            texts: texts.collect(),
            parts: parts.map_or_else(Vec::new, |parts| parts.split(", ").map(Self::parse).collect()),
        }
    }

    fn may_be_absent(&self) -> bool {
        self.is_optional || self.default.is_some()
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

/// The text without what stands in parentheses; those in code are code.
fn without_remarks(text: &str) -> String {
    let (mut depth, mut is_code) = (0, false);
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '(' if !is_code => depth += 1,
            ')' if !is_code => depth -= 1,
            _ if depth > 0 => {}
            c => {
                is_code ^= c == '`';
                kept.push(c);
            }
        }
    }
    kept
}

/// What is shown as code.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The fields at the beginning of the text, which has no remarks. Prose follows after the first mark that is no comma.
fn fields(text: &str) -> Vec<Shown<'_>> {
    let mut end = text.len();
    let mut is_code = false;
    for (at, c) in text.char_indices() {
        is_code ^= c == '`';
        if !is_code && ";:.—|".contains(c) {
            end = at;
            break;
        }
    }
    codes(&text[..end]).map(Shown::parse).collect()
}

fn names<'a>(fields: &[Shown<'a>]) -> BTreeSet<&'a str> {
    fields.iter().map(|field| field.name).collect()
}

/// The names in an object, but for those that every message has.
fn keys(json: &Value) -> BTreeSet<&str> {
    let keys = json.as_object().expect("a message is an object").keys();
    keys.map(String::as_str)
        .filter(|key| !matches!(*key, "type" | "seq"))
        .collect()
}

fn without(json: &Value, field: &str) -> Value {
    let mut json = json.clone();
    json.as_object_mut()
        .expect("a message is an object")
        .remove(field);
    json
}

fn with(json: &Value, field: &str, value: Value) -> Value {
    let mut json = json.clone();
    json[field] = value;
    json
}

#[test]
fn client_messages_have_the_fields_of_their_rows_and_no_others() {
    for sample in samples::client_messages() {
        let full = serde_json::to_value(&sample.full).unwrap();
        let text = without_remarks(row(section("Client → server"), sample.name));
        let shown = fields(&text);
        let name = sample.name;
        assert_eq!(names(&shown), keys(&full), "{name}");
        let read = |json: &Value| ClientMessage::parse(&json.to_string());
        for field in shown {
            let absent = read(&without(&full, field.name));
            assert_eq!(absent.is_ok(), field.may_be_absent(), "{name}: {field:?}");
            // An empty configuration is read as none.
            if let Some(default) = field.default.filter(|default| *default != json!({})) {
                assert_eq!(
                    read(&with(&full, field.name, default)),
                    absent,
                    "{name}: {}",
                    field.name
                );
            }
            for text in field.texts {
                let read = read(&with(&full, field.name, text.into())).unwrap();
                assert_eq!(serde_json::to_value(&read).unwrap()[field.name], text, "{name}");
            }
        }
    }
}

#[test]
fn server_messages_have_the_fields_of_their_rows_and_no_others() {
    for sample in samples::server_messages() {
        let [full, minimal] = [&sample.full, &sample.minimal].map(|json| serde_json::to_value(json).unwrap());
        let text = without_remarks(row(section("Server → client"), sample.name));
        let shown = fields(&text);
        let name = sample.name;
        assert_eq!(names(&shown), keys(&full), "{name}");
        for field in &shown {
            assert_eq!(
                minimal.get(field.name).is_none(),
                field.is_optional,
                "{name}: {field:?}"
            );
            if !field.parts.is_empty() {
                assert_eq!(
                    names(&field.parts),
                    keys(&full[field.name]),
                    "{name}: {}",
                    field.name
                );
            }
            for text in &field.texts {
                let envelope = with(&full, field.name, (*text).into()).to_string();
                let read = ServerEnvelope::parse(&envelope).unwrap();
                assert_eq!(serde_json::to_value(&read).unwrap()[field.name], *text, "{name}");
            }
        }
    }
}

#[test]
fn settings_of_a_start_are_those_that_are_described() {
    let start = serde_json::to_value(&samples::client_messages()[1].full).unwrap();
    let cascade = samples::full_cascade().config();
    for (beginning, settings) in [
        ("`config`, realtime: ", &start["config"]),
        ("`config`, cascade: ", &cascade),
        ("`turn_detection`: ", &start["turn_detection"]),
        ("`audio`: ", &start["audio"]),
    ] {
        let line = PAGE.lines().find_map(|line| line.strip_prefix(beginning));
        let text = without_remarks(line.unwrap_or_else(|| panic!("no line begins with {beginning}")));
        let shown = fields(&text);
        let mut expected = keys(settings);
        // Both modes have them, which is said once.
        expected.remove("options");
        assert_eq!(names(&shown), expected, "{beginning}");
        assert!(
            shown.iter().all(Shown::may_be_absent),
            "{beginning}: none has to be given"
        );
    }
}

fn body(body: &impl Serialize) -> Value {
    serde_json::to_value(body).expect("a body serializes")
}

/// What each row of the table of bodies describes.
fn bodies() -> Vec<(&'static str, Vec<Value>)> {
    let part = |of: &Value, pointer: &str| {
        of.pointer(pointer)
            .cloned()
            .unwrap_or_else(|| panic!("no {pointer}"))
    };
    let [providers, peaks, export] = [
        body(&samples::providers()),
        body(&samples::session_peaks()),
        body(&samples::session_export()),
    ];
    let [me, stats, deletions, credentials, self_test] = [
        body(&samples::me()),
        body(&samples::latency_stats()),
        body(&samples::session_deletions()),
        body(&samples::credentials()),
        body(&samples::self_test()),
    ];
    let turn = part(&export, "/turns/0");
    let detail = rest::SessionDetail {
        session: samples::full_session(),
        instructions: samples::composed_prompt().instructions,
        turns: vec![],
    };
    let session = body(&samples::full_session());
    let mut overview = body(&samples::full_overview());
    let added = overview.as_object_mut().expect("a session is an object");
    added.retain(|name, _| session.get(name).is_none());
    let provider = ["", "/capabilities", "/models/0", "/voices/0", "/languages/0"];
    let provider = provider.map(|pointer| part(&providers, &format!("/realtime/0{pointer}")));
    vec![
        ("problem", vec![body(&samples::problem(Some("x")))]),
        ("me", vec![part(&me, "/signed_in"), me]),
        ("providers", [vec![providers], provider.to_vec()].concat()),
        ("voices", vec![json!({ "items": [], "from_provider": true })]),
        ("page", vec![body(&session_page())]),
        ("session", vec![body(&detail)]),
        ("session in a list", vec![overview]),
        ("turn", vec![body(&samples::full_turn())]),
        ("latency-stats", vec![part(&stats, "/total_ms"), stats]),
        ("peaks", vec![part(&peaks, "/recordings/0"), peaks.clone()]),
        ("stretch", vec![part(&peaks, "/recordings/0/stretches/0")]),
        ("export", vec![export, json!({ "marks": {}, "recordings": [] })]),
        ("recording", vec![part(&turn, "/recordings/0")]),
        ("marks", vec![part(&turn, "/marks")]),
        ("session selection", vec![body(&samples::session_selection())]),
        ("session deletions", vec![part(&deletions, "/items/0"), deletions]),
        ("template", vec![body(&samples::full_template())]),
        ("prompt", vec![body(&samples::full_prompt())]),
        ("composed prompt", vec![body(&samples::composed_prompt())]),
        (
            "credentials",
            vec![
                part(&credentials, "/items/0"),
                part(&credentials, "/items/0/fields/1"),
                credentials.clone(),
            ],
        ),
        ("credential", vec![part(&credentials, "/items/0/credential")]),
        ("credential content", vec![body(&samples::credential_content())]),
        ("audit entry", vec![body(&samples::audit_entry())]),
        ("selftest", vec![part(&self_test, "/progress"), self_test.clone()]),
        (
            "certificate",
            vec![part(&self_test, "/newest"), part(&self_test, "/newest/parts/0")],
        ),
    ]
}

fn session_page() -> rest::SessionPage {
    rest::SessionPage {
        page: rest::Page {
            items: vec![],
            total: 1,
            page: 1,
            page_size: 1,
            total_pages: 1,
        },
        bound: 1,
    }
}

#[test]
fn bodies_have_the_fields_of_their_rows_and_no_others() {
    let (_, table) = section("REST")
        .split_once("\n| body | fields |\n")
        .expect("a table of bodies");
    let table: Vec<_> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .skip(1)
        .collect();
    let bodies = bodies();
    assert_eq!(table.len(), bodies.len());
    for ((name, bodies), line) in bodies.into_iter().zip(table) {
        let prefix = format!("| {name} | ");
        let line = line
            .strip_prefix(&prefix)
            .unwrap_or_else(|| panic!("no row for {name:?}, but {line}"));
        for body in &bodies {
            assert_names_fields(line, name, body);
        }
        let mut known: BTreeSet<&str> = bodies.iter().flat_map(|body| keys(body)).collect();
        known.extend(["type", "start_session"]);
        // Another body, or what is in a field, is called by its name without being a field here.
        let text = without_remarks(line);
        let called: BTreeSet<&str> = codes(&text)
            .map(Shown::parse)
            .flat_map(|field| {
                [field.name]
                    .into_iter()
                    .chain(names(&field.parts))
                    .collect::<Vec<_>>()
            })
            .filter(|name| !name.is_empty())
            .collect();
        assert_eq!(
            called.difference(&known).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "{name}"
        );
    }
}

#[test]
fn rows_are_read_as_they_are_meant() {
    let row = r#"`mode: "a" \| "b"`, `config = {}` (of `mode`), `on = true`, `usage? {in?, out}`; sent with `other` | "#;
    let text = without_remarks(row);
    let shown = fields(&text);
    assert_eq!(names(&shown), BTreeSet::from(["config", "mode", "on", "usage"]));
    assert_eq!(shown[0].texts, ["a", "b"]);
    assert_eq!(shown[1].default, Some(json!({})));
    assert!(shown[2].may_be_absent() && !shown[2].is_optional && !shown[0].may_be_absent());
    assert_eq!(names(&shown[3].parts), BTreeSet::from(["in", "out"]));
    assert!(fields("— the user is done (`x`)").is_empty());
}
