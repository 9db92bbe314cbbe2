//! Connections of somebody whose token ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use viva_application::access::{Access, Carrier, CreateToken, SignedIn};
use viva_domain::access::{TokenName, UserName};
use viva_domain::ports::StoreErrorKind;
use viva_fakes::{ManualClock, MemoryTokenStore, SequentialIds};

use super::bench::{Bench, Client};
use crate::sign_in::{Pass, SignIn, Visitor};
use crate::ws::connection::Received;

struct Ada {
    access: Access,
    store: Arc<MemoryTokenStore>,
    clock: Arc<ManualClock>,
    signed_in: SignedIn,
}

impl Ada {
    /// She signs in with a token that is worth something for a day.
    async fn new() -> Self {
        let (store, clock) = (
            Arc::new(MemoryTokenStore::default()),
            Arc::new(ManualClock::default()),
        );
        let ids = Arc::new(SequentialIds::default());
        let access = Access::new(store.clone(), clock.clone(), ids);
        let request = CreateToken {
            user: UserName::parse("ada").unwrap(),
            name: TokenName::parse("laptop").unwrap(),
            lifetime: Some(chrono::TimeDelta::days(1)),
        };
        let created = access.create(request).await.unwrap();
        let signed_in = access.authenticate(&created.shown, Carrier::Header).await;
        Self {
            signed_in: signed_in.unwrap().unwrap(),
            access,
            store,
            clock,
        }
    }

    fn bench(&self) -> Bench {
        let mut bench = Bench::new();
        let sign_in = SignIn::ByToken(self.access.clone());
        bench.pass = Pass::of(&sign_in, Visitor::SignedIn(self.signed_in));
        bench
    }
}

/// Gives signs of life for so many times ten seconds.
async fn stay(client: &Client, times: usize) {
    for _ in 0..times {
        sleep(Duration::from_secs(10)).await;
        client.send(Received::Alive).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_lost_their_token_is_out_within_half_a_minute() {
    let ada = Ada::new().await;
    let bench = ada.bench();
    let mut client = bench.connect().await;
    let started = client.start().await;
    stay(&client, 6).await;
    sleep(Duration::from_secs(1)).await;
    let signed_in = ada.signed_in;
    ada.access
        .revoke(signed_in.user_id, signed_in.token)
        .await
        .unwrap();
    client.send(Received::Alive).await;
    let begin = Instant::now();
    assert_eq!(client.close_code().await, 4001);
    assert!(
        begin.elapsed() <= Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
    // Somebody who is still signed in as the same user may take the session over.
    assert_eq!(bench.ended(&started).await, None);
}

#[tokio::test(start_paused = true)]
async fn whoevers_time_is_over_is_out() {
    let ada = Ada::new().await;
    let bench = ada.bench();
    let mut client = bench.connect().await;
    stay(&client, 4).await;
    ada.clock.advance(Duration::from_hours(24));
    assert_eq!(client.close_code().await, 4001);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_goes_away_throws_nobody_out() {
    let ada = Ada::new().await;
    let bench = ada.bench();
    let client = bench.connect().await;
    ada.store.faults().fail(StoreErrorKind::Unavailable);
    stay(&client, 10).await;
    assert!(ada.store.faults().failures() >= 3);
    ada.store.faults().recover();
    stay(&client, 10).await;
}
