//! Whatever is written is read back the same, and whatever is read does not panic.

use proptest::prelude::*;
use proptest::sample::Index;
use serde::Serialize;
use viva_protocol::rest;
use viva_protocol::ws::{ClientMessage, Interaction, ServerEnvelope};

use crate::{generators, samples};

/// The text of every sample: where mutations start from.
fn texts() -> Vec<String> {
    let client = samples::client_messages()
        .into_iter()
        .flat_map(|sample| [text(&sample.full), text(&sample.minimal)]);
    let server = samples::server_messages()
        .into_iter()
        .flat_map(|sample| [text(&sample.full), text(&sample.minimal)]);
    client.chain(server).collect()
}

fn text(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("a sample serializes")
}

#[derive(Debug, Clone)]
enum Mutation {
    Remove,
    Replace(u8),
    Insert(u8),
    Repeat,
    Cut,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    // Half of the bytes are those that JSON is made of.
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(br#"{}[]",:-+.eE0123456789nulltruefalse\u"#.to_vec())
    ];
    prop_oneof![
        Just(Mutation::Remove),
        byte.clone().prop_map(Mutation::Replace),
        byte.prop_map(Mutation::Insert),
        Just(Mutation::Repeat),
        Just(Mutation::Cut),
    ]
}

fn mutate(bytes: &mut Vec<u8>, at: Index, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let at = at.index(bytes.len());
    match mutation {
        Mutation::Remove => drop(bytes.remove(at)),
        Mutation::Replace(byte) => bytes[at] = *byte,
        Mutation::Insert(byte) => bytes.insert(at, *byte),
        Mutation::Repeat => bytes.extend_from_within(at..),
        Mutation::Cut => bytes.truncate(at),
    }
}

/// Reads text as both sides would; what is read can be written and read again.
fn read_as_both_sides(received: &str) {
    if let Ok(message) = ClientMessage::parse(received)
        && message != ClientMessage::Unknown
    {
        ClientMessage::parse(&text(&message)).expect("what was written can be read");
        if let ClientMessage::StartSession(start) = message {
            let _ = start.interaction();
        }
    }
    if let Ok(envelope) = ServerEnvelope::parse(received) {
        assert!(!format!("{envelope:?}").is_empty());
    }
}

proptest! {
    #[test]
    fn any_client_message_survives_the_wire(message in generators::client_message()) {
        let text = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(ClientMessage::parse(&text), Ok(message));
    }

    #[test]
    fn any_server_message_survives_the_wire(envelope in generators::server_envelope()) {
        let text = serde_json::to_string(&envelope).unwrap();
        prop_assert_eq!(ServerEnvelope::parse(&text), Ok(envelope));
    }

    #[test]
    fn any_session_survives_the_wire(detail in generators::session_detail()) {
        let text = serde_json::to_string(&detail).unwrap();
        prop_assert_eq!(serde_json::from_str::<rest::SessionDetail>(&text).unwrap(), detail);
    }

    #[test]
    fn any_template_survives_the_wire(template in generators::template()) {
        let text = serde_json::to_string(&template).unwrap();
        prop_assert_eq!(serde_json::from_str::<rest::Template>(&text).unwrap(), template);
    }

    #[test]
    fn a_checked_interaction_is_the_same_as_its_two_fields(interaction in generators::interaction()) {
        prop_assert_eq!(Interaction::parse(interaction.mode(), &interaction.config()), Ok(interaction));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text: String) {
        read_as_both_sides(&text);
    }

    #[test]
    fn no_damaged_message_makes_a_reader_panic(
        start: Index, mutations in prop::collection::vec((any::<Index>(), mutation()), 1..6),
    ) {
        let texts = texts();
        let mut bytes = start.get(&texts).clone().into_bytes();
        for (at, mutation) in &mutations {
            mutate(&mut bytes, *at, mutation);
        }
        read_as_both_sides(&String::from_utf8_lossy(&bytes));
    }
}
