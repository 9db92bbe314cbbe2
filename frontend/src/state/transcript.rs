//! Who said what, and what of it was heard.

use viva_protocol::rest;
use viva_protocol::ws::{InterruptReason, Role, TextDelta, Transcript};

/// What one side said in one turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The turn.
    pub turn_number: u16,
    /// Whose words they are.
    pub role: Role,
    /// What was said, and heard.
    pub text: String,
    /// What the AI would have said but nobody heard; follows `text`.
    pub unheard: String,
    /// Whether the text can still change.
    pub is_final: bool,
    /// How much of an interrupted answer had been heard, in ms; `None` when it was not interrupted.
    pub cut_after_ms: Option<f64>,
    /// What interrupted it, as far as is known.
    pub cut_by: Option<InterruptReason>,
    /// How often it paused for what was no speech.
    pub false_interruptions: u32,
    /// Whether it was finished once, whatever became of its words since.
    was_finished: bool,
}

impl Line {
    fn new(turn_number: u16, role: Role) -> Self {
        Self {
            turn_number,
            role,
            text: String::new(),
            unheard: String::new(),
            is_final: false,
            cut_after_ms: None,
            cut_by: None,
            false_interruptions: 0,
            was_finished: false,
        }
    }

    fn place(&self) -> (u16, bool) {
        place(self.turn_number, self.role)
    }

    fn full_text(&self) -> String {
        format!("{}{}", self.text, self.unheard)
    }
}

/// Within a turn the user comes first.
fn place(turn_number: u16, role: Role) -> (u16, bool) {
    (turn_number, role == Role::Assistant)
}

/// Every line of a session, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lines {
    lines: Vec<Line>,
    last_finished: Option<Line>,
}

impl Lines {
    /// The lines in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Line> {
        self.lines.iter()
    }

    /// The line that was finished last, as it was then: it has words, and they do not grow any more. Every line is that once.
    pub fn last_finished(&self) -> Option<&Line> {
        self.last_finished.as_ref()
    }

    /// An answer begins: its line exists, so that one without words can still be seen and played. An answer that is given
    /// anew replaces the one that nobody heard.
    pub fn begin(&mut self, turn_number: u16) {
        let line = self.line(turn_number, Role::Assistant);
        if line.is_final {
            *line = Line::new(turn_number, Role::Assistant);
        }
    }

    /// An answer of which nothing was heard will be given again.
    pub fn forget_answer(&mut self, turn_number: u16) {
        let forgotten = place(turn_number, Role::Assistant);
        self.lines.retain(|line| line.place() != forgotten);
    }

    /// Takes what one side said so far.
    pub fn transcribe(&mut self, transcript: &Transcript) {
        let line = self.line(transcript.turn_number, transcript.role);
        if line.cut_after_ms.is_some() {
            (line.text, line.unheard) = split_heard(&line.full_text(), &transcript.text);
        } else {
            line.text.clone_from(&transcript.text);
        }
        line.is_final = transcript.is_final;
        self.note_finished(transcript.turn_number, transcript.role);
    }

    /// Takes more of an answer's text. What comes after the answer was cut is unheard.
    pub fn append(&mut self, delta: &TextDelta) {
        let line = self.line(delta.turn_number, Role::Assistant);
        if line.cut_after_ms.is_some() {
            line.unheard.push_str(&delta.delta);
        } else if let Some(full_text) = &delta.full_text {
            line.text.clone_from(full_text);
        } else {
            line.text.push_str(&delta.delta);
        }
    }

    /// What the server says interrupted an answer. Of an answer that had not begun there is nothing to show.
    pub fn cut_by(&mut self, turn_number: u16, reason: InterruptReason) {
        if let Some(line) = self.begun_answer(turn_number) {
            line.cut_by = Some(reason);
        }
    }

    /// An answer is over: its text does not change any more.
    pub fn finish(&mut self, turn_number: u16, false_interruptions: u32) {
        let line = self.line(turn_number, Role::Assistant);
        line.is_final = true;
        line.false_interruptions = false_interruptions;
        self.note_finished(turn_number, Role::Assistant);
    }

    /// An answer was cut after `played_ms` of the `received_ms` that had arrived. The text is divided in proportion until
    /// the server, which knows better, says what was heard. Of an answer that had not begun there is nothing to show.
    pub fn cut(&mut self, turn_number: u16, played_ms: f64, received_ms: f64) {
        let Some(line) = self.begun_answer(turn_number) else {
            return;
        };
        line.cut_after_ms = Some(played_ms);
        line.is_final = true;
        if line.unheard.is_empty() {
            let heard_part = if received_ms > 0.0 {
                played_ms / received_ms
            } else {
                0.0
            };
            let (heard, unheard) = split_at(&line.text, heard_part);
            (line.text, line.unheard) = (heard, unheard);
        }
        self.note_finished(turn_number, Role::Assistant);
    }

    /// Takes what the server stored for a turn.
    pub fn settle(&mut self, turn: &rest::Turn) {
        if let Some(text) = &turn.user_transcript {
            let line = self.line(turn.turn_number, Role::User);
            line.text.clone_from(text);
            line.is_final = true;
            self.note_finished(turn.turn_number, Role::User);
        }
        if turn.ai_transcript.is_none() && turn.ai_unheard.is_none() {
            return;
        }
        let line = self.line(turn.turn_number, Role::Assistant);
        line.text = turn.ai_transcript.clone().unwrap_or_default();
        line.unheard = continued(&line.text, turn.ai_unheard.clone().unwrap_or_default());
        line.is_final = true;
        line.false_interruptions = turn.false_interruptions;
        if turn.interrupted {
            line.cut_by = turn.interrupt_reason.or(line.cut_by);
            line.cut_after_ms = turn.played_ms.map(to_f64).or(line.cut_after_ms).or(Some(0.0));
        }
        self.note_finished(turn.turn_number, Role::Assistant);
    }

    fn note_finished(&mut self, turn_number: u16, role: Role) {
        let line = self.line(turn_number, role);
        if line.is_final && !line.text.is_empty() && !line.was_finished {
            line.was_finished = true;
            self.last_finished = Some(line.clone());
        }
    }

    /// Whether the user has said something in a later turn.
    pub fn has_user_after(&self, turn_number: u16) -> bool {
        self.iter()
            .any(|line| line.role == Role::User && line.turn_number > turn_number)
    }

    /// The line of an answer, once it has begun.
    fn begun_answer(&mut self, turn_number: u16) -> Option<&mut Line> {
        let begun = place(turn_number, Role::Assistant);
        self.lines.iter_mut().find(|line| line.place() == begun)
    }

    fn line(&mut self, turn_number: u16, role: Role) -> &mut Line {
        let wanted = place(turn_number, role);
        let index = self.lines.partition_point(|line| line.place() < wanted);
        if self.lines.get(index).is_none_or(|line| line.place() != wanted) {
            self.lines.insert(index, Line::new(turn_number, role));
        }
        &mut self.lines[index]
    }
}

impl<'a> IntoIterator for &'a Lines {
    type Item = &'a Line;
    type IntoIter = std::slice::Iter<'a, Line>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The server stores both parts trimmed; between words of a language that has spaces one is due.
fn continued(heard: &str, unheard: String) -> String {
    let due = heard.ends_with(|end: char| end.is_ascii_graphic())
        && unheard.starts_with(|start: char| start.is_ascii_graphic());
    if due { format!(" {unheard}") } else { unheard }
}

/// Divides `full` after what was heard; when `heard` is not its beginning, `heard` is all that is known.
fn split_heard(full: &str, heard: &str) -> (String, String) {
    let unheard = full.strip_prefix(heard.trim_end()).unwrap_or_default();
    (heard.trim_end().to_owned(), unheard.to_owned())
}

/// Divides a text at a fraction of its characters, at the end of a word where it has words.
fn split_at(text: &str, fraction: f64) -> (String, String) {
    let length = text.chars().count();
    #[expect(clippy::cast_precision_loss, reason = "a text has fewer than 2^53 characters")]
    let wanted = length as f64 * fraction.clamp(0.0, 1.0);
    let mut end = 0;
    #[expect(clippy::cast_precision_loss, reason = "a text has fewer than 2^53 characters")]
    for (position, (index, character)) in text.char_indices().enumerate() {
        if position as f64 > wanted {
            break;
        }
        if character.is_whitespace() || !character.is_alphanumeric() || !character.is_ascii() {
            end = index;
        }
    }
    if fraction >= 1.0 {
        end = text.len();
    }
    (text[..end].to_owned(), text[end..].to_owned())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of audio stay far below 2^53"
)]
fn to_f64(ms: u64) -> f64 {
    ms as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(turn_number: u16, role: Role, text: &str, is_final: bool) -> Transcript {
        Transcript {
            turn_number,
            role,
            text: text.to_owned(),
            is_final,
            confidence: None,
        }
    }

    fn delta(turn_number: u16, text: &str) -> TextDelta {
        TextDelta {
            turn_number,
            delta: text.to_owned(),
            full_text: None,
        }
    }

    fn shown(lines: &Lines) -> Vec<(u16, &str, &str)> {
        lines
            .iter()
            .map(|line| (line.turn_number, line.text.as_str(), line.unheard.as_str()))
            .collect()
    }

    #[test]
    fn the_user_comes_first_even_when_the_words_come_late() {
        let mut lines = Lines::default();
        lines.append(&delta(1, "Good "));
        lines.append(&delta(1, "day."));
        lines.transcribe(&said(2, Role::User, "And", false));
        lines.transcribe(&said(1, Role::User, "Hello", true));
        assert_eq!(
            shown(&lines),
            [(1, "Hello", ""), (1, "Good day.", ""), (2, "And", "")]
        );
    }

    #[test]
    fn partial_text_is_replaced_until_it_is_final() {
        let mut lines = Lines::default();
        lines.transcribe(&said(1, Role::User, "tell me", false));
        assert!(!lines.iter().next().unwrap().is_final);
        lines.transcribe(&said(1, Role::User, "Tell me more.", true));
        assert_eq!(shown(&lines), [(1, "Tell me more.", "")]);
        assert!(lines.iter().next().unwrap().is_final);
    }

    #[test]
    fn a_line_is_finished_once_when_its_words_are_final() {
        let mut lines = Lines::default();
        let finished = |lines: &Lines| lines.last_finished().map(|line| line.text.clone());
        lines.transcribe(&said(1, Role::User, "Tell", false));
        assert_eq!(finished(&lines), None);
        lines.transcribe(&said(1, Role::User, "Tell me.", true));
        lines.append(&delta(1, "Once "));
        lines.begin(2);
        lines.finish(2, 0);
        assert_eq!(finished(&lines).as_deref(), Some("Tell me."));
        lines.finish(1, 0);
        assert_eq!(finished(&lines).as_deref(), Some("Once "));
        lines.transcribe(&said(1, Role::User, "Tell me.", true));
        assert_eq!(finished(&lines).as_deref(), Some("Once "));
        lines.cut(1, 0.0, 1_000.0);
        assert_eq!(finished(&lines).as_deref(), Some("Once "));
    }

    #[test]
    fn a_cut_answer_is_divided_at_a_word_in_proportion_to_what_was_played() {
        let mut lines = Lines::default();
        lines.append(&delta(1, "Once there was a green dragon"));
        lines.cut(1, 500.0, 1_000.0);
        assert_eq!(shown(&lines), [(1, "Once there was", " a green dragon")]);
        lines.append(&delta(1, " in a cave"));
        assert_eq!(
            shown(&lines),
            [(1, "Once there was", " a green dragon in a cave")]
        );
    }

    #[test]
    fn what_the_server_says_was_heard_wins() {
        let mut lines = Lines::default();
        lines.append(&delta(1, "Once there was a green dragon"));
        lines.cut(1, 900.0, 1_000.0);
        lines.transcribe(&said(1, Role::Assistant, "Once there", true));
        assert_eq!(shown(&lines), [(1, "Once there", " was a green dragon")]);
    }

    #[test]
    fn what_paused_and_what_cut_an_answer_is_kept_with_it() {
        let mut lines = Lines::default();
        lines.append(&delta(1, "Once "));
        lines.finish(1, 2);
        lines.append(&delta(2, "There "));
        lines.cut(2, 100.0, 200.0);
        lines.cut_by(2, InterruptReason::Speech);
        let known: Vec<_> = lines
            .iter()
            .map(|line| (line.false_interruptions, line.cut_by))
            .collect();
        assert_eq!(known, [(2, None), (0, Some(InterruptReason::Speech))]);
    }

    #[test]
    fn stored_parts_are_joined_as_the_language_does() {
        assert_eq!(continued("Once there", "was".to_owned()), " was");
        assert_eq!(continued("從前", "有一條龍".to_owned()), "有一條龍");
        assert_eq!(continued("", "was".to_owned()), "was");
    }

    #[test]
    fn chinese_is_divided_between_characters() {
        assert_eq!(
            split_at("從前有一條龍", 0.5),
            ("從前有".to_owned(), "一條龍".to_owned())
        );
    }

    #[test]
    fn nothing_or_everything_may_have_been_heard() {
        assert_eq!(
            split_at("Hello there", 0.0),
            (String::new(), "Hello there".to_owned())
        );
        assert_eq!(
            split_at("Hello there", 1.0),
            ("Hello there".to_owned(), String::new())
        );
        assert_eq!(split_at("", 0.5), (String::new(), String::new()));
    }

    #[test]
    fn an_answer_that_is_cut_before_it_begins_has_no_line() {
        let mut lines = Lines::default();
        lines.transcribe(&said(1, Role::User, "Tell me.", true));
        lines.cut_by(1, InterruptReason::Client);
        lines.cut(1, 0.0, 0.0);
        assert_eq!(lines.iter().count(), 1);
    }
}
