//! Brackets, destinations of links, tags and bare addresses.

use super::super::cutting::marks::is_wide;
use super::symbols::{Kind, kind};
use super::{Cleaner, Mode, Sound};

/// A longer destination or tag, in bytes, is none.
const LONGEST_HELD: usize = 2_048;

/// How a bare address begins, in small letters.
const SCHEMES: [&str; 3] = ["https://", "http://", "www."];

/// Tags that are known whatever stands before them, and whether they end a line.
const TAGS: &[(&str, bool)] = &[
    ("a", false),
    ("b", false),
    ("blockquote", true),
    ("br", true),
    ("code", false),
    ("del", false),
    ("details", true),
    ("div", true),
    ("em", false),
    ("font", false),
    ("h1", true),
    ("h2", true),
    ("h3", true),
    ("h4", true),
    ("h5", true),
    ("h6", true),
    ("hr", true),
    ("i", false),
    ("img", false),
    ("ins", false),
    ("kbd", false),
    ("li", true),
    ("mark", false),
    ("ol", true),
    ("p", true),
    ("pre", true),
    ("s", false),
    ("small", false),
    ("span", false),
    ("strong", false),
    ("sub", false),
    ("summary", true),
    ("sup", false),
    ("table", true),
    ("td", false),
    ("th", false),
    ("tr", true),
    ("u", false),
    ("ul", true),
];

/// Where the destination of a link, and the title that may follow it, stand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Destination {
    /// Parentheses that are open within it.
    depth: usize,
    /// A space came: only a title may follow.
    spaced: bool,
    /// The quote that closes the title.
    quote: Option<char>,
}

/// A bare address. What began it is held by the cleaner.
#[derive(Debug, Default)]
pub(super) struct Address {
    host: String,
    /// The host is complete.
    has_host: bool,
    /// Characters of the address, without the marks at its end.
    chars: usize,
    /// Marks that are part of the address only if more of it follows.
    tail: String,
    /// Parentheses that are open within it.
    depth: usize,
}

impl Cleaner {
    /// Takes the character behind an opening bracket.
    pub(super) fn bracket(&mut self, after_bullet: bool, c: char, sounds: &mut Vec<Sound>) {
        let before = self.previous;
        if after_bullet && (!self.held.is_empty() || matches!(c, ' ' | 'x' | 'X')) {
            return self.task_box(c, sounds);
        }
        self.previous = '[';
        if c == '^' {
            self.silent += 2;
            self.mode = Mode::Footnote;
            return;
        }
        if before.is_ascii_alphanumeric() {
            self.open_indexes += 1;
            self.say('[', sounds);
        } else {
            self.open_links += 1;
            self.silent += 1;
        }
        self.take(c, sounds);
    }

    /// Takes the inside of a box, its closing bracket, and what follows: a box has a space behind it, a link has not.
    fn task_box(&mut self, c: char, sounds: &mut Vec<Sound>) {
        match self.held.len() {
            1 if c != ']' => {}
            0 | 1 => {
                self.held.push(c);
                self.mode = Mode::Bracket { after_bullet: true };
                return;
            }
            _ if matches!(kind(c), Kind::Space | Kind::LineEnd) => {
                self.held.clear();
                self.silent += "[x]".len();
                self.mode = Mode::LineStart { after_bullet: false };
                return self.take(c, sounds);
            }
            _ => {}
        }
        self.open_links += 1;
        self.silent += 1;
        self.previous = '[';
        for c in std::mem::take(&mut self.held).chars().chain([c]) {
            self.take(c, sounds);
        }
    }

    pub(super) fn footnote(&mut self, c: char, sounds: &mut Vec<Sound>) {
        if kind(c) == Kind::LineEnd {
            return self.end_line(sounds);
        }
        self.silent += 1;
        if c == ']' {
            self.previous = ']';
            self.drop_closing(0, sounds);
        } else {
            self.mode = Mode::Footnote;
        }
    }

    pub(super) fn close_bracket(&mut self, sounds: &mut Vec<Sound>) {
        if self.open_indexes > 0 {
            self.open_indexes -= 1;
            self.say(']', sounds);
            self.previous = ']';
        } else if self.open_links > 0 {
            self.open_links -= 1;
            self.mode = Mode::LinkEnd;
        } else {
            self.drop_closing(1, sounds);
        }
    }

    pub(super) fn link_end(&mut self, c: char, sounds: &mut Vec<Sound>) {
        self.previous = ']';
        if c == '(' {
            self.mode = Mode::Destination(Destination::default());
        } else {
            self.drop_closing(1, sounds);
            self.take(c, sounds);
        }
    }

    pub(super) fn destination(&mut self, mut destination: Destination, c: char, sounds: &mut Vec<Sound>) {
        let Destination { depth, spaced, quote } = &mut destination;
        let is_space = kind(c) == Kind::Space;
        let is_possible = match c {
            _ if kind(c) == Kind::LineEnd || self.held.len() >= LONGEST_HELD => false,
            _ if quote.is_some() => {
                if *quote == Some(c) {
                    *quote = None;
                }
                true
            }
            ')' if *depth == 0 => {
                let chars = self.held.chars().count() + "](".len() + 1;
                self.held.clear();
                self.previous = ')';
                return self.drop_closing(chars, sounds);
            }
            '"' | '\'' if *spaced => {
                *quote = Some(c);
                true
            }
            _ if *spaced => is_space,
            '(' => {
                *depth += 1;
                true
            }
            ')' => {
                *depth -= 1;
                true
            }
            _ => {
                *spaced = is_space;
                true
            }
        };
        if is_possible {
            self.held.push(c);
            self.mode = Mode::Destination(destination);
        } else {
            self.drop_closing(1, sounds);
            self.plain('(', sounds);
            self.release(sounds);
            self.take(c, sounds);
        }
    }

    pub(super) fn tag(&mut self, c: char, sounds: &mut Vec<Sound>) {
        let begins = !self.held.is_empty() || c.is_ascii_alphabetic() || matches!(c, '/' | '!');
        let is_comment = self.held.starts_with("!--");
        let is_possible =
            begins && self.held.len() < LONGEST_HELD && kind(c) != Kind::LineEnd && (c != '<' || is_comment);
        if !is_possible || (c == '>' && !is_comment && !self.is_tag()) {
            self.plain('<', sounds);
            self.release(sounds);
            self.take(c, sounds);
        } else if c == '>' && (!is_comment || self.held.ends_with("--")) {
            let held = std::mem::take(&mut self.held);
            self.end_tag(&held, sounds);
        } else {
            self.held.push(c);
            self.mode = Mode::Tag;
        }
    }

    /// Whether what is held is a tag, or an address in angle brackets. After a letter only known tags are, because
    /// `Vec<u8>` is none.
    fn is_tag(&self) -> bool {
        let held = self.held.as_str();
        let name = tag_name(held);
        let rest = held.trim_start_matches(['/', '!'])[name.len()..]
            .trim_end_matches('/')
            .trim();
        let is_well_formed = rest.is_empty() || rest.contains('=') || held.starts_with('!');
        let is_known = known_tag(held).is_some() || held.starts_with('/') || !self.previous.is_alphanumeric();
        is_autolink(held) || (is_well_formed && is_known)
    }

    /// Says what is heard of a tag.
    fn end_tag(&mut self, held: &str, sounds: &mut Vec<Sound>) {
        let chars = held.chars().count() + "<>".len();
        if let Some(scheme) = scheme_of(held) {
            let mut address = Address {
                chars: scheme.len() + "<>".len(),
                ..Address::default()
            };
            held[scheme.len()..].chars().for_each(|c| address.push(c));
            scheme.clone_into(&mut self.held);
            self.end_address(&address, sounds);
        } else if is_autolink(held) {
            self.silent += "<>".len();
            held.chars().for_each(|c| self.plain(c, sounds));
        } else if known_tag(held) == Some(true) {
            self.silent += chars - 1;
            if self.in_table {
                self.pause('>');
            } else {
                self.end_line(sounds);
            }
        } else if held.starts_with('/') {
            self.drop_closing(chars, sounds);
            self.previous = '>';
        } else {
            self.silent += chars;
            self.previous = '>';
        }
    }

    pub(super) fn begins_address(&self, c: char) -> bool {
        matches!(c, 'h' | 'H' | 'w' | 'W') && !self.previous.is_ascii_alphanumeric()
    }

    pub(super) fn scheme(&mut self, c: char, sounds: &mut Vec<Sound>) {
        let begins = |scheme: &str| {
            scheme.len() > self.held.len()
                && scheme[..self.held.len()].eq_ignore_ascii_case(&self.held)
                && scheme[self.held.len()..].starts_with(c.to_ascii_lowercase())
        };
        let Some(scheme) = SCHEMES.into_iter().find(|scheme| begins(scheme)) else {
            self.release(sounds);
            return self.take(c, sounds);
        };
        self.held.push(c);
        self.mode = if self.held.len() == scheme.len() {
            Mode::Address(Address {
                chars: scheme.len(),
                ..Address::default()
            })
        } else {
            Mode::Scheme
        };
    }

    pub(super) fn address(&mut self, mut address: Address, c: char, sounds: &mut Vec<Sound>) {
        if !is_of_address(c) || (c == ')' && address.depth == 0) {
            self.end_address(&address, sounds);
            self.take(c, sounds);
            return;
        }
        if matches!(c, '.' | ',' | '!' | '?' | ';' | ':') {
            address.tail.push(c);
        } else {
            for c in std::mem::take(&mut address.tail).chars().chain([c]) {
                address.push(c);
            }
        }
        self.mode = Mode::Address(address);
    }

    fn end_address(&mut self, address: &Address, sounds: &mut Vec<Sound>) {
        let begin = std::mem::take(&mut self.held);
        let host = address.host.strip_prefix("www.").unwrap_or(&address.host);
        if host.is_empty() {
            self.silent += address.chars - begin.len();
            self.held = begin;
            self.release(sounds);
        } else {
            self.silent += address.chars - host.chars().count();
        }
        for c in host.chars().chain(address.tail.chars()) {
            self.plain(c, sounds);
        }
    }
}

impl Address {
    fn push(&mut self, c: char) {
        self.chars += 1;
        match c {
            '(' => self.depth += 1,
            ')' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        match c {
            _ if self.has_host => {}
            // What came was the name of a user.
            '@' => self.host.clear(),
            _ if c.is_alphanumeric() || matches!(c, '.' | '-') => self.host.push(c),
            _ => self.has_host = true,
        }
    }
}

fn is_of_address(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "-._~:/?#@!$&()+,;=%".contains(c)
    } else {
        c.is_alphabetic() && !is_wide(c)
    }
}

fn is_autolink(held: &str) -> bool {
    let is_address = scheme_of(held).is_some() || held.contains('@');
    is_address && held.chars().all(is_of_address)
}

fn scheme_of(held: &str) -> Option<&'static str> {
    SCHEMES.into_iter().find(|scheme| held.starts_with(scheme))
}

fn tag_name(held: &str) -> &str {
    let inside = held.trim_start_matches(['/', '!']);
    let end = inside
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(inside.len());
    &inside[..end]
}

/// Whether the tag ends a line, if it is in the table.
fn known_tag(held: &str) -> Option<bool> {
    let name = tag_name(held);
    TAGS.iter()
        .find(|(tag, _)| tag.eq_ignore_ascii_case(name))
        .map(|&(_, ends_line)| ends_line)
}
