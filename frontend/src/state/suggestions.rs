//! A field that takes any text and suggests some.

/// Something that is suggested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What is chosen.
    pub id: String,
    /// What the field shows.
    pub name: String,
    /// What the list shows.
    pub label: String,
}

/// What the person does in the field at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// What was typed and not taken yet.
    pub text: Option<String>,
    /// Whether the suggestions are shown.
    pub is_open: bool,
    /// The suggestion that the keyboard is at, among those that fit.
    pub active: Option<usize>,
}

/// What a key leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: the key is the browser's.
    Ignored,
    /// The list has changed.
    Moved,
    /// This suggestion is chosen.
    Chosen(usize),
    /// What was typed is taken.
    Taken,
}

impl Entry {
    /// The person typed.
    pub fn type_text(&mut self, text: String) {
        *self = Self {
            text: Some(text),
            is_open: true,
            active: None,
        };
    }

    /// Shows the suggestions.
    pub fn open(&mut self) {
        self.is_open = true;
    }

    /// A key, while so many suggestions fit.
    pub fn press(&mut self, key: &str, fitting: usize) -> Answer {
        let is_shown = self.is_open && fitting > 0;
        match key {
            "ArrowDown" | "ArrowUp" if fitting > 0 => {
                self.active = Some(match (self.active, key) {
                    _ if !is_shown => self.active.unwrap_or(0),
                    (None, "ArrowDown") => 0,
                    (None, _) => fitting - 1,
                    (Some(at), "ArrowDown") => (at + 1) % fitting,
                    (Some(at), _) => (at + fitting - 1) % fitting,
                });
                self.is_open = true;
                Answer::Moved
            }
            "Enter" => match self.active.filter(|at| is_shown && *at < fitting) {
                Some(at) => Answer::Chosen(at),
                None => Answer::Taken,
            },
            "Escape" if is_shown => {
                self.is_open = false;
                self.active = None;
                Answer::Moved
            }
            _ => Answer::Ignored,
        }
    }

    /// The suggestions that fit what was typed: all, until something was.
    pub fn fitting(&self, suggestions: &[Suggestion]) -> Vec<Suggestion> {
        let typed = self.text.as_deref().unwrap_or_default().trim().to_lowercase();
        let fits = |it: &&Suggestion| {
            typed.is_empty()
                || [&it.id, &it.name]
                    .iter()
                    .any(|text| text.to_lowercase().contains(&typed))
        };
        suggestions.iter().filter(fits).cloned().collect()
    }
}

/// The id that a text stands for: that of the suggestion of this name, else the text itself.
pub fn id_of(text: &str, suggestions: &[Suggestion]) -> String {
    let text = text.trim();
    let wanted = text.to_lowercase();
    let is_it = |it: &&Suggestion| {
        [&it.id, &it.name]
            .iter()
            .any(|name| name.to_lowercase() == wanted)
    };
    let exact = suggestions.iter().find(|it| it.id == text);
    let found = exact.or_else(|| suggestions.iter().find(is_it));
    found.map_or_else(|| text.to_owned(), |it| it.id.clone())
}

/// What the field shows for an id: the name, where it has one. Nothing stands for the default.
pub fn name_of(id: &str, suggestions: &[Suggestion]) -> String {
    let found = suggestions.iter().find(|it| !id.is_empty() && it.id == id);
    found.map_or_else(|| id.to_owned(), |it| it.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestions() -> Vec<Suggestion> {
        [
            ("", "Default"),
            ("nova-3", "Nova-3"),
            ("EXAV", "Sarah"),
            ("exav", "Sara"),
        ]
        .map(|(id, name)| Suggestion {
            id: id.to_owned(),
            name: name.to_owned(),
            label: name.to_owned(),
        })
        .to_vec()
    }

    fn typed(text: &str) -> Entry {
        let mut entry = Entry::default();
        entry.type_text(text.to_owned());
        entry
    }

    #[test]
    fn a_name_stands_for_its_id_and_any_other_text_for_itself() {
        for (text, id) in [
            ("Sarah", "EXAV"),
            (" sarah ", "EXAV"),
            ("exav", "exav"),
            ("NOVA-3", "nova-3"),
            ("qwen3:8b", "qwen3:8b"),
            ("Default", ""),
            ("", ""),
        ] {
            assert_eq!(id_of(text, &suggestions()), id, "{text}");
        }
        assert_eq!(name_of("EXAV", &suggestions()), "Sarah");
        assert_eq!(name_of("qwen3:8b", &suggestions()), "qwen3:8b");
        assert_eq!(name_of("", &suggestions()), "");
    }

    #[test]
    fn what_is_typed_narrows_the_suggestions_by_id_and_name() {
        let fitting = |entry: Entry| entry.fitting(&suggestions()).len();
        assert_eq!(fitting(Entry::default()), 4);
        assert_eq!(fitting(typed("")), 4);
        assert_eq!(fitting(typed("EXA")), 2);
        assert_eq!(fitting(typed("sarah")), 1);
        assert_eq!(fitting(typed("qwen")), 0);
    }

    #[test]
    fn arrows_go_round_and_enter_chooses() {
        let mut entry = Entry::default();
        assert_eq!(entry.press("Enter", 3), Answer::Taken);
        for at in [0, 1, 2, 0] {
            assert_eq!(entry.press("ArrowDown", 3), Answer::Moved);
            assert_eq!((entry.is_open, entry.active), (true, Some(at)));
        }
        assert_eq!(entry.press("ArrowUp", 3), Answer::Moved);
        assert_eq!(entry.press("Enter", 3), Answer::Chosen(2));
        // Fewer fit since.
        assert_eq!(entry.press("Enter", 1), Answer::Taken);
    }

    #[test]
    fn escape_closes_the_list_before_it_means_anything_else() {
        let mut entry = typed("x");
        assert_eq!(entry.press("Escape", 0), Answer::Ignored);
        assert_eq!(entry.press("Escape", 1), Answer::Moved);
        assert_eq!((entry.is_open, entry.text.as_deref()), (false, Some("x")));
        assert_eq!(entry.press("Escape", 1), Answer::Ignored);
        assert_eq!(entry.press("a", 1), Answer::Ignored);
        assert_eq!(entry.press("ArrowDown", 0), Answer::Ignored);
    }

    #[test]
    fn typing_leaves_the_suggestion_that_the_keyboard_was_at() {
        let mut entry = Entry::default();
        entry.press("ArrowDown", 3);
        entry.type_text("n".to_owned());
        assert_eq!(entry.active, None);
        assert_eq!(entry.press("Enter", 3), Answer::Taken);
    }
}
