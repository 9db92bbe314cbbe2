//! Many callers for hours, who interrupt, lose their connections and meet providers that fail: does anything grow?

mod caller;
mod clips;
mod database;
mod figure;
mod metrics;
mod plan;
mod report;
mod talk;
mod tally;
mod verdict;

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use viva_client::Client;

use self::caller::{Caller, Shared};
use self::clips::Clips;
use self::database::Watched;
use self::figure::{Figure, Sample, median};
use self::metrics::Metrics;
use self::report::{Run, Samples};
use self::tally::Tally;
use self::verdict::Course;
use crate::args::SoakArgs;
use crate::server::Server;

/// How often everything is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// One session in so many lasts throughout.
const ONE_THAT_LASTS: u32 = 20;
/// In which the first sessions begin.
const RAMP: Duration = Duration::from_secs(30);
/// After the last caller: the server waits half a minute for those who left without a word, and for connections that nobody uses.
const SETTLE: Duration = Duration::from_mins(1);
/// Looks of which the middle one counts, where nobody talks.
const LOOKS: u32 = 5;

/// Where a server is looked at.
struct Watch {
    server: Server,
    figures: SocketAddr,
    database: Watched,
    began: Instant,
}

/// Starts a server, has it called, and says whether it kept the rule.
///
/// # Errors
/// When the server does not start or ends, or a file cannot be written.
pub(crate) async fn run(args: &SoakArgs) -> Result<ExitCode> {
    let seed = args.seed.unwrap_or_else(|| rand::rng().random());
    tell(&format!("The seed is {seed}"));
    let watch = start(args).await?;
    let mut samples = Samples::create(&args.samples)?;
    let before = watch.settled().await?;
    let length = Duration::from_secs_f64(args.minutes * 60.0);
    let tally = Arc::new(Tally::new());
    let callers = call(args, seed, &watch, &tally, length);
    tokio::pin!(callers);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut course = Vec::new();
    loop {
        tokio::select! {
            called = &mut callers => break called?,
            _ = looks.tick() => match watch.look().await {
                Ok(sample) => {
                    samples.add(&sample, &tally.counts())?;
                    course.push(sample);
                }
                Err(err) => tally.unexpected(None, &format!("the server could not be looked at: {err:#}")),
            },
        }
    }
    sleep(SETTLE).await;
    let client = Client::new(&watch.server.url)?;
    let left = client.sessions(&[("status", "active")]).await?.page.total;
    if left > 0 {
        tally.unexpected(
            None,
            &format!("{left} sessions are stored as active though nobody talks"),
        );
    }
    drop(client);
    let after = watch.settled().await?;
    samples.add(&after, &tally.counts())?;
    let run = Run {
        args,
        seed,
        database: watch.database.name(),
        course: Course {
            before,
            samples: course,
            after,
            length,
            database_descriptors: watch.database.descriptors(),
        },
        counts: tally.counts(),
        metrics: Metrics::ask(watch.figures).await?,
        cpu_s: watch.server.usage()?.cpu_s,
    };
    run.write(&args.report)?;
    tell(&run.section());
    Ok(if run.is_kept() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn start(args: &SoakArgs) -> Result<Watch> {
    let figures = free_address()?;
    let log = File::create(&args.log).with_context(|| args.log.display().to_string())?;
    let listen = figures.to_string();
    let settings = [("VIVA__METRICS__LISTEN", listen.as_str())];
    let server = Server::start_with(&args.viva, args.database.as_deref(), &settings, log.into()).await?;
    let database = match &args.database {
        Some(url) => Watched::postgres(url).await?,
        None => Watched::sqlite(server.sqlite_file()).await?,
    };
    Ok(Watch {
        server,
        figures,
        database,
        began: Instant::now(),
    })
}

/// The port is free now; that somebody else takes it in the next instant is unlikely, and the server would tell.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Has everybody call until the time is up, and waits for the last one.
async fn call(args: &SoakArgs, seed: u64, watch: &Watch, tally: &Arc<Tally>, length: Duration) -> Result<()> {
    let shared = Arc::new(Shared {
        client: Client::new(&watch.server.url)?,
        clips: Clips::read(&args.wav).await?,
        tally: Arc::clone(tally),
    });
    let began = Instant::now();
    let until = began + length;
    let ramp = RAMP.min(length / 4);
    let calling = (0..args.sessions).map(|number| {
        let caller = Caller {
            shared: Arc::clone(&shared),
            random: StdRng::seed_from_u64(seed.wrapping_add(u64::from(number))),
            lasts: number % ONE_THAT_LASTS == 0,
            until,
        };
        let begins = began + ramp * number / args.sessions;
        async move {
            sleep_until(begins).await;
            caller.run().await;
        }
    });
    let mut calling: JoinSet<()> = calling.collect();
    while let Some(called) = calling.join_next().await {
        called.context("a caller ended abnormally")?;
    }
    Ok(())
}

impl Watch {
    async fn look(&self) -> Result<Sample> {
        let metrics = Metrics::ask(self.figures).await?;
        let at = self.began.elapsed();
        let told = |figure: Figure| {
            let value = metrics.sum(figure.metric()?)?;
            let unit = if figure == Figure::Memory {
                1_048_576.0
            } else {
                1.0
            };
            Some((figure, value / unit))
        };
        let mut sample = Sample {
            at,
            values: Figure::ALL.into_iter().filter_map(told).collect(),
        };
        sample.values.extend(self.database.look().await?);
        sample
            .values
            .insert(Figure::Anonymous, self.server.anonymous_mib()?);
        Ok(sample)
    }

    /// The middle of some looks.
    async fn settled(&self) -> Result<Sample> {
        let mut looks = Vec::new();
        for _ in 0..LOOKS {
            sleep(Duration::from_secs(1)).await;
            looks.push(self.look().await?);
        }
        let middle = |figure: Figure| {
            let values = looks.iter().filter_map(|sample| sample.get(figure));
            Some((figure, median(values)?))
        };
        Ok(Sample {
            at: self.began.elapsed(),
            values: Figure::ALL.into_iter().filter_map(middle).collect(),
        })
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a run takes hours; whoever waits sees what happens"
)]
fn tell(what: &str) {
    eprintln!("{what}");
}
