//! From text to sounds: which consonants and vowels, how long, how high.

/// One sound, as targets that the voice glides to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Phone {
    /// Length in frames of 5 ms.
    pub(super) frames: u16,
    /// Resonances of the mouth in Hz.
    pub(super) formants: [f32; 3],
    /// Loudness of the voice, 0 to 1.
    pub(super) voice: f32,
    /// Loudness of the noise, 0 to 1.
    pub(super) noise: f32,
    /// Centre of the noise in Hz.
    pub(super) noise_hz: f32,
    /// Pitch at the beginning and at the end, as a factor of the speaker's own.
    pub(super) pitch: [f32; 2],
}

/// Formants of a man's vowels (Peterson and Barney, "Control methods used in a study of the vowels", 1952).
const VOWELS: [[f32; 3]; 5] = [
    [730.0, 1_090.0, 2_440.0],
    [530.0, 1_840.0, 2_480.0],
    [270.0, 2_290.0, 3_010.0],
    [570.0, 840.0, 2_410.0],
    [300.0, 870.0, 2_240.0],
];

const VOWEL_FRAMES: u16 = 24;
const COMMA_FRAMES: u16 = 36;
const STOP_FRAMES: u16 = 64;

/// Tones of syllables that stand for themselves, as in Mandarin: high, rising, low, falling.
const TONES: [[f32; 2]; 4] = [[1.15, 1.15], [0.9, 1.2], [0.9, 0.8], [1.25, 0.8]];

impl Phone {
    pub(super) const SILENCE: Self = Self {
        frames: 1,
        formants: [500.0, 1_500.0, 2_500.0],
        voice: 0.0,
        noise: 0.0,
        noise_hz: 2_000.0,
        pitch: [1.0, 1.0],
    };

    fn silence(frames: u16) -> Self {
        Self {
            frames,
            ..Self::SILENCE
        }
    }

    fn vowel(formants: [f32; 3], frames: u16) -> Self {
        Self {
            frames,
            formants,
            voice: 1.0,
            ..Self::SILENCE
        }
    }

    fn noise(noise_hz: f32, noise: f32, frames: u16) -> Self {
        Self {
            frames,
            noise,
            noise_hz,
            ..Self::SILENCE
        }
    }

    fn hum(formants: [f32; 3], frames: u16) -> Self {
        Self {
            voice: 0.5,
            ..Self::vowel(formants, frames)
        }
    }
}

/// The sounds of a text; empty when it holds nothing to pronounce.
pub(super) fn phones(text: &str) -> Vec<Phone> {
    let mut speech = Vec::new();
    let mut phrase = Phrase::default();
    for c in text.chars() {
        match Mark::of(c) {
            None => phrase.push(c),
            Some(mark) => {
                if phrase.end(mark, &mut speech) {
                    speech.push(Phone::silence(mark.frames()));
                }
            }
        }
    }
    phrase.end(Mark::Stop, &mut speech);
    while speech
        .last()
        .is_some_and(|phone| phone.voice + phone.noise == 0.0)
    {
        speech.pop();
    }
    speech
}

/// Punctuation that is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Comma,
    Stop,
    Question,
}

impl Mark {
    fn of(c: char) -> Option<Self> {
        match c {
            ',' | ';' | ':' | '、' | '\u{ff0c}' | '\u{ff1b}' | '\u{ff1a}' | '،' | '—' | '–' | '(' | ')' => {
                Some(Self::Comma)
            }
            '.' | '!' | '。' | '\u{ff01}' | '…' | '।' | '\n' => Some(Self::Stop),
            '?' | '\u{ff1f}' | '؟' => Some(Self::Question),
            _ => None,
        }
    }

    fn frames(self) -> u16 {
        match self {
            Self::Comma => COMMA_FRAMES,
            Self::Stop | Self::Question => STOP_FRAMES,
        }
    }
}

/// The sounds between two marks.
#[derive(Debug, Default)]
struct Phrase {
    phones: Vec<Phone>,
    /// The letter before, within a word.
    before: Option<char>,
}

impl Phrase {
    fn push(&mut self, c: char) {
        let letter = plain(c);
        match letter {
            // Brackets, also those between the Chinese characters, are not heard.
            _ if !c.is_alphanumeric() => {
                self.before = None;
                return;
            }
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' => self.vowel(letter),
            'b'..='z' => self.consonant(letter),
            '0'..='9' => self.syllable(c, 60),
            // Kana have one short beat each, Hangul and Chinese characters are whole syllables.
            '\u{3041}'..='\u{30ff}' => self.syllable(c, 26),
            '\u{ac00}'..='\u{d7a3}' => self.syllable(c, 38),
            '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => {
                self.syllable(c, 41);
            }
            _ => self.foreign(c),
        }
        self.before = Some(letter);
    }

    /// A run of vowels is one syllable: `oo`, `ea`.
    fn vowel(&mut self, letter: char) {
        let formants = vowel_of(letter);
        if self.before.is_some_and(|before| "aeiou".contains(before)) {
            self.phones.push(Phone::vowel(formants, VOWEL_FRAMES / 3));
        } else {
            self.phones.push(Phone::vowel(formants, VOWEL_FRAMES));
        }
    }

    fn consonant(&mut self, letter: char) {
        let before = self.before.unwrap_or(' ');
        // `tt` is one sound, and so are `th`, `sh`, `ch`, `ph`, `wh`, `ck`.
        if before == letter
            || (letter == 'h' && "tscpwg".contains(before))
            || (letter == 'k' && before == 'c')
        {
            return;
        }
        match letter {
            'p' | 'b' => self.plosive(900.0),
            't' | 'd' => self.plosive(3_800.0),
            'k' | 'g' | 'c' | 'q' | 'x' => self.plosive(2_000.0),
            's' | 'z' => self.phones.push(Phone::noise(5_500.0, 0.5, 17)),
            'j' => self.phones.push(Phone::noise(3_000.0, 0.5, 15)),
            'f' | 'v' => self.phones.push(Phone::noise(7_000.0, 0.3, 15)),
            'h' => self.phones.push(Phone::noise(1_500.0, 0.25, 11)),
            'm' | 'n' => self.phones.push(Phone::hum([270.0, 1_100.0, 2_200.0], 13)),
            'r' => self.phones.push(Phone::hum([420.0, 1_300.0, 1_600.0], 12)),
            'w' => self.phones.push(Phone::hum([300.0, 700.0, 2_200.0], 12)),
            _ => self.phones.push(Phone::hum([360.0, 1_200.0, 2_700.0], 12)),
        }
    }

    /// A closed mouth, then a burst.
    fn plosive(&mut self, burst_hz: f32) {
        self.phones.push(Phone::silence(8));
        self.phones.push(Phone::noise(burst_hz, 0.6, 4));
    }

    /// A whole syllable of `frames` that stands for `c`: the character decides how it sounds.
    fn syllable(&mut self, c: char, frames: u16) {
        let code = scatter(c);
        let first = self.phones.len();
        self.consonant(char::from(b"bdghlmnstzjr"[code % 12]));
        let consonant: u16 = self.phones[first..].iter().map(|phone| phone.frames).sum();
        // Two halves, so that the vowel moves like a diphthong.
        let vowel = frames.saturating_sub(consonant).max(4);
        for (formants, frames) in [
            (VOWELS[code / 12 % 5], vowel - vowel / 2),
            (VOWELS[code / 60 % 5], vowel / 2),
        ] {
            self.phones.push(Phone::vowel(formants, frames));
        }
        let [from, to] = TONES[code / 300 % 4];
        let middle = f32::midpoint(from, to);
        let last = self.phones.len() - 1;
        self.phones[last - 1].pitch = [from, middle];
        self.phones[last].pitch = [middle, to];
    }

    /// A letter of an alphabet that is not Latin: consonants and vowels take turns.
    fn foreign(&mut self, c: char) {
        let code = scatter(c);
        if self.phones.last().is_some_and(|phone| phone.voice < 1.0) {
            self.phones.push(Phone::vowel(VOWELS[code % 5], VOWEL_FRAMES));
        } else {
            self.consonant(char::from(b"bdghlmnstzjr"[code % 12]));
        }
    }

    /// Gives the phrase its melody and moves it to `speech`. Answers whether there was anything.
    fn end(&mut self, mark: Mark, speech: &mut Vec<Phone>) -> bool {
        let total: f32 = self.phones.iter().map(|phone| f32::from(phone.frames)).sum();
        let mut start = 0.0;
        for phone in &mut self.phones {
            let end = start + f32::from(phone.frames);
            phone.pitch[0] *= mark.melody(start / total);
            phone.pitch[1] *= mark.melody(end / total);
            start = end;
        }
        speech.append(&mut self.phones);
        self.before = None;
        total > 0.0
    }
}

impl Mark {
    /// Pitch at `position`, 0 to 1, in the phrase that this mark ends: sinks, except that questions end high.
    fn melody(self, position: f32) -> f32 {
        match self {
            Self::Comma => 1.12 - 0.15 * position,
            Self::Stop => 1.12 - 0.3 * position,
            Self::Question => {
                1.08 - 0.15 * position
                    + if position > 0.75 {
                        1.6 * (position - 0.75)
                    } else {
                        0.0
                    }
            }
        }
    }
}

/// The plain lower-case letter under an accent; other characters as they are.
fn plain(c: char) -> char {
    match c.to_lowercase().next().unwrap_or(c) {
        'à'..='å' | 'æ' => 'a',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ò'..='ö' | 'ø' | 'œ' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'ñ' => 'n',
        'ç' => 'c',
        'ß' => 's',
        lower => lower,
    }
}

fn vowel_of(letter: char) -> [f32; 3] {
    match letter {
        'a' => VOWELS[0],
        'e' => VOWELS[1],
        'o' => VOWELS[3],
        'u' => VOWELS[4],
        _ => VOWELS[2],
    }
}

/// A number that differs between neighbouring characters.
fn scatter(c: char) -> usize {
    ((c as u32).wrapping_mul(2_654_435_761) >> 16) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(text: &str) -> u16 {
        phones(text).iter().map(|phone| phone.frames).sum()
    }

    #[test]
    fn doubled_and_paired_consonants_are_one_sound() {
        assert_eq!(phones("atta"), phones("ata"));
        assert_eq!(phones("this"), phones("tis"));
    }

    #[test]
    fn accents_and_capitals_do_not_matter() {
        assert_eq!(phones("ÉLAN"), phones("elan"));
    }

    #[test]
    fn a_question_ends_higher_than_a_statement() {
        let end = |text: &str| phones(text).last().unwrap().pitch[1];
        assert!(end("mama?") > end("mama.") + 0.2);
    }

    #[test]
    fn characters_of_their_own_are_syllables_of_equal_length() {
        assert_eq!(frames("你好"), 2 * 41);
        assert_ne!(phones("你"), phones("好"));
    }

    #[test]
    fn brackets_are_not_heard() {
        assert_eq!(phones("「你」好"), phones("你好"));
        assert_eq!(phones("\"ma\""), phones("ma"));
    }

    #[test]
    fn silence_at_the_end_is_left_out() {
        assert_eq!(phones("ma..."), phones("ma"));
        assert_eq!(phones("... ma").first(), phones("ma").first());
    }
}
