//! What stands before the text of a line, and blocks of whole lines.

use super::symbols::{Kind, kind};
use super::{Cleaner, Mode, Sound};

/// A longer first line of a block of code is inline code that begins with three backticks.
const LONGEST_INFO: usize = 256;
/// Fewer are no block of code.
const FENCE: usize = 3;

impl Cleaner {
    pub(super) fn line_start(&mut self, after_bullet: bool, c: char, sounds: &mut Vec<Sound>) {
        let Some(mark) = self.held.chars().next() else {
            return self.line_mark(after_bullet, c, sounds);
        };
        let count = self.held.chars().count();
        let ends = kind(c) == Kind::LineEnd;
        match mark {
            _ if c == mark && (mark != '#' || count < 6) => {
                self.held.push(c);
                self.mode = Mode::LineStart { after_bullet };
            }
            '`' | '~' if count >= FENCE => {
                self.drop_held();
                self.mode = Mode::FenceInfo { mark, count };
                self.take(c, sounds);
            }
            '*' | '_' | '`' | '~' if !ends && (count > 1 || mark != '*' || !is_space(c)) => {
                self.held.clear();
                self.run(mark, count, c, sounds);
                self.take(c, sounds);
            }
            '-' if count > 1 && !ends && is_of_table_rule(c) => {
                self.held.push(c);
                self.mode = Mode::TableRule;
            }
            _ if ends || (is_space(c) && (mark == '#' || (count == 1 && mark != '='))) => {
                self.drop_held();
                self.mode = Mode::LineStart {
                    after_bullet: mark != '#',
                };
                self.take(c, sounds);
            }
            _ => {
                self.release(sounds);
                self.take(c, sounds);
            }
        }
    }

    /// Takes a character with nothing held before it on the line.
    fn line_mark(&mut self, after_bullet: bool, c: char, sounds: &mut Vec<Sound>) {
        match c {
            _ if is_space(c) => {
                self.space();
                self.mode = Mode::LineStart { after_bullet };
            }
            _ if kind(c) == Kind::Invisible => {
                self.silent += 1;
                self.mode = Mode::LineStart { after_bullet };
            }
            '>' | '•' | '‣' | '◦' | '▪' | '·' => {
                self.silent += 1;
                self.mode = Mode::LineStart {
                    after_bullet: c != '>',
                };
            }
            '#' | '-' | '*' | '+' | '=' | '_' | '`' | '~' | '–' | '—' => {
                self.held.push(c);
                self.mode = Mode::LineStart { after_bullet };
            }
            '|' => {
                self.in_table = true;
                self.held.push(c);
                self.mode = Mode::TableRule;
            }
            '[' => self.mode = Mode::Bracket { after_bullet },
            _ => self.text(c, sounds),
        }
    }

    pub(super) fn table_rule(&mut self, c: char, sounds: &mut Vec<Sound>) {
        if is_of_table_rule(c) {
            self.held.push(c);
            self.mode = Mode::TableRule;
        } else if kind(c) == Kind::LineEnd {
            self.drop_held();
            self.end_line(sounds);
        } else {
            for c in std::mem::take(&mut self.held).chars() {
                if c == '|' {
                    self.pause(c);
                } else {
                    self.plain(c, sounds);
                }
            }
            self.take(c, sounds);
        }
    }

    pub(super) fn fence_info(&mut self, mark: char, count: usize, c: char, sounds: &mut Vec<Sound>) {
        if kind(c) == Kind::LineEnd {
            self.drop_held();
            self.silent += 1;
            self.mode = Mode::Fence {
                mark,
                count,
                closing: 0,
                text: false,
            };
        } else if mark == '`' && (c == '`' || self.held.len() >= LONGEST_INFO) {
            self.release(sounds);
            self.mode = Mode::Code {
                ticks: count,
                closing: 0,
            };
            self.take(c, sounds);
        } else {
            if mark == '`' {
                self.held.push(c);
            } else {
                self.silent += 1;
            }
            self.mode = Mode::FenceInfo { mark, count };
        }
    }

    pub(super) fn fence(&mut self, mark: char, count: usize, closing: usize, text: bool, c: char) {
        self.silent += 1;
        self.mode = if kind(c) == Kind::LineEnd {
            if closing >= count && !text {
                Mode::LineStart { after_bullet: false }
            } else {
                Mode::Fence {
                    mark,
                    count,
                    closing: 0,
                    text: false,
                }
            }
        } else if c == mark {
            Mode::Fence {
                mark,
                count,
                closing: closing + 1,
                text,
            }
        } else {
            // Space may surround the marks; a block of code within a quotation has the mark of the quotation first.
            let text = text || !(is_space(c) || (c == '>' && closing == 0) || kind(c) == Kind::Invisible);
            Mode::Fence {
                mark,
                count,
                closing,
                text,
            }
        };
    }

    fn drop_held(&mut self) {
        self.silent += self.held.chars().count();
        self.held.clear();
    }
}

fn is_space(c: char) -> bool {
    kind(c) == Kind::Space
}

fn is_of_table_rule(c: char) -> bool {
    matches!(c, '|' | '-' | ':' | ' ' | '\t')
}
