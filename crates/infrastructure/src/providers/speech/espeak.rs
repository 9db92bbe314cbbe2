//! The installed `espeak-ng`, one child process per text.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use viva_audio::wav::HEADER_LEN;
use viva_audio::{Clip, WavError, WavHeader};

use super::{SPEECH_RATE, Speech, SpeechError, edges};

/// Longest time that one text may take; a paragraph takes 20 ms.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest output that is read: three minutes of speech, or any list of voices.
const MAX_OUTPUT: usize = 8 * 1024 * 1024;
/// Calm speech, words per minute.
const WORDS_PER_MINUTE: &str = "160";

/// An installed `espeak-ng`.
#[derive(Debug)]
pub(super) struct Espeak {
    program: OsString,
    /// Names of its voices: lower-case language tags such as `en-us` and `cmn`.
    voices: Vec<String>,
}

impl Espeak {
    /// Asks the program for its voices.
    pub(super) async fn find(program: &OsStr) -> Result<Self, SpeechError> {
        let output = run(Command::new(program).arg("--voices"), "").await?;
        let voices: Vec<String> = String::from_utf8_lossy(&output)
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().nth(1))
            .filter(|voice| is_voice_name(voice))
            .map(str::to_owned)
            .collect();
        if voices.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the program lists no voices").into());
        }
        Ok(Self {
            program: program.to_owned(),
            voices,
        })
    }

    /// How many voices there are.
    pub(super) fn languages(&self) -> usize {
        self.voices.len()
    }

    /// The voice for a BCP 47 tag: that of the tag itself, else the usual one of its language.
    pub(super) fn voice_for(&self, language: &str) -> Option<&str> {
        let tag = language.to_lowercase();
        let primary = tag.split('-').next().unwrap_or_default();
        let usual = match (primary, tag.as_str()) {
            (_, "zh-hk" | "zh-mo") => ["yue", "cmn"],
            // `cmn` of release 1.51 reads the pinyin of many characters as English letters.
            ("zh", _) => ["cmn-latn-pinyin", "cmn"],
            ("en", _) => ["en-us", "en-gb"],
            ("fr", _) => ["fr-fr", "fr"],
            ("no", _) => ["nb", "no"],
            _ => [tag.as_str(), primary],
        };
        let mut names = [tag.as_str()].into_iter().chain(usual);
        names.find_map(|name| {
            self.voices
                .iter()
                .find(|voice| *voice == name)
                .map(String::as_str)
        })
    }

    /// Speaks `text` with one of the program's voices. Dropping the future kills the process.
    pub(super) async fn speak(&self, voice: &str, text: &str) -> Result<Speech, SpeechError> {
        let mut command = Command::new(&self.program);
        // UTF-8 from standard input, no pause at the end. The text is no argument, so it cannot be taken for an option.
        command.args([
            "--stdin",
            "--stdout",
            "-b",
            "1",
            "-z",
            "-s",
            WORDS_PER_MINUTE,
            "-v",
            voice,
        ]);
        let wav = run(&mut command, &without_commands(text)).await?;
        let decode = move || decode(wav);
        Ok(spawn_blocking(decode).await.map_err(io::Error::from)??)
    }
}

/// Whether a name from the program's list may become an argument.
fn is_voice_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Removes what the program would take for a command: control characters, and the brackets around phonemes.
fn without_commands(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '[' | ']'), " ")
}

/// Runs a command to its end and answers what it wrote.
async fn run(command: &mut Command, input: &str) -> Result<Vec<u8>, SpeechError> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    timeout(TIMEOUT, converse(&mut child, input))
        .await
        .map_err(|_| SpeechError::Timeout)?
}

async fn converse(child: &mut Child, input: &str) -> Result<Vec<u8>, SpeechError> {
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        unreachable!("both were set to pipes");
    };
    let mut output = Vec::new();
    let mut bounded = stdout.take(MAX_OUTPUT as u64 + 1);
    let write = async move {
        // A program that does not read to the end says why by its exit status.
        stdin.write_all(input.as_bytes()).await.ok();
    };
    let ((), read) = tokio::join!(write, bounded.read_to_end(&mut output));
    read?;
    if output.len() > MAX_OUTPUT {
        return Err(SpeechError::TooLong);
    }
    let status = child.wait().await?;
    if status.success() {
        Ok(output)
    } else {
        Err(SpeechError::Exit(status))
    }
}

/// Reads what the program wrote. To a pipe it writes a header before it knows the length, so that is set right first.
fn decode(mut wav: Vec<u8>) -> Result<Speech, WavError> {
    if wav.is_empty() {
        return Ok(Speech::default());
    }
    let Some(start) = wav.first_chunk::<HEADER_LEN>() else {
        return Err(WavError::Malformed("it ends within its header"));
    };
    let header = WavHeader::decode(start)?.repaired(wav.len() as u64);
    wav[..HEADER_LEN].copy_from_slice(&header.encode());
    let clip = Clip::read(wav.as_slice())?.resampled(SPEECH_RATE);
    Ok(Speech::from(edges::without_silence(&clip.samples)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use rstest::rstest;
    use tempfile::TempDir;
    use viva_audio::{Level, SampleRate};

    use super::super::fake_program::{pipe, program};
    use super::*;

    fn with_voices(voices: &[&str]) -> Espeak {
        Espeak {
            program: OsString::new(),
            voices: voices.iter().map(|&voice| voice.to_owned()).collect(),
        }
    }

    fn speaking_with(program: PathBuf) -> Espeak {
        Espeak {
            program: program.into_os_string(),
            voices: vec!["en-us".to_owned()],
        }
    }

    /// The real program; `None`, said aloud, where it is not installed.
    async fn installed(test: &str) -> Option<Espeak> {
        match Espeak::find(OsStr::new("espeak-ng")).await {
            Ok(espeak) => Some(espeak),
            Err(err) => {
                #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
                {
                    eprintln!("{test} did not run: no espeak-ng here ({err})");
                }
                None
            }
        }
    }

    #[rstest]
    #[case("en", Some("en-us"))]
    #[case("en-GB", Some("en-gb"))]
    #[case("en-AU", Some("en-us"))]
    #[case("zh-TW", Some("cmn-latn-pinyin"))]
    #[case("zh-Hant", Some("cmn-latn-pinyin"))]
    #[case("zh-HK", Some("yue"))]
    #[case("ja-JP", Some("ja"))]
    #[case("tlh", None)]
    #[case("", None)]
    #[case("-v", None)]
    fn a_language_finds_its_voice(#[case] language: &str, #[case] voice: Option<&str>) {
        let espeak = with_voices(&["cmn", "cmn-latn-pinyin", "en-gb", "en-us", "ja", "yue"]);
        assert_eq!(espeak.voice_for(language), voice);
    }

    #[test]
    fn names_that_look_like_options_are_no_voices() {
        assert!(is_voice_name("en-gb-x-rp") && is_voice_name("chr-US-Qaaa-x-west"));
        assert!(!is_voice_name("-v") && !is_voice_name("../en") && !is_voice_name(""));
    }

    #[test]
    fn commands_within_the_text_are_removed() {
        assert_eq!(
            without_commands("a\u{1}50Pb [[[h@l'oU]]]\n"),
            "a 50Pb    h@l'oU    "
        );
    }

    #[test]
    fn a_header_without_a_length_is_read_to_the_end() {
        let clip = Clip {
            rate: SampleRate::HZ_24K,
            samples: vec![0, 1_000, -1_000, 500, 0],
        };
        let mut wav = clip.to_wav_bytes();
        wav[40..44].copy_from_slice(&0x7fff_f000_u32.to_le_bytes());
        assert_eq!(*decode(wav).unwrap(), [1_000, -1_000, 500]);
    }

    #[test]
    fn what_is_no_audio_is_refused() {
        assert!(matches!(decode(b"RIFF".to_vec()), Err(WavError::Malformed(_))));
        assert!(matches!(decode(vec![7; 100]), Err(WavError::Malformed(_))));
        assert_eq!(decode(Vec::new()).unwrap().len(), 0);
    }

    #[tokio::test]
    async fn the_text_reaches_the_program_as_it_is() {
        let folder = TempDir::new().unwrap();
        let seen = folder.path().join("seen");
        let script = format!("printf '%s ' \"$@\" > '{0}'; cat >> '{0}'", seen.display());
        let espeak = speaking_with(program(&folder, &script));
        espeak.speak("en-us", "-w /tmp/x; $(id) `id` \"'").await.unwrap();
        assert_eq!(
            fs::read_to_string(seen).unwrap(),
            "--stdin --stdout -b 1 -z -s 160 -v en-us -w /tmp/x; $(id) `id` \"'"
        );
    }

    #[tokio::test]
    async fn a_failing_program_is_an_error() {
        let folder = TempDir::new().unwrap();
        let espeak = speaking_with(program(&folder, "exit 3"));
        let err = espeak.speak("en-us", &"long ".repeat(100_000)).await.unwrap_err();
        assert_eq!(err.to_string(), "the synthesizer failed with exit status: 3");
        let err = Espeak::find(folder.path().as_os_str()).await.unwrap_err();
        assert!(matches!(err, SpeechError::Io(_)), "{err}");
    }

    #[tokio::test]
    async fn endless_output_is_cut_off() {
        let folder = TempDir::new().unwrap();
        let espeak = speaking_with(program(&folder, "exec cat /dev/zero"));
        let err = espeak.speak("en-us", "Hello").await.unwrap_err();
        assert!(matches!(err, SpeechError::TooLong), "{err}");
    }

    /// The child holds the only open end of a pipe: the pipe closes when it dies.
    #[tokio::test]
    async fn a_dropped_future_kills_the_program() {
        let folder = TempDir::new().unwrap();
        let pipe = pipe(&folder, "alive");
        let script = format!("exec 3> '{}'; printf x >&3; exec sleep 600", pipe.display());
        let espeak = speaking_with(program(&folder, &script));
        let mut alive = Box::pin(async move {
            let mut pipe = tokio::fs::File::open(pipe).await.unwrap();
            let mut first = [0];
            pipe.read_exact(&mut first).await.unwrap();
            pipe
        });
        let mut pipe = {
            let speaking = espeak.speak("en-us", "Hello");
            tokio::select! {
                pipe = &mut alive => pipe,
                result = speaking => panic!("the program sleeps, but {result:?}"),
            }
        };
        let mut rest = Vec::new();
        pipe.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"");
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_given_up() {
        let folder = TempDir::new().unwrap();
        let espeak = speaking_with(program(&folder, "exec sleep 600"));
        // With the clock paused, the time passes at once.
        tokio::time::pause();
        let err = espeak.speak("en-us", "Hello").await.unwrap_err();
        assert!(matches!(err, SpeechError::Timeout), "{err}");
    }

    #[rstest]
    #[case("en", "Try to interrupt me while I speak.")]
    #[case("zh-TW", "你可以隨時打斷我。")]
    #[case("de", "Unterbrich mich, während ich spreche.")]
    #[tokio::test]
    async fn the_installed_program_speaks(#[case] language: &str, #[case] text: &str) {
        let Some(espeak) = installed("the_installed_program_speaks").await else {
            return;
        };
        let Some(voice) = espeak.voice_for(language) else {
            panic!("espeak-ng has no voice for {language}");
        };
        let speech = espeak.speak(voice, text).await.unwrap();
        let seconds = speech.len() as f64 / f64::from(SPEECH_RATE.hz());
        assert!((1.0..3.0).contains(&seconds), "{seconds} s");
        let level = Level::of(&speech);
        assert!((-30.0..-12.0).contains(&level.rms_dbfs), "{level:?}");
        assert_eq!(speech, espeak.speak(voice, text).await.unwrap());
    }

    #[tokio::test]
    async fn the_installed_program_takes_any_text() {
        let Some(espeak) = installed("the_installed_program_takes_any_text").await else {
            return;
        };
        for text in ["", "...", "--help", "\u{0}", "[[", "<speak>", "🎉"] {
            let speech = espeak.speak("en-us", text).await;
            assert!(speech.is_ok(), "{text:?}: {speech:?}");
        }
    }
}
