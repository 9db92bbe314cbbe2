//! `viva talk`: plays a WAV file as the caller against a running server, over the same path as the browser.

mod args;
mod events;
mod outcome;
mod stack;
mod table;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;
use viva_audio::Clip;
use viva_client::{Call, CallReport, Caller, Client};

pub(crate) use args::TalkArgs;
use outcome::Runs;

/// How far apart the first of several runs begin. No multiple of a frame, so that they do not march in step.
const STAGGER: Duration = Duration::from_millis(137);

/// Talks, and prints what happened and how long it took.
///
/// # Errors
/// When the server cannot be reached, a session fails, or the AI does not answer.
pub(crate) async fn run(args: TalkArgs) -> Result<()> {
    let caller = Caller::new(client(&args).await?);
    let call = Arc::new(args.call(clip(&args).await?));
    let shows_events = args.runs.get() == 1 && !args.json;
    let mut runs = Runs::default();
    let mut pending = JoinSet::new();
    for number in 1..=args.runs.get() {
        if pending.len() == args.concurrency.get() {
            runs.add(next(&mut pending).await?, &args)?;
        }
        let delay = if number <= args.concurrency.get() {
            STAGGER * u32::try_from(number - 1)?
        } else {
            Duration::ZERO
        };
        pending.spawn(one_run(
            number,
            caller.clone(),
            Arc::clone(&call),
            delay,
            shows_events,
        ));
    }
    while !pending.is_empty() {
        runs.add(next(&mut pending).await?, &args)?;
    }
    runs.finish(&args).await
}

/// What one run came to.
struct Run {
    number: usize,
    result: Result<CallReport>,
}

async fn one_run(
    number: usize,
    caller: Caller<Client>,
    call: Arc<Call>,
    delay: Duration,
    shows_events: bool,
) -> Run {
    tokio::time::sleep(delay).await;
    let observe = |event: &viva_client::CallEvent<'_>| {
        if let Some(line) = events::line(event).filter(|_| shows_events) {
            // A reader that went away does not stop the measurement.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    };
    Run {
        number,
        result: caller.call(&call, observe).await.map_err(anyhow::Error::from),
    }
}

async fn next(pending: &mut JoinSet<Run>) -> Result<Run> {
    pending
        .join_next()
        .await
        .context("no run is pending")?
        .context("a run ended abnormally")
}

async fn client(args: &TalkArgs) -> Result<Client> {
    let client = Client::new(&args.url)?;
    let Some(path) = &args.token_file else {
        return Ok(client);
    };
    let token = tokio::fs::read_to_string(path)
        .await
        .with_context(|| format!("reading the token file {}", path.display()))?;
    Ok(client.with_token(token.trim())?)
}

async fn clip(args: &TalkArgs) -> Result<Clip> {
    let path = &args.wav;
    let bytes = tokio::fs::read(path)
        .await
        .with_context(|| format!("reading {}", path.display()))?;
    let mut clip = Clip::read(bytes.as_slice()).with_context(|| format!("decoding {}", path.display()))?;
    let skipped = usize::try_from(clip.rate.samples_in_ms(args.skip_ms))?.min(clip.samples.len());
    clip.samples.drain(..skipped);
    Ok(clip)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use viva_audio::SampleRate;

    use super::*;

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        talk: TalkArgs,
    }

    fn args(wav: &std::path::Path, url: &str) -> TalkArgs {
        CommandLine::parse_from([
            "talk".as_ref(),
            "--wav".as_ref(),
            wav.as_os_str(),
            "--url".as_ref(),
            url.as_ref(),
            "--skip-ms".as_ref(),
            "10".as_ref(),
        ])
        .talk
    }

    fn wav(folder: &tempfile::TempDir) -> std::path::PathBuf {
        let path = folder.path().join("question.wav");
        let samples = (0..480).collect();
        std::fs::write(
            &path,
            Clip {
                rate: SampleRate::HZ_24K,
                samples,
            }
            .to_wav_bytes(),
        )
        .unwrap();
        path
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let err = run(args(&wav(&folder), &format!("http://{address}")))
            .await
            .unwrap_err();
        assert!(
            format!("{err:#}").starts_with(&format!("cannot reach the server at ws://{address}/")),
            "{err:#}"
        );
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_or_is_no_wav_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.wav");
        let err = run(args(&missing, "http://127.0.0.1:1")).await.unwrap_err();
        assert!(format!("{err:#}").contains("missing.wav"), "{err:#}");
        let text = folder.path().join("notes.wav");
        std::fs::write(&text, "not audio").unwrap();
        let err = run(args(&text, "http://127.0.0.1:1")).await.unwrap_err();
        assert!(format!("{err:#}").contains("notes.wav"), "{err:#}");
    }

    #[tokio::test]
    async fn the_beginning_of_the_file_can_be_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let clip = clip(&args(&wav(&folder), "http://127.0.0.1:1")).await.unwrap();
        assert_eq!(clip.samples, (240..480).collect::<Vec<i16>>());
    }
}
