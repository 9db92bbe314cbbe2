//! What the offline provider says.

use std::time::Duration;

/// Longest part of a role that is spoken, in characters.
const MAX_SPOKEN_ROLE: usize = 60;

/// The script in one language. `{}` stands for what is filled in.
#[derive(Debug)]
pub(super) struct Lines {
    /// BCP 47 tag.
    pub(super) tag: &'static str,
    /// The language's name in English.
    pub(super) name: &'static str,
    greeting: &'static str,
    role: &'static str,
    instructions: &'static str,
    answers: [&'static str; 5],
    heard: &'static str,
    decimal_mark: &'static str,
}

/// Every language of the script, the default first.
pub(super) const LANGUAGES: [Lines; 5] = [
    Lines {
        tag: "en",
        name: "English",
        greeting: "Hello, this is Viva's offline voice. Say something, and I will answer.",
        role: "My role is {}.",
        instructions: "I have your instructions, but I can only play a script.",
        answers: [
            "I heard you. I run on this machine alone, without a key.",
            "Try to interrupt me: start to talk while I speak, and I stop.",
            "Look at the latency bar. It shows where the time of this turn went.",
            "Choose another provider for the next session, and compare how long it takes.",
            "When you end the session, a summary shows the typical and the slowest answer.",
        ],
        heard: "[{} s of speech]",
        decimal_mark: ".",
    },
    Lines {
        tag: "zh-TW",
        name: "Chinese (Taiwan)",
        greeting: "你好，我是 Viva 的離線語音。請說句話，我會回答你。",
        role: "我的角色是{}。",
        instructions: "我收到你的指示了，不過我只會照稿子說。",
        answers: [
            "我聽到了。我只在這台機器上執行，不需要金鑰。",
            "試著打斷我：在我說話時開口，我就會停下來。",
            "請看延遲長條圖，它顯示這一輪的時間花在哪裡。",
            "下一次可以換一個服務，比較看看要等多久。",
            "結束對話之後，摘要會顯示一般和最慢的回應時間。",
        ],
        heard: "[{} 秒的語音]",
        decimal_mark: ".",
    },
    Lines {
        tag: "de",
        name: "German",
        greeting: "Hallo, hier ist die Offline-Stimme von Viva. Sag etwas, und ich antworte.",
        role: "Meine Rolle ist {}.",
        instructions: "Deine Anweisungen habe ich, aber ich folge nur einem Skript.",
        answers: [
            "Ich habe dich gehört. Ich laufe nur auf diesem Rechner, ohne Schlüssel.",
            "Unterbrich mich: Sprich einfach los, und ich höre sofort auf.",
            "Sieh dir den Latenzbalken an. Er zeigt, wo die Zeit geblieben ist.",
            "Wähle beim nächsten Mal einen anderen Anbieter und vergleiche.",
            "Am Ende zeigt die Übersicht die typische und die langsamste Antwort.",
        ],
        heard: "[{} s Sprache]",
        decimal_mark: ",",
    },
    Lines {
        tag: "fr",
        name: "French",
        greeting: "Bonjour, ici la voix hors ligne de Viva. Parlez, et je répondrai.",
        role: "Mon rôle est {}.",
        instructions: "J'ai bien vos instructions, mais je ne fais que suivre un texte.",
        answers: [
            "Je vous ai entendu. Je fonctionne sur cette machine seule, sans clé.",
            "Interrompez-moi : parlez pendant que je parle, et je m'arrête.",
            "Regardez la barre de latence. Elle montre où le temps est passé.",
            "Choisissez un autre fournisseur la prochaine fois, et comparez.",
            "À la fin, un résumé montre la réponse typique et la plus lente.",
        ],
        heard: "[{} s de parole]",
        decimal_mark: ",",
    },
    Lines {
        tag: "es",
        name: "Spanish",
        greeting: "Hola, soy la voz sin conexión de Viva. Di algo y te responderé.",
        role: "Mi papel es {}.",
        instructions: "Tengo tus instrucciones, pero solo sigo un guion.",
        answers: [
            "Te he oído. Funciono solo en este equipo, sin clave.",
            "Intenta interrumpirme: habla mientras hablo, y me callo.",
            "Mira la barra de latencia. Muestra en qué se fue el tiempo.",
            "Elige otro proveedor la próxima vez, y compara la espera.",
            "Al terminar, un resumen muestra la respuesta típica y la más lenta.",
        ],
        heard: "[{} s de voz]",
        decimal_mark: ",",
    },
];

impl Lines {
    /// The script for a BCP 47 tag; regions and scripts do not matter, except that Chinese is always that of Taiwan.
    pub(super) fn in_language(tag: &str) -> Option<&'static Self> {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
        LANGUAGES.iter().find(|lines| primary(lines.tag) == primary(tag))
    }

    /// What is reported as the user's words by somebody who understands none.
    fn heard(&self, speech: Duration) -> String {
        let seconds = format!("{:.1}", speech.as_secs_f64()).replace('.', self.decimal_mark);
        self.heard.replace("{}", &seconds)
    }
}

/// What is said in one conversation: a greeting, answers in turns, and a note of what was heard.
#[derive(Debug)]
pub(super) struct Script {
    lines: &'static Lines,
    answers: Vec<String>,
    transcripts: std::vec::IntoIter<String>,
    /// Says that the role or the instructions arrived, with the first thing that is said.
    acknowledgement: Option<String>,
}

impl Script {
    pub(super) fn new(
        lines: &'static Lines,
        answers: Vec<String>,
        transcripts: Vec<String>,
        ai_role: Option<&str>,
        instructions: &str,
    ) -> Self {
        let acknowledgement = match ai_role.map(spoken_role) {
            Some(role) => Some(lines.role.replace("{}", &role)),
            None if instructions.is_empty() => None,
            None => Some(lines.instructions.to_owned()),
        };
        Self {
            lines,
            // Scripted answers are said word by word.
            acknowledgement: acknowledgement.filter(|_| answers.is_empty()),
            answers,
            transcripts: transcripts.into_iter(),
        }
    }

    pub(super) fn greeting(&self) -> String {
        self.acknowledging(self.lines.greeting)
    }

    /// Answer `turn`, from 1; after the last one the first comes again.
    pub(super) fn answer(&self, turn: u16) -> String {
        let nth = usize::from(turn.saturating_sub(1));
        if let Some(answer) = self.answers.get(nth % self.answers.len().max(1)) {
            return answer.clone();
        }
        self.acknowledging(self.lines.answers[nth % self.lines.answers.len()])
    }

    /// The role and the instructions were acknowledged: once is enough.
    pub(super) fn acknowledged(&mut self) {
        self.acknowledgement = None;
    }

    /// What the user said: as scripted, else how much it was.
    pub(super) fn transcript(&mut self, speech: Duration) -> String {
        self.transcripts
            .next()
            .unwrap_or_else(|| self.lines.heard(speech))
    }

    /// As [`Self::transcript`], but nothing when nothing was heard.
    pub(super) fn utterance(&mut self, speech: Duration) -> String {
        if speech.is_zero() {
            return self.transcripts.next().unwrap_or_default();
        }
        self.transcript(speech)
    }

    fn acknowledging(&self, line: &str) -> String {
        match &self.acknowledgement {
            Some(acknowledgement) => format!("{line} {acknowledgement}"),
            None => line.to_owned(),
        }
    }
}

/// A role as it is spoken: one line, not too long, without the mark that ends it.
fn spoken_role(role: &str) -> String {
    let words = role.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = words.chars().take(MAX_SPOKEN_ROLE).collect();
    short.trim_end_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::providers::speech::{SPEECH_RATE, synthesize};

    fn script(ai_role: Option<&str>, instructions: &str) -> Script {
        Script::new(&LANGUAGES[0], Vec::new(), Vec::new(), ai_role, instructions)
    }

    #[rstest]
    #[case("en", Some("en"))]
    #[case("EN-gb", Some("en"))]
    #[case("zh", Some("zh-TW"))]
    #[case("zh-Hant-HK", Some("zh-TW"))]
    #[case("fi", None)]
    #[case("", None)]
    fn a_tag_finds_its_language(#[case] tag: &str, #[case] found: Option<&str>) {
        assert_eq!(Lines::in_language(tag).map(|lines| lines.tag), found);
    }

    #[test]
    fn answers_take_turns() {
        let script = script(None, "");
        let said: Vec<String> = (1..=6).map(|turn| script.answer(turn)).collect();
        assert_eq!(said[0], LANGUAGES[0].answers[0]);
        assert_eq!(said[5], said[0]);
        assert_ne!(said[1], said[0]);
        assert_eq!(script.answer(u16::MAX), said[4]);
    }

    #[test]
    fn a_role_is_acknowledged_once() {
        let mut script = script(Some(" a patient\n teacher. "), "You teach.");
        assert!(
            script
                .greeting()
                .ends_with("answer. My role is a patient teacher.")
        );
        assert!(script.answer(1).ends_with("My role is a patient teacher."));
        script.acknowledged();
        assert_eq!(script.answer(1), LANGUAGES[0].answers[0]);
    }

    #[test]
    fn instructions_without_a_role_are_acknowledged() {
        let script = script(None, "Be brief.");
        assert!(script.answer(1).ends_with("I can only play a script."));
    }

    #[test]
    fn scripted_answers_are_said_word_by_word() {
        let answers = vec!["One.".to_owned(), "Two.".to_owned()];
        let script = Script::new(&LANGUAGES[0], answers, Vec::new(), Some("teacher"), "Teach.");
        assert_eq!(
            [1, 2, 3].map(|turn| script.answer(turn)),
            ["One.", "Two.", "One."]
        );
        assert_eq!(script.greeting(), LANGUAGES[0].greeting);
    }

    #[test]
    fn scripted_transcripts_come_once_then_the_truth() {
        let transcripts = vec!["What time is it?".to_owned()];
        let mut script = Script::new(&LANGUAGES[2], Vec::new(), transcripts, None, "");
        let speech = Duration::from_millis(3_420);
        assert_eq!(script.transcript(speech), "What time is it?");
        assert_eq!(script.transcript(speech), "[3,4 s Sprache]");
    }

    #[test]
    fn long_roles_are_cut() {
        let script = script(Some(&"very ".repeat(100)), "");
        assert!(script.greeting().chars().count() < 160);
    }

    #[test]
    fn every_line_is_short_enough_to_listen_to() {
        for lines in &LANGUAGES {
            for line in lines.answers.iter().chain([&lines.greeting]) {
                let samples = u64::try_from(synthesize(line).len()).unwrap();
                let length = SPEECH_RATE.duration_of(samples);
                assert!(
                    (Duration::from_secs(2)..Duration::from_secs(7)).contains(&length),
                    "{line} takes {length:?}"
                );
            }
            assert!(lines.role.contains("{}") && lines.heard.contains("{}"));
        }
    }
}
