//! Scripts: what a vendor says and what the session does, a line each.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use viva_domain::ports::{Heard, RealtimeCommand};
use viva_domain::turns::Generation;

/// More steps find nothing that fewer do not.
const MOST_STEPS: usize = 100;
/// As long as the names that we make up for turns and texts.
const NAME: usize = 32;

/// Stands in a script for the name that we made up last.
const LAST_NAME: &str = "$NAME";
/// Stands for the end of a line within a message.
const END_OF_LINE: &str = "$EOL";

/// The lines of a script.
pub(in crate::providers) fn steps(script: &[u8]) -> Vec<String> {
    let lines = script.split(|byte| *byte == b'\n').take(MOST_STEPS);
    lines
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect()
}

/// Names that we make up by chance and a vendor repeats.
#[derive(Default)]
pub(in crate::providers) struct Names(String);

impl Names {
    /// Takes note of a name in what is sent.
    pub(in crate::providers) fn learn(&mut self, sent: &str) {
        let is_of_name = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let name = sent
            .as_bytes()
            .split(|byte| !is_of_name(byte))
            .find(|run| run.len() == NAME);
        if let Some(name) = name {
            self.0 = String::from_utf8_lossy(name).into_owned();
        }
    }

    /// What a vendor says.
    pub(in crate::providers) fn fill<'a>(&self, line: &'a str) -> Cow<'a, str> {
        if line.contains('$') {
            return line
                .replace(LAST_NAME, &self.0)
                .replace(END_OF_LINE, "\r\n")
                .into();
        }
        line.into()
    }
}

/// What the session orders of a voice, as `interrupt 300 5 1`: of what is said 300 ms and 5 characters were heard, when all but one
/// of the events were taken.
pub(in crate::providers) fn command(
    line: &str,
    generation: &mut Generation,
    told: u64,
) -> Option<RealtimeCommand> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
    let mut next = || {
        *generation = generation.next();
        *generation
    };
    let mut heard = || {
        Some(Heard {
            audio: Duration::from_millis(number()?),
            chars: usize::try_from(number()?).ok()?,
        })
    };
    Some(match name {
        "audio" => RealtimeCommand::Audio(Arc::from([1; 480])),
        "began" => RealtimeCommand::SpeechBegan {
            ago: Duration::from_millis(number()?),
        },
        "end" => RealtimeCommand::EndTurn,
        "commit" => RealtimeCommand::Commit(next()),
        "greet" => RealtimeCommand::Greet(next()),
        "interrupt" => RealtimeCommand::Interrupt {
            generation: next(),
            heard: heard(),
            taken: told.saturating_sub(number().unwrap_or_default()),
        },
        "before" => RealtimeCommand::CutBefore(heard()?),
        "heard" => RealtimeCommand::Heard(heard()?),
        _ => return None,
    })
}
