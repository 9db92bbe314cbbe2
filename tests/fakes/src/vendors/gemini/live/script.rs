use std::time::Duration;

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct LiveScript {
    /// The only key that it takes; `None` is a compatible server that asks for none.
    pub api_key: Option<String>,
    /// The first handshakes are refused, one each.
    pub refusals: Vec<LiveRefusal>,
    /// What the first setups are answered by closing with, one each; `None` is taken.
    pub setup_closes: Vec<Option<(u16, String)>>,
    /// From the end of the user's turn, or the order to speak, to the first word.
    pub thinking: Duration,
    /// Between two pieces of an answer.
    pub pace: Duration,
    /// From `generationComplete` to `turnComplete`.
    pub playback: Duration,
    /// What it says when it is told to begin.
    pub greeting: LiveAnswer,
    /// What it answers, in turns, however many connections they come over.
    pub answers: Vec<LiveAnswer>,
    /// Whether it speaks of an answer that was stopped before its first word.
    pub ends_unspoken: bool,
    /// Whether it says when the user begins and stops, where it listens: the real one's messages have room for that, and
    /// nobody promises that it does.
    pub tells_activity: bool,
}

/// A refused handshake.
#[derive(Debug, Clone)]
pub struct LiveRefusal {
    /// HTTP status.
    pub code: u16,
    /// The vendor's name of it, such as `RESOURCE_EXHAUSTED`.
    pub status: &'static str,
    /// For people.
    pub message: String,
    /// The header of this name, in seconds.
    pub retry_after: Option<u64>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct LiveAnswer {
    /// What it understood; none when it is empty.
    pub transcript: String,
    /// What it says; with the audio in as many pieces as words.
    pub text: String,
    /// PCM16 at 24 kHz; silent when it is empty.
    pub audio: Vec<i16>,
    /// What goes wrong.
    pub fault: Option<LiveFault>,
}

/// What goes wrong in an answer.
#[derive(Debug, Clone)]
pub enum LiveFault {
    /// The connection is closed after so many pieces.
    Close {
        /// Pieces before it.
        after: usize,
        /// Close code.
        code: u16,
        /// Its reason.
        reason: String,
    },
    /// The connection breaks off after so many pieces.
    Cut {
        /// Pieces before it.
        after: usize,
    },
    /// Nothing follows after so many pieces.
    Hang {
        /// Pieces before it.
        after: usize,
    },
    /// The turn ends with this reason and without a word.
    Reason(&'static str),
}

impl LiveFault {
    pub(super) fn after(&self) -> usize {
        match self {
            Self::Close { after, .. } | Self::Cut { after } | Self::Hang { after } => *after,
            Self::Reason(_) => 0,
        }
    }
}

impl LiveAnswer {
    /// An answer with 100 ms of a tone per word.
    pub fn saying(text: &str, transcript: &str) -> Self {
        let words = text.split_whitespace().count();
        let tone = (0..2_400 * words).map(|at| if at / 60 % 2 == 0 { 6_000 } else { -6_000 });
        Self {
            transcript: transcript.to_owned(),
            text: text.to_owned(),
            audio: tone.collect(),
            fault: None,
        }
    }

    /// The same, going wrong.
    pub fn with(self, fault: LiveFault) -> Self {
        Self {
            fault: Some(fault),
            ..self
        }
    }
}

impl Default for LiveScript {
    fn default() -> Self {
        Self {
            api_key: Some("live-key".to_owned()),
            refusals: Vec::new(),
            setup_closes: Vec::new(),
            thinking: Duration::from_millis(300),
            pace: Duration::ZERO,
            playback: Duration::ZERO,
            greeting: LiveAnswer::saying("Hello, how are you?", ""),
            answers: vec![
                LiveAnswer::saying("It is noon.", "What time is it?"),
                LiveAnswer::saying("You are welcome.", "Thank you."),
            ],
            ends_unspoken: false,
            tells_activity: false,
        }
    }
}
