//! What callers do is drawn from a seed; what comes of it depends on the clock as well.

use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};
use viva_audio::SampleRate;
use viva_protocol::ws::{
    CascadeConfig, ErrorCode, FallbackPolicy, Interaction, Mode, RealtimeConfig, StartSession, TurnDetection,
};

use crate::args::MIN_SPEECH_MS;

/// Rates of the callers' microphones.
pub(super) const RATES: [SampleRate; 2] = [SampleRate::HZ_16K, SampleRate::HZ_24K];
/// Silence that ends a turn, longer than any pause in what is said.
const SILENCE_MS: u32 = 700;
/// The shortest session that is not lost before, and the longest that does not last throughout.
const LENGTHS_S: (f64, f64) = (45.0, 600.0);
/// How long a connection holds, on average.
const CONNECTION_S: f64 = 200.0;
/// Pieces of 40 ms, and words, that a usual answer does not have. A fault after so many befalls a long one.
const PIECES: u32 = 190;
const WORDS: u32 = 24;
const ANSWERS: [&str; 9] = [
    "I heard you. I run on this machine alone, without a key.",
    "Try to interrupt me: start to talk while I speak, and I stop.",
    "Yes.",
    "It shows where the time of this turn went, and whose time it was.",
    "Your order left us on Tuesday and should be with you by tomorrow noon.",
    "I am afraid that I cannot tell.",
    "Choose another provider for the next session, and compare how long it takes.",
    "That is what many people ask me, and most of them like the answer.",
    "One moment, please.",
];
/// The one that faults befall.
const LONG_ANSWER: &str = "There is a lot to say about that so let me begin with what came first and go on with all that \
                           followed from it until we come to what is left of it today which is more than most of those would \
                           expect who have never looked at it for themselves.";

/// What goes wrong at the provider of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Nothing,
    /// One answer in ten fails.
    Fails,
    /// One answer in ten stops in the middle and never ends.
    Hangs,
    /// It is lost in the middle of an answer.
    Drops,
    /// It cannot be reached.
    Refuses,
}

/// What a session is to be like.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) mode: Mode,
    pub(super) rate: SampleRate,
    /// `None`: as long as everything.
    pub(super) length: Option<Duration>,
    pub(super) fault: Fault,
    pub(super) fallback: FallbackPolicy,
    /// Whether it ends without a word: the server waits for a client that does not come back.
    pub(super) vanishes: bool,
    /// Whether it is deleted when it is over.
    pub(super) is_deleted: bool,
    greeting: bool,
    /// Which of the texts of a cascade a fault of its speech-to-text befalls, and which answer is the long one.
    turn: u16,
    part: Part,
}

/// Where in a cascade a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Stt,
    Llm,
    Tts,
}

/// How an answer is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    Speech,
    Button,
}

/// How a connection gets lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It breaks, and another one takes its place after so long.
    Breaks(Duration),
    /// Another one takes its place while it still holds.
    IsReplaced,
}

impl Plan {
    /// What the next session of a caller is like. One that lasts throughout goes on whatever its provider does.
    pub(super) fn draw(random: &mut impl Rng, lasts: bool) -> Self {
        let (least, most) = LENGTHS_S;
        let length = least * (most / least).powf(random.random_range(0.0..1.0));
        let fault = match random.random_range(0..20) {
            0..8 => Fault::Nothing,
            14..16 => Fault::Hangs,
            16..19 if !lasts => Fault::Drops,
            19 if !lasts => Fault::Refuses,
            _ => Fault::Fails,
        };
        let choose = |random: &mut _, policies: &[FallbackPolicy]| policies.choose(random).copied();
        let policies = [FallbackPolicy::Ask, FallbackPolicy::Auto, FallbackPolicy::Off];
        Self {
            mode: if random.random() {
                Mode::Realtime
            } else {
                Mode::Cascade
            },
            rate: RATES.choose(random).copied().unwrap_or(SampleRate::HZ_16K),
            length: (!lasts).then(|| Duration::from_secs_f64(length)),
            fault,
            fallback: choose(random, &policies).unwrap_or_default(),
            vanishes: !lasts && random.random_ratio(1, 6),
            is_deleted: random.random_ratio(4, 5),
            greeting: random.random_ratio(1, 4),
            turn: random.random_range(1..=10),
            part: [Part::Stt, Part::Llm, Part::Tts]
                .choose(random)
                .copied()
                .unwrap_or(Part::Llm),
        }
    }

    /// The message that starts it.
    pub(super) fn start(&self) -> StartSession {
        let options = self.options().into_iter();
        let options = options.map(|(name, value)| (name.to_owned(), value)).collect();
        let interaction = match self.mode {
            Mode::Cascade => Interaction::Cascade(CascadeConfig {
                options,
                ..CascadeConfig::default()
            }),
            Mode::Realtime | Mode::Unknown => Interaction::Realtime(RealtimeConfig {
                options,
                ..RealtimeConfig::default()
            }),
        };
        let mut start = StartSession::new(&interaction);
        start.audio.input_rate = self.rate.hz();
        start.fallback = self.fallback;
        start.greeting = self.greeting;
        start.turn_detection = Some(TurnDetection {
            silence_ms: Some(SILENCE_MS),
            min_speech_ms: Some(MIN_SPEECH_MS),
            ..TurnDetection::default()
        });
        start
    }

    /// What its provider is told.
    fn options(&self) -> Vec<(&'static str, Value)> {
        let mut answers = ANSWERS.to_vec();
        answers.insert(usize::from(self.turn - 1).min(answers.len()), LONG_ANSWER);
        let is_cascade = self.mode == Mode::Cascade;
        let mut options = vec![(if is_cascade { "llm_answers" } else { "answers" }, json!(answers))];
        if !is_cascade {
            options.push(("jitter_ms", json!(400)));
        }
        let unavailable = json!("unavailable");
        options.extend(match (self.fault, is_cascade, self.part) {
            (Fault::Nothing, ..) => vec![],
            (Fault::Fails, false, _) => vec![("fail_after_chunks", json!(PIECES))],
            (Fault::Hangs, false, _) => vec![("hang_after_chunks", json!(PIECES))],
            (Fault::Drops, false, _) => vec![("drop_after_chunks", json!(PIECES))],
            (Fault::Refuses, false, _) => vec![("fail_connect", unavailable)],
            (Fault::Fails, true, Part::Stt) => self.of_stt("fail"),
            (Fault::Hangs, true, Part::Stt) => self.of_stt("hang"),
            (Fault::Drops, true, Part::Stt) => self.of_stt("drop"),
            (Fault::Fails, true, Part::Llm) => vec![("llm_fail_after_tokens", json!(WORDS))],
            (Fault::Hangs, true, Part::Llm) => vec![("llm_hang_after_tokens", json!(WORDS))],
            (Fault::Drops, true, Part::Llm) => vec![("llm_drop_after_tokens", json!(WORDS))],
            (Fault::Fails, true, Part::Tts) => vec![("tts_fail_after_chunks", json!(PIECES))],
            (Fault::Hangs, true, Part::Tts) => vec![("tts_hang_after_chunks", json!(PIECES))],
            (Fault::Drops, true, Part::Tts) => vec![("tts_drop_after_chunks", json!(PIECES))],
            (Fault::Refuses, true, Part::Stt) => vec![("stt_fail_connect", unavailable)],
            (Fault::Refuses, true, Part::Llm) => vec![("llm_fail_connect", unavailable)],
            (Fault::Refuses, true, Part::Tts) => vec![("tts_fail_connect", unavailable)],
        });
        options
    }

    fn of_stt(&self, fault: &str) -> Vec<(&'static str, Value)> {
        vec![("stt_fault", json!(fault)), ("stt_fail_turn", json!(self.turn))]
    }

    /// Whether the server may say so in this session.
    pub(super) fn expects(&self, code: ErrorCode) -> bool {
        self.fault != Fault::Nothing
            && matches!(
                code,
                ErrorCode::ProviderError | ErrorCode::ProviderUnavailable | ErrorCode::RateLimited
            )
    }

    /// Whether it may end by itself: when its provider is gone, and nothing takes its place.
    pub(super) fn may_fail(&self) -> bool {
        matches!(self.fault, Fault::Drops | Fault::Refuses)
            && (self.mode == Mode::Cascade || self.fallback == FallbackPolicy::Off)
    }
}

/// How long until the next word.
pub(super) fn pause(random: &mut impl Rng) -> Duration {
    Duration::from_millis(random.random_range(300..5_000))
}

/// What becomes of an answer that begins to be heard, and after how long; two in five are cut.
pub(super) fn cut(random: &mut impl Rng) -> Option<(Duration, Cut)> {
    let after = Duration::from_millis(random.random_range(50..3_000));
    match random.random_range(0..50) {
        0..17 => Some((after, Cut::Speech)),
        17..20 => Some((after, Cut::Button)),
        _ => None,
    }
}

/// How long a connection holds: as likely to break now as at any other time.
pub(super) fn until_loss(random: &mut impl Rng) -> Duration {
    let share: f64 = random.random_range(0.0..1.0);
    Duration::from_secs_f64(-(1.0 - share).ln() * CONNECTION_S)
}

/// What happens to a connection that does not hold. The client is back before the server gives it up.
pub(super) fn loss(random: &mut impl Rng) -> Loss {
    if random.random_ratio(1, 5) {
        Loss::IsReplaced
    } else {
        Loss::Breaks(Duration::from_millis(random.random_range(50..12_000)))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn plans(seed: u64, lasts: bool) -> Vec<Plan> {
        let mut random = StdRng::seed_from_u64(seed);
        (0..2_000).map(|_| Plan::draw(&mut random, lasts)).collect()
    }

    #[test]
    fn a_seed_makes_the_same_plans() {
        let described = |seed| format!("{:?}", plans(seed, false));
        assert_eq!(described(7), described(7));
        assert_ne!(described(7), described(8));
    }

    #[test]
    fn sessions_differ_in_everything() {
        let plans = plans(1, false);
        let share =
            |of: &dyn Fn(&Plan) -> bool| plans.iter().filter(|plan| of(plan)).count() as f64 / 2_000.0;
        for (name, share, expected) in [
            ("cascade", share(&|plan| plan.mode == Mode::Cascade), 0.5),
            ("nothing", share(&|plan| plan.fault == Fault::Nothing), 0.4),
            ("fails", share(&|plan| plan.fault == Fault::Fails), 0.3),
            ("hangs", share(&|plan| plan.fault == Fault::Hangs), 0.1),
            ("drops", share(&|plan| plan.fault == Fault::Drops), 0.15),
            ("refuses", share(&|plan| plan.fault == Fault::Refuses), 0.05),
            ("vanishes", share(&|plan| plan.vanishes), 1.0 / 6.0),
        ] {
            assert!((share - expected).abs() < 0.05, "{name}: {share}");
        }
        let lengths = plans.iter().filter_map(|plan| plan.length);
        assert!(
            lengths
                .clone()
                .all(|length| (45..=600).contains(&length.as_secs()))
        );
        assert_eq!(lengths.count(), 2_000);
    }

    #[test]
    fn a_session_that_lasts_has_no_fault_that_ends_it() {
        for plan in plans(2, true) {
            assert!(
                plan.length.is_none() && !plan.vanishes && !plan.may_fail(),
                "{plan:?}"
            );
        }
    }

    #[test]
    fn only_a_session_with_a_fault_expects_that_its_provider_fails() {
        for plan in plans(3, false) {
            let has_fault = plan.fault != Fault::Nothing;
            assert_eq!(plan.expects(ErrorCode::ProviderError), has_fault);
            assert!(!plan.expects(ErrorCode::InternalError) && !plan.expects(ErrorCode::InvalidAudio));
            let config = plan.start().config.to_string();
            let is_told = ["fail_", "hang_", "drop_", "fault"]
                .iter()
                .any(|name| config.contains(name));
            assert_eq!(is_told, has_fault, "{config}");
        }
    }

    #[test]
    fn connections_hold_as_long_as_they_should_on_average() {
        let mut random = StdRng::seed_from_u64(4);
        let sum: Duration = (0..4_000).map(|_| until_loss(&mut random)).sum();
        let average = sum.as_secs_f64() / 4_000.0;
        assert!((average - CONNECTION_S).abs() < CONNECTION_S / 10.0, "{average}");
    }
}
