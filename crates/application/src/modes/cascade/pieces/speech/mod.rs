//! Makes speech of Markdown, one character at a time.
//!
//! What is said:
//! - emphasis, headings, bullets, block quotes, rules and HTML tags: their text without the marks; the number of a
//!   numbered list is spoken;
//! - `[text](address)` and images: the text; a bare address: its host, without "www.";
//! - inline code: its text as it is; a block of code: nothing;
//! - tables: the cells with commas between them; arrows: a comma;
//! - footnote marks, boxes of task lists, emoji and what cannot be seen: nothing.
//!
//! A mark is dropped or kept once the next character is known. Text is held back only while it may be an address, a
//! tag or the destination of a link, up to a bound; it is read again as plain text when it is none.

mod lines;
mod links;
mod symbols;

use links::{Address, Destination};
use symbols::{Kind, kind};

use super::cutting::marks::{is_clause_mark, is_closer, is_terminator, is_wide};

/// What is to be heard of the text, in order. Each says how many characters of the text it covers; together they cover
/// all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sound {
    /// A character that is spoken.
    Char { c: char, chars: usize },
    /// Space within a line.
    Space { chars: usize },
    /// The end of a line.
    Break { chars: usize },
    /// Not spoken; belongs to what came before.
    Silent { chars: usize },
}

/// Takes Markdown and says what is to be heard of it.
#[derive(Debug)]
pub(super) struct Cleaner {
    mode: Mode,
    /// Characters whose meaning is still open, without the mark that opened the mode.
    held: String,
    /// Removed characters that the next sound will cover.
    silent: usize,
    /// Characters of the space that comes before the next sound; 0 for no space.
    space: usize,
    /// An emoji is part of that space.
    space_has_picture: bool,
    /// A pause comes before the next sound.
    pause: bool,
    /// The last character of the text whose meaning is known; a line end at the beginning.
    previous: char,
    /// The last spoken character of this line.
    spoken: Option<char>,
    /// Marks of emphasis that are open: stars and underscores.
    open_marks: usize,
    /// Brackets that are open: those that are dropped, and those of an index, as in `list[0]`.
    open_links: usize,
    open_indexes: usize,
    in_table: bool,
}

/// What the next character is part of.
#[derive(Debug)]
enum Mode {
    /// The marks before the text of a line; what is held may be one of them.
    LineStart {
        after_bullet: bool,
    },
    /// The row below the head of a table, or a row like any other.
    TableRule,
    Text,
    /// A run of marks of which so many came.
    Run {
        mark: char,
        count: usize,
    },
    /// Behind a backslash.
    Escape,
    /// Behind an exclamation mark.
    Exclamation,
    /// Behind an opening bracket.
    Bracket {
        after_bullet: bool,
    },
    /// Within the brackets of a footnote.
    Footnote,
    /// Behind the closing bracket of what may be a link.
    LinkEnd,
    Destination(Destination),
    /// Behind a less-than sign.
    Tag,
    /// What may be the beginning of an address.
    Scheme,
    Address(Address),
    /// Inline code, opened by so many backticks; `closing` came since.
    Code {
        ticks: usize,
        closing: usize,
    },
    /// The line that opens a block of code.
    FenceInfo {
        mark: char,
        count: usize,
    },
    /// A block of code; `closing` marks came on this line, or there is `text` on it.
    Fence {
        mark: char,
        count: usize,
        closing: usize,
        text: bool,
    },
}

impl Cleaner {
    pub(super) fn new() -> Self {
        Self {
            mode: Mode::LineStart { after_bullet: false },
            held: String::new(),
            silent: 0,
            space: 0,
            space_has_picture: false,
            pause: false,
            previous: '\n',
            spoken: None,
            open_marks: 0,
            open_links: 0,
            open_indexes: 0,
            in_table: false,
        }
    }

    /// Takes the next character; adds what is heard of the text so far.
    pub(super) fn take(&mut self, c: char, sounds: &mut Vec<Sound>) {
        match std::mem::replace(&mut self.mode, Mode::Text) {
            Mode::LineStart { after_bullet } => self.line_start(after_bullet, c, sounds),
            Mode::TableRule => self.table_rule(c, sounds),
            Mode::Text => self.text(c, sounds),
            Mode::Run { mark, count } if c == mark => {
                self.mode = Mode::Run {
                    mark,
                    count: count + 1,
                }
            }
            Mode::Run { mark, count } => {
                self.run(mark, count, c, sounds);
                self.take(c, sounds);
            }
            Mode::Escape => self.escaped(c, sounds),
            Mode::Exclamation => self.exclaimed(c, sounds),
            Mode::Bracket { after_bullet } => self.bracket(after_bullet, c, sounds),
            Mode::Footnote => self.footnote(c, sounds),
            Mode::LinkEnd => self.link_end(c, sounds),
            Mode::Destination(destination) => self.destination(destination, c, sounds),
            Mode::Tag => self.tag(c, sounds),
            Mode::Scheme => self.scheme(c, sounds),
            Mode::Address(address) => self.address(address, c, sounds),
            Mode::Code { ticks, closing } => self.code(ticks, closing, c, sounds),
            Mode::FenceInfo { mark, count } => self.fence_info(mark, count, c, sounds),
            Mode::Fence {
                mark,
                count,
                closing,
                text,
            } => self.fence(mark, count, closing, text, c),
        }
    }

    /// Ends the text: what is held becomes what it would be at the end of a line.
    pub(super) fn finish(&mut self, sounds: &mut Vec<Sound>) {
        self.take('\n', sounds);
        let chars = match sounds.last() {
            Some(&Sound::Break { chars }) => {
                sounds.pop();
                chars
            }
            // A block of code is open.
            _ => self.space + self.silent,
        };
        sounds.push(Sound::Silent { chars: chars - 1 });
    }

    fn text(&mut self, c: char, sounds: &mut Vec<Sound>) {
        match c {
            '*' | '_' | '~' | '`' => self.mode = Mode::Run { mark: c, count: 1 },
            '\\' => self.mode = Mode::Escape,
            '!' if !self.previous.is_alphanumeric() => self.mode = Mode::Exclamation,
            '[' => self.mode = Mode::Bracket { after_bullet: false },
            ']' => self.close_bracket(sounds),
            '<' => self.mode = Mode::Tag,
            '|' if self.in_table || self.previous == ' ' => self.pause(c),
            _ if self.begins_address(c) => {
                self.held.push(c);
                self.mode = Mode::Scheme;
            }
            _ => self.plain(c, sounds),
        }
    }

    /// Takes a character that is no markup.
    fn plain(&mut self, c: char, sounds: &mut Vec<Sound>) {
        match kind(c) {
            Kind::LineEnd => return self.end_line(sounds),
            Kind::Space => self.space(),
            Kind::Picture => {
                self.space();
                self.space_has_picture = true;
            }
            Kind::Pause => return self.pause(c),
            Kind::Invisible => self.silent += 1,
            // Joins emoji; in some scripts it joins letters.
            Kind::Spoken if c == '\u{200D}' && kind(self.previous) != Kind::Spoken => {
                self.silent += 1;
                return;
            }
            Kind::Spoken => self.say(c, sounds),
        }
        self.previous = if kind(c) == Kind::Space { ' ' } else { c };
    }

    /// Takes what was held as plain text.
    fn release(&mut self, sounds: &mut Vec<Sound>) {
        let held = std::mem::take(&mut self.held);
        for c in held.chars() {
            self.plain(c, sounds);
        }
    }

    fn say(&mut self, c: char, sounds: &mut Vec<Sound>) {
        let closes = is_terminator(c) || is_clause_mark(c) || is_closer(c);
        if self.pause
            && !closes
            && let Some(last) = self.spoken
            && !is_terminator(last)
            && !is_clause_mark(last)
        {
            sounds.push(Sound::Char {
                c: if is_wide(last) { '，' } else { ',' },
                chars: 0,
            });
        }
        let chars = std::mem::take(&mut self.space);
        if closes && self.space_has_picture {
            sounds.push(Sound::Silent { chars });
        } else if chars > 0 {
            sounds.push(Sound::Space { chars });
        }
        self.pause = false;
        self.space_has_picture = false;
        self.spoken = Some(c);
        sounds.push(Sound::Char {
            c,
            chars: self.silent + 1,
        });
        self.silent = 0;
    }

    fn space(&mut self) {
        self.space += std::mem::take(&mut self.silent) + 1;
    }

    fn pause(&mut self, c: char) {
        self.space();
        self.pause = true;
        self.previous = c;
    }

    /// Drops characters that close what came before.
    fn drop_closing(&mut self, chars: usize, sounds: &mut Vec<Sound>) {
        if self.space == 0 {
            let chars = std::mem::take(&mut self.silent) + chars;
            sounds.push(Sound::Silent { chars });
        } else {
            self.silent += chars;
        }
    }

    fn end_line(&mut self, sounds: &mut Vec<Sound>) {
        sounds.push(Sound::Break {
            chars: self.space + self.silent + 1,
        });
        *self = Self::new();
    }

    /// Decides about a run of marks of emphasis, strikethrough or code, now that it is known what follows.
    fn run(&mut self, mark: char, count: usize, next: char, sounds: &mut Vec<Sound>) {
        let before = std::mem::replace(&mut self.previous, mark);
        if mark == '`' {
            self.silent += count;
            self.mode = Mode::Code {
                ticks: count,
                closing: 0,
            };
        } else if self.is_literal(mark, count, before, next) {
            for _ in 0..count {
                self.say(mark, sounds);
            }
        } else if !before.is_whitespace() && (self.open_marks > 0 || next.is_whitespace()) {
            self.open_marks = self.open_marks.saturating_sub(count);
            self.drop_closing(count, sounds);
        } else {
            self.open_marks += count;
            self.silent += count;
        }
    }

    /// Whether marks are what they look like: in "2 * 3", `2**3`, `snake_case`, "~5".
    fn is_literal(&self, mark: char, count: usize, before: char, next: char) -> bool {
        if count == 1 && before.is_whitespace() && next.is_whitespace() {
            return true;
        }
        match mark {
            '*' if count == 1 => {
                self.open_marks == 0 && before.is_ascii_alphanumeric() && next.is_ascii_alphanumeric()
            }
            '*' => before.is_ascii_digit() && next.is_ascii_digit(),
            '_' => before.is_alphanumeric() && next.is_alphanumeric(),
            _ => count == 1,
        }
    }

    fn escaped(&mut self, c: char, sounds: &mut Vec<Sound>) {
        if c.is_ascii_punctuation() {
            self.silent += 1;
            self.say(c, sounds);
            self.previous = c;
        } else {
            if kind(c) == Kind::LineEnd {
                self.silent += 1;
            } else {
                self.say('\\', sounds);
                self.previous = '\\';
            }
            self.take(c, sounds);
        }
    }

    fn exclaimed(&mut self, c: char, sounds: &mut Vec<Sound>) {
        if c == '[' {
            self.silent += 1;
        } else {
            self.say('!', sounds);
        }
        self.previous = '!';
        self.take(c, sounds);
    }

    fn code(&mut self, ticks: usize, closing: usize, c: char, sounds: &mut Vec<Sound>) {
        if c == '`' {
            self.mode = Mode::Code {
                ticks,
                closing: closing + 1,
            };
        } else if closing == ticks {
            self.drop_closing(closing, sounds);
            self.previous = '`';
            self.take(c, sounds);
        } else {
            self.silent += closing;
            self.mode = Mode::Code { ticks, closing: 0 };
            self.plain(c, sounds);
        }
    }
}
