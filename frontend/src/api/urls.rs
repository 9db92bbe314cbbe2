use uuid::Uuid;
use viva_protocol::ws::Role;

/// Where people sign in, and out: a page of the server, not of this program.
pub const ACCOUNT_PATH: &str = "/login";

/// Where people sign in who want to come back to this path then, which may have a query.
#[cfg(any(feature = "hydrate", test))]
fn sign_in_for(wanted: &str) -> String {
    let escaped = wanted.replace('%', "%25").replace('&', "%26").replace('+', "%2B");
    format!("{ACCOUNT_PATH}?next={escaped}")
}

/// Where people sign in who want to come back to what they see.
pub fn sign_in_from_here() -> String {
    #[cfg(feature = "hydrate")]
    if let Some(here) = crate::browser::here() {
        return sign_in_for(&here);
    }
    ACCOUNT_PATH.to_owned()
}

/// Below it are the pages of single sessions.
const SESSION_PAGES: &str = "/sessions/";

/// What a list has per page: the most that the server gives.
#[cfg(any(feature = "hydrate", test))]
const PAGE_SIZE: u16 = 100;

/// Where a session is shown: a page, not of the API.
pub fn session_page(id: Uuid) -> String {
    format!("{SESSION_PAGES}{id}")
}

/// The session that the path of such a page names.
pub fn session_in(path: &str) -> Option<Uuid> {
    path.strip_prefix(SESSION_PAGES)?.parse().ok()
}

/// Path of the voices of a text-to-speech provider.
#[cfg(feature = "hydrate")]
pub fn voices(provider: &str) -> String {
    format!("/api/v1/interaction/providers/{provider}/voices")
}

/// Path of a session with its turns.
#[cfg(any(feature = "hydrate", test))]
pub fn session(id: Uuid) -> String {
    format!("/api/v1/interaction/sessions/{id}")
}

/// Path of what a session sounded like, in small.
#[cfg(any(feature = "hydrate", test))]
pub fn peaks(id: Uuid) -> String {
    format!("{}/peaks", session(id))
}

/// As what a session can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Everything but the sound.
    Json,
    /// A row per turn.
    Csv,
    /// Both sides in time.
    Wav,
    /// All of it.
    Zip,
}

impl ExportFormat {
    /// Everything, in the order in which it is shown.
    pub const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Wav, Self::Zip];

    /// What it is called in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Wav => "wav",
            Self::Zip => "zip",
        }
    }

    /// Whether it is for the sound that somebody takes it.
    pub const fn has_sound(self) -> bool {
        match self {
            Self::Json | Self::Csv => false,
            Self::Wav | Self::Zip => true,
        }
    }
}

/// Path of a session as a file.
pub fn export(id: Uuid, format: ExportFormat) -> String {
    format!(
        "/api/v1/interaction/sessions/{id}/export?format={}",
        format.name()
    )
}

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

/// Path of the sessions that these parameters ask for.
#[cfg(any(feature = "hydrate", test))]
pub fn sessions_page(parameters: &str) -> String {
    format!("/api/v1/interaction/sessions?{parameters}")
}

/// Path at which several sessions are deleted.
#[cfg(feature = "hydrate")]
pub const SESSION_DELETIONS: &str = "/api/v1/interaction/sessions/deletions";

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
    fn one_comes_back_from_the_sign_in_to_what_was_asked() {
        assert_eq!(sign_in_for("/compare"), "/login?next=/compare");
        assert_eq!(
            sign_in_for("/history?q=a%20b+c&page=2"),
            "/login?next=/history?q=a%2520b%2Bc%26page=2"
        );
    }

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
    fn sessions_are_listed_as_they_are_asked_for() {
        let path = sessions_page("q=a&page=2");
        assert!(path.ends_with("/interaction/sessions?q=a&page=2"), "{path}");
    }

    #[test]
    fn a_session_has_a_page_and_files() {
        let id = Uuid::max();
        assert_eq!(session_in(&session_page(id)), Some(id));
        assert!(session(id).ends_with(&session_page(id)));
        for path in ["/", "/sessions", "/sessions/", "/sessions/me", "/history"] {
            assert_eq!(session_in(path), None, "{path}");
        }
        assert_eq!(peaks(id), format!("{}/peaks", session(id)));
        let files = ExportFormat::ALL.map(|format| export(id, format));
        for (file, name) in files.iter().zip(["json", "csv", "wav", "zip"]) {
            assert_eq!(*file, format!("{}/export?format={name}", session(id)));
        }
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
