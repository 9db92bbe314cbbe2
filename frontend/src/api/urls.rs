use uuid::Uuid;
use viva_protocol::ws::Role;

use crate::page::Page;

/// Where people sign in, and out: a page of the server, not of this program.
pub const ACCOUNT_PATH: &str = "/login";

/// Where people sign in who want to go on to a page then.
pub fn sign_in_for(page: Page) -> String {
    format!("{ACCOUNT_PATH}?next={}", page.path())
}

/// What a list has per page: the most that the server gives.
#[cfg(any(feature = "hydrate", test))]
const PAGE_SIZE: u16 = 100;

/// Path of the recording of one side of a turn.
pub fn recording(session_id: Uuid, turn_id: Uuid, role: Role) -> String {
    let side = match role {
        Role::User => "user",
        Role::Assistant => "ai",
    };
    format!("/api/v1/interaction/sessions/{session_id}/turns/{turn_id}/audio?type={side}")
}

/// Path of the page of a session's turns that holds this one.
#[cfg(any(feature = "hydrate", test))]
pub fn turns_page(session_id: Uuid, turn_number: u16) -> String {
    let page = turn_number.saturating_sub(1) / PAGE_SIZE + 1;
    format!("/api/v1/interaction/sessions/{session_id}/turns?page={page}&page_size={PAGE_SIZE}")
}

/// Path of the templates.
#[cfg(any(feature = "hydrate", test))]
pub const TEMPLATES: &str = "/api/v1/interaction/templates";

/// Path at which a prompt is composed.
#[cfg(feature = "hydrate")]
pub const COMPOSE: &str = "/api/v1/interaction/prompts/compose";

/// Path of one page of the templates, from 1 on.
#[cfg(any(feature = "hydrate", test))]
pub fn templates_page(page: u32) -> String {
    format!("{TEMPLATES}?page={page}&page_size={PAGE_SIZE}")
}

/// Path of one template.
#[cfg(any(feature = "hydrate", test))]
pub fn template(id: Uuid) -> String {
    format!("{TEMPLATES}/{id}")
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

    #[test]
    fn templates_are_listed_by_page_and_each_has_its_place() {
        assert_eq!(templates_page(2), format!("{TEMPLATES}?page=2&page_size=100"));
        assert_eq!(template(Uuid::nil()), format!("{TEMPLATES}/{}", Uuid::nil()));
    }

    #[test]
    fn turn_hundred_and_one_is_on_the_second_page() {
        for (turn, page) in [(0, 1), (1, 1), (100, 1), (101, 2)] {
            assert!(
                turns_page(Uuid::nil(), turn).contains(&format!("?page={page}&")),
                "{turn}"
            );
        }
    }
}
