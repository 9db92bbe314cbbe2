//! The strip chart: how loud both sides were over the last seconds.

use std::collections::VecDeque;

/// Length of the chart in columns.
pub const COLUMNS: usize = 300;
/// What one column stands for, in ms.
pub const COLUMN_MS: u16 = 40;

/// One column: the loudest of either side, as a position on the level meter (0 to 1).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Column {
    /// The user's microphone.
    pub user: f32,
    /// What was played of the AI.
    pub ai: f32,
}

/// The columns of the last seconds, the newest last.
#[derive(Debug, Clone, Default)]
pub struct Strip {
    columns: VecDeque<Column>,
    current: Column,
    filled_ms: u16,
    /// Columns ever completed: tells whether there is something new to draw.
    pub completed: u64,
}

impl Strip {
    /// Takes the user's level over the next `ms`; they drive the chart.
    pub fn push_user(&mut self, position: f32, ms: u16) {
        self.current.user = self.current.user.max(position);
        self.filled_ms += ms;
        if self.filled_ms < COLUMN_MS {
            return;
        }
        if self.columns.len() == COLUMNS {
            self.columns.pop_front();
        }
        self.columns.push_back(std::mem::take(&mut self.current));
        self.filled_ms = 0;
        self.completed += 1;
    }

    /// Takes the AI's level at this time.
    pub fn push_ai(&mut self, position: f32) {
        self.current.ai = self.current.ai.max(position);
    }

    /// The columns, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_shows_the_loudest_of_its_frames() {
        let mut strip = Strip::default();
        strip.push_user(0.2, 20);
        strip.push_ai(0.7);
        strip.push_user(0.1, 20);
        strip.push_user(0.0, 20);
        assert_eq!(
            strip.newest_first().collect::<Vec<_>>(),
            [&Column { user: 0.2, ai: 0.7 }]
        );
    }

    #[test]
    fn the_chart_keeps_its_length() {
        let mut strip = Strip::default();
        for _ in 0..COLUMNS + 10 {
            strip.push_user(0.5, COLUMN_MS);
        }
        assert_eq!(strip.newest_first().count(), COLUMNS);
        assert_eq!(strip.completed, 310);
    }
}
