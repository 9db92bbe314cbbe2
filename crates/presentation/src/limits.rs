//! How much one client may ask for.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::Method;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;
use tracing::debug;

use crate::at_once::{AtOnce, Slot};
use crate::client::Client;
use crate::meters::HttpMeters;

/// Clients that ask for nothing any more are forgotten after so many requests.
const TIDY_EVERY: u32 = 1_000;

/// The names of [`RateLimits::open_connections`] and [`RateLimits::requests_at_once`] in figures.
const OPEN_CONNECTIONS: &str = "open_connections";
const REQUESTS_AT_ONCE: &str = "requests_at_once";

/// Requests that one client may send per minute: as many at once, and then as many as come back evenly; and what it may
/// have open. 0: any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Wrong tokens of one address: in the form, and as many in headers. Good ones do not count.
    pub sign_ins: u32,
    /// Requests of one address with tokens that were not found to be good before: those for which the database is asked.
    pub unknown_tokens: u32,
    /// Provider keys that are checked, for which a provider is asked; beside [`Self::writes`].
    pub key_checks: u32,
    /// Requests that change something.
    pub writes: u32,
    /// Requests that read something; and as many, by address, of what is for everybody.
    pub reads: u32,
    /// WebSocket connections that are opened.
    pub connections: u32,
    /// WebSocket connections that are open at the same time.
    pub open_connections: u32,
    /// Requests of the REST API that one user has under way at the same time, until their answers are read.
    pub requests_at_once: u32,
}

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// [`RateLimits::sign_ins`], in the form.
    SignIns,
    /// [`RateLimits::sign_ins`], in headers.
    WrongHeaders,
    /// [`RateLimits::unknown_tokens`].
    UnknownTokens,
    /// [`RateLimits::key_checks`].
    KeyChecks,
    /// [`RateLimits::writes`].
    Writes,
    /// [`RateLimits::reads`].
    Reads,
    /// [`RateLimits::reads`], of what is for everybody: no other request takes that away.
    OpenReads,
    /// [`RateLimits::connections`].
    Connections,
}

/// Counts the requests of every client. Clones share.
#[derive(Clone)]
pub struct Limiter(Arc<Limiters>);

struct Limiters {
    sign_ins: GroupLimiter,
    wrong_headers: GroupLimiter,
    unknown_tokens: GroupLimiter,
    key_checks: GroupLimiter,
    writes: GroupLimiter,
    reads: GroupLimiter,
    open_reads: GroupLimiter,
    connections: GroupLimiter,
    open_connections: AtOnce,
    requests: AtOnce,
    meters: HttpMeters,
}

struct GroupLimiter {
    /// `None`: any number.
    limiter: Option<ClientLimiter>,
    clock: SinceStart,
    checks: AtomicU32,
}

type ClientLimiter =
    RateLimiter<Client, DefaultKeyedStateStore<Client>, SinceStart, NoOpMiddleware<Duration>>;

/// The runtime's clock, which tests can move.
#[derive(Debug, Clone, Copy)]
struct SinceStart(Instant);

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            sign_ins: 10,
            unknown_tokens: 600,
            key_checks: 30,
            writes: 300,
            reads: 3_000,
            connections: 3_000,
            open_connections: 1_000,
            requests_at_once: 100,
        }
    }
}

impl Group {
    /// All of them.
    const ALL: [Self; 8] = [
        Self::SignIns,
        Self::WrongHeaders,
        Self::UnknownTokens,
        Self::KeyChecks,
        Self::Writes,
        Self::Reads,
        Self::OpenReads,
        Self::Connections,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIns => "sign_ins",
            Self::WrongHeaders => "wrong_headers",
            Self::UnknownTokens => "unknown_tokens",
            Self::KeyChecks => "key_checks",
            Self::Writes => "writes",
            Self::Reads => "reads",
            Self::OpenReads => "open_reads",
            Self::Connections => "connections",
        }
    }

    /// The group of a request of the REST API.
    pub(crate) fn of(method: &Method) -> Self {
        if method.is_safe() {
            Self::Reads
        } else {
            Self::Writes
        }
    }
}

impl Limiter {
    /// Nobody has asked for anything yet. Who is refused is counted.
    pub fn new(limits: RateLimits, meters: HttpMeters) -> Self {
        Self(Arc::new(Limiters {
            sign_ins: GroupLimiter::new(limits.sign_ins),
            wrong_headers: GroupLimiter::new(limits.sign_ins),
            unknown_tokens: GroupLimiter::new(limits.unknown_tokens),
            key_checks: GroupLimiter::new(limits.key_checks),
            writes: GroupLimiter::new(limits.writes),
            reads: GroupLimiter::new(limits.reads),
            open_reads: GroupLimiter::new(limits.reads),
            connections: GroupLimiter::new(limits.connections),
            open_connections: AtOnce::new(limits.open_connections),
            requests: AtOnce::new(limits.requests_at_once),
            meters,
        }))
    }

    /// Counts one request.
    ///
    /// # Errors
    /// How long the client has to wait when it had its share.
    pub(crate) fn check(&self, group: Group, client: Client) -> Result<(), Duration> {
        let limiter = match group {
            Group::SignIns => &self.0.sign_ins,
            Group::WrongHeaders => &self.0.wrong_headers,
            Group::UnknownTokens => &self.0.unknown_tokens,
            Group::KeyChecks => &self.0.key_checks,
            Group::Writes => &self.0.writes,
            Group::Reads => &self.0.reads,
            Group::OpenReads => &self.0.open_reads,
            Group::Connections => &self.0.connections,
        };
        let checked = limiter.check(client);
        if let Err(retry_after) = &checked {
            debug!(
                event = "request.limited",
                limit.group = group.as_str(),
                retry_after_ms = retry_after.as_millis(),
                "A client has had its share"
            );
            self.0.meters.rate_limited(group.as_str());
        }
        checked
    }

    /// Counts a connection as open for as long as what is returned lives; `None` when the client has as many as it may.
    pub(crate) fn open(&self, client: Client) -> Option<Slot> {
        let slot = self.0.open_connections.take(client);
        self.count_refused(slot, OPEN_CONNECTIONS)
    }

    /// Counts a request as under way for as long as what is returned lives; `None` when the client has as many as it may.
    pub(crate) fn begin(&self, client: Client) -> Option<Slot> {
        let slot = self.0.requests.take(client);
        self.count_refused(slot, REQUESTS_AT_ONCE)
    }

    fn count_refused(&self, slot: Option<Slot>, group: &'static str) -> Option<Slot> {
        if slot.is_none() {
            self.0.meters.rate_limited(group);
        }
        slot
    }
}

/// The names of everything that is limited.
pub(crate) fn groups() -> impl Iterator<Item = &'static str> {
    let groups = Group::ALL.into_iter().map(Group::as_str);
    groups.chain([OPEN_CONNECTIONS, REQUESTS_AT_ONCE])
}

impl GroupLimiter {
    fn new(per_min: u32) -> Self {
        let clock = SinceStart(Instant::now());
        let quota = NonZeroU32::new(per_min).map(Quota::per_minute);
        Self {
            limiter: quota.map(|quota| RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock)),
            clock,
            checks: AtomicU32::new(0),
        }
    }

    fn check(&self, client: Client) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        if self.checks.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        limiter
            .check_key(&client)
            .map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

impl Clock for SinceStart {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use tokio::time::advance;
    use uuid::Uuid;
    use viva_domain::ids::UserId;

    use super::*;

    const NONE: RateLimits = RateLimits {
        sign_ins: 0,
        unknown_tokens: 0,
        key_checks: 0,
        writes: 0,
        reads: 0,
        connections: 0,
        open_connections: 0,
        requests_at_once: 0,
    };

    fn limiter(limits: RateLimits) -> Limiter {
        Limiter::new(limits, HttpMeters::default())
    }

    fn user(n: u128) -> Client {
        Client::User(UserId::from_uuid(Uuid::from_u128(n)))
    }

    fn address(n: u32) -> Client {
        Client::Address(IpAddr::V4(Ipv4Addr::from(n)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_had_its_share_waits_until_there_is_more() {
        let limiter = limiter(RateLimits { reads: 60, ..NONE });
        let reads = || limiter.check(Group::Reads, user(1));
        assert!((0..60).all(|_| reads().is_ok()));
        assert_eq!(reads(), Err(Duration::from_secs(1)));
        advance(Duration::from_millis(400)).await;
        assert_eq!(reads(), Err(Duration::from_millis(600)));
        advance(Duration::from_millis(600)).await;
        assert_eq!(reads(), Ok(()));
        assert!(reads().is_err());
        advance(Duration::from_mins(10)).await;
        assert_eq!((0..100).filter(|_| reads().is_ok()).count(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn clients_and_groups_are_counted_apart() {
        let limits = RateLimits {
            sign_ins: 1,
            unknown_tokens: 1,
            key_checks: 1,
            writes: 1,
            reads: 1,
            connections: 1,
            ..NONE
        };
        let limiter = limiter(limits);
        for group in Group::ALL {
            for client in [user(1), user(2), address(1), address(2)] {
                assert_eq!(limiter.check(group, client), Ok(()), "{group:?} {client:?}");
                assert!(limiter.check(group, client).is_err(), "{group:?} {client:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_nothing_is_counted() {
        let limiter = limiter(NONE);
        assert!((0..10_000).all(|_| limiter.check(Group::Writes, user(1)).is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn clients_that_are_gone_are_forgotten() {
        let limiter = GroupLimiter::new(60);
        for n in 0..5_000 {
            limiter.check(address(n)).unwrap();
            advance(Duration::from_millis(100)).await;
        }
        let kept = limiter.limiter.as_ref().map(RateLimiter::len);
        // Two seconds after its last request a client is as good as new.
        assert!(kept.is_some_and(|kept| (1..=30).contains(&kept)), "{kept:?}");
    }

    #[test]
    fn what_reads_and_what_changes_something_are_told_apart() {
        assert_eq!(Group::of(&Method::GET), Group::Reads);
        assert_eq!(Group::of(&Method::HEAD), Group::Reads);
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            assert_eq!(Group::of(&method), Group::Writes, "{method}");
        }
    }
}
