use uuid::Uuid;
use viva_protocol::ws::Role;

/// Path of the recording of one side of a turn.
pub fn recording(session_id: Uuid, turn_id: Uuid, role: Role) -> String {
    let side = match role {
        Role::User => "user",
        Role::Assistant => "ai",
    };
    format!("/api/v1/interaction/sessions/{session_id}/turns/{turn_id}/audio?type={side}")
}

/// Path of the turns of a session.
pub fn turns(session_id: Uuid) -> String {
    format!("/api/v1/interaction/sessions/{session_id}/turns")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_belongs_to_one_side_of_a_turn() {
        let path = recording(Uuid::nil(), Uuid::max(), Role::Assistant);
        assert!(
            path.ends_with(&format!(
                "/sessions/{}/turns/{}/audio?type=ai",
                Uuid::nil(),
                Uuid::max()
            )),
            "{path}"
        );
    }
}
