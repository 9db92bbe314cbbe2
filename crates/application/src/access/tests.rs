use std::net::Ipv4Addr;

use futures_util::future::{join_all, try_join_all};
use viva_fakes::{ManualClock, MemoryTokenStore, SequentialIds};

use super::*;

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn elsewhere() -> IpAddr {
    Ipv4Addr::new(192, 0, 2, 1).into()
}

struct Bench {
    access: Access,
    store: Arc<MemoryTokenStore>,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new() -> Self {
        let store = Arc::new(MemoryTokenStore::default());
        let clock = Arc::new(ManualClock::default());
        let ids = Arc::new(SequentialIds::default());
        Self {
            access: Access::new(store.clone(), clock.clone(), ids),
            store,
            clock,
        }
    }

    async fn create(&self, user: &str, lifetime: Option<TimeDelta>) -> CreatedToken {
        let request = CreateToken {
            user: UserName::parse(user).unwrap(),
            name: TokenName::parse("laptop").unwrap(),
            lifetime,
        };
        self.access.create(request).await.unwrap()
    }

    async fn header(&self, created: &CreatedToken) -> Option<UserId> {
        self.shown(&created.shown, Carrier::Header).await
    }

    async fn cookie(&self, created: &CreatedToken) -> Option<UserId> {
        self.shown(&created.shown, Carrier::Cookie).await
    }

    async fn shown(&self, shown: &ShownToken, carrier: Carrier) -> Option<UserId> {
        let signed_in = self.access.authenticate(shown, carrier).await.unwrap()?;
        assert_eq!(signed_in.token, shown.id());
        assert!(self.access.is_signed_in(signed_in).await.unwrap());
        Some(signed_in.user_id)
    }

    async fn sign_in(&self, created: &CreatedToken) -> CreatedToken {
        let signed_in = self.access.sign_in(&created.shown.reveal(), CLIENT).await;
        signed_in.unwrap()
    }

    async fn kept(&self, created: &CreatedToken) -> ApiToken {
        self.store.find(created.token.id).await.unwrap().unwrap()
    }

    async fn revoke(&self, created: &CreatedToken) {
        let token = &created.token;
        self.access.revoke(token.user_id, token.id).await.unwrap();
    }

    async fn states(&self, tokens: &[ApiToken]) -> Vec<TokenState> {
        let states = tokens.iter().map(|token| self.access.state(token));
        try_join_all(states).await.unwrap()
    }

    fn wait(&self, lifetime: TimeDelta) {
        self.clock.advance(lifetime.to_std().unwrap());
    }
}

#[tokio::test]
async fn a_token_tells_who_shows_it() {
    let bench = Bench::new();
    let (ada, bob) = (bench.create("ada", None).await, bench.create("bob", None).await);
    let again = bench.create("Ada", None).await;
    assert_eq!(bench.header(&ada).await, Some(ada.token.user_id));
    assert_eq!(bench.header(&bob).await, Some(bob.token.user_id));
    assert_eq!(bench.header(&again).await, Some(ada.token.user_id));
    assert_ne!(ada.token.user_id, bob.token.user_id);
    let local = bench.create("local", None).await;
    assert_eq!(bench.header(&local).await, Some(UserId::LOCAL));
}

#[tokio::test]
async fn nothing_else_tells_anything() {
    let bench = Bench::new();
    let (ada, bob) = (bench.create("ada", None).await, bench.create("bob", None).await);
    let secret = |created: &CreatedToken| created.shown.reveal()[38..].to_owned();
    for shown in [
        // Another one's secret, a wrong one, that of nobody.
        ShownToken::new(ada.token.id, secret(&bob)),
        ShownToken::new(ada.token.id, "0".repeat(64)),
        ShownToken::new(ada.token.id, String::new()),
        ShownToken::new(TokenId::from_uuid(ada.token.user_id.as_uuid()), secret(&ada)),
    ] {
        assert_eq!(bench.shown(&shown, Carrier::Header).await, None, "{shown:?}");
    }
    let own = ShownToken::new(ada.token.id, secret(&ada));
    assert!(bench.shown(&own, Carrier::Header).await.is_some());
}

#[tokio::test]
async fn a_token_ends_at_its_time_or_when_it_is_revoked() {
    let bench = Bench::new();
    let short = bench.create("ada", Some(TimeDelta::days(1))).await;
    let long = bench.create("ada", None).await;
    bench.wait(TimeDelta::days(1) - TimeDelta::microseconds(1));
    assert!(bench.header(&short).await.is_some());
    let signed_in = SignedIn {
        user_id: short.token.user_id,
        token: short.token.id,
    };
    bench.wait(TimeDelta::microseconds(1));
    assert_eq!(bench.header(&short).await, None);
    assert!(!bench.access.is_signed_in(signed_in).await.unwrap());
    assert!(bench.header(&long).await.is_some());
    bench.revoke(&long).await;
    assert_eq!(bench.header(&long).await, None);
    let ada = short.token.user_id;
    let listed = bench.access.list(ada, PageRequest::new(1, 10)).await.unwrap();
    assert_eq!(
        bench.states(&listed.items).await,
        [TokenState::Expired, TokenState::Revoked]
    );
}

#[tokio::test]
async fn a_lifetime_beyond_the_calendar_is_for_ever() {
    let bench = Bench::new();
    let created = bench.create("ada", Some(TimeDelta::MAX)).await;
    assert_eq!(created.token.expires_at, None);
}

#[tokio::test]
async fn tokens_of_others_cannot_be_revoked() {
    let bench = Bench::new();
    let (ada, bob) = (bench.create("ada", None).await, bench.create("bob", None).await);
    let refused = bench.access.revoke(bob.token.user_id, ada.token.id).await;
    let said = refused.unwrap_err().to_string();
    assert_eq!(said, format!("there is no token {}", ada.token.id));
    assert!(bench.header(&ada).await.is_some());
    let owner = bench.access.owner_of(ada.token.id).await.unwrap();
    assert_eq!(owner, ada.token.user_id);
    let nobody = TokenId::from_uuid(owner.as_uuid());
    assert!(matches!(bench.access.owner_of(nobody).await, Err(TokenError::Unknown(id)) if id == nobody));
}

#[tokio::test]
async fn a_browser_gets_a_token_of_its_own() {
    let bench = Bench::new();
    let token = bench.create("ada", None).await;
    let browser = bench.sign_in(&token).await;
    assert_ne!(browser.shown.reveal(), token.shown.reveal());
    assert_eq!(bench.cookie(&browser).await, Some(token.token.user_id));
    // Neither is good for what the other one is for.
    assert_eq!(bench.header(&browser).await, None);
    assert_eq!(bench.cookie(&token).await, None);
    let reused = bench.access.sign_in(&browser.shown.reveal(), CLIENT).await;
    assert!(matches!(reused, Err(SignInError::Refused)));
}

#[tokio::test]
async fn a_browser_is_signed_in_as_long_as_its_token_lasts_and_a_month_at_most() {
    let bench = Bench::new();
    let (week, year) = (TimeDelta::days(7), TimeDelta::days(365));
    for (lifetime, lasts) in [
        (Some(week), week),
        (Some(year), SIGNED_IN_FOR),
        (None, SIGNED_IN_FOR),
    ] {
        let browser = bench.sign_in(&bench.create("ada", lifetime).await).await;
        let expires_at = browser.token.expires_at.unwrap();
        assert_eq!(expires_at - bench.clock.now(), lasts);
    }
}

#[tokio::test]
async fn whoever_revokes_a_token_signs_its_browsers_out() {
    let bench = Bench::new();
    let (token, other) = (bench.create("ada", None).await, bench.create("ada", None).await);
    let (browser, kept) = (bench.sign_in(&token).await, bench.sign_in(&other).await);
    assert!(bench.cookie(&browser).await.is_some());
    bench.revoke(&token).await;
    assert_eq!(bench.cookie(&browser).await, None);
    let signed_in = SignedIn {
        user_id: browser.token.user_id,
        token: browser.token.id,
    };
    assert!(!bench.access.is_signed_in(signed_in).await.unwrap());
    assert!(bench.cookie(&kept).await.is_some());
}

#[tokio::test]
async fn a_browsers_token_is_in_the_state_of_the_one_that_it_was_made_with() {
    use TokenState::{Expired, Revoked, Valid};
    let bench = Bench::new();
    let month = bench.create("ada", Some(TimeDelta::days(30))).await;
    let year = bench.create("ada", Some(TimeDelta::days(365))).await;
    let mut tokens = Vec::new();
    for token in [&month, &year] {
        tokens.extend([token.token.clone(), bench.sign_in(token).await.token]);
    }
    assert_eq!(bench.states(&tokens).await, [Valid; 4]);
    bench.revoke(&year).await;
    tokens[2] = bench.kept(&year).await;
    assert_eq!(bench.states(&tokens).await, [Valid, Valid, Revoked, Revoked]);
    bench.wait(TimeDelta::days(30));
    assert_eq!(bench.states(&tokens).await, [Expired, Expired, Revoked, Expired]);
    // It has no end of its own, and that of the other one came before.
    let lasting = ApiToken {
        expires_at: None,
        ..tokens[1].clone()
    };
    assert_eq!(bench.states(&[lasting]).await, [Expired]);
}

#[tokio::test]
async fn whoever_signs_out_keeps_the_token() {
    let bench = Bench::new();
    let token = bench.create("ada", None).await;
    let browser = bench.sign_in(&token).await;
    let carrier = Carrier::Cookie;
    let signed_in = bench.access.authenticate(&browser.shown, carrier).await.unwrap();
    let signed_in = signed_in.unwrap();
    for _ in 0..2 {
        bench.access.sign_out(signed_in).await.unwrap();
        assert_eq!(bench.cookie(&browser).await, None);
    }
    assert!(bench.header(&token).await.is_some());
    // What is over is forgotten when somebody signs in again.
    bench.sign_in(&token).await;
    assert_eq!(bench.store.find(browser.token.id).await.unwrap(), None);
}

#[tokio::test]
async fn whoever_guesses_has_to_wait_and_every_failure_is_the_same() {
    let bench = Bench::new();
    let valid = bench.create("ada", None).await;
    let expired = bench.create("ada", Some(TimeDelta::zero())).await;
    let revoked = bench.create("ada", None).await;
    bench.revoke(&revoked).await;
    let wrong = ShownToken::new(valid.token.id, "0".repeat(64));
    for text in [
        String::new(),
        "viva_".to_owned(),
        wrong.reveal(),
        expired.shown.reveal(),
        revoked.shown.reveal(),
    ] {
        let failed = bench.access.sign_in(&text, CLIENT).await.unwrap_err();
        assert!(matches!(failed, SignInError::Refused), "{text}: {failed:?}");
        assert_eq!(failed.to_string(), "this token signs nobody in");
        bench.wait(TimeDelta::seconds(5));
    }
    bench.access.sign_in("nonsense", CLIENT).await.unwrap_err();
    // From now on failures wait there.
    let failed = bench.access.sign_in(&wrong.reveal(), CLIENT).await;
    let Err(SignInError::TooSoon { retry_after }) = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(retry_after, Duration::from_secs(8));
    let elsewhere = bench.access.sign_in("nonsense", elsewhere()).await;
    assert!(matches!(elsewhere, Err(SignInError::Refused)), "{elsewhere:?}");
}

#[tokio::test]
async fn a_good_token_signs_in_however_many_failed_at_its_address() {
    let bench = Bench::new();
    let ada = bench.create("ada", None).await;
    for _ in 0..10 {
        bench.access.sign_in("nonsense", CLIENT).await.unwrap_err();
    }
    let text = format!(" {}\n", ada.shown.reveal());
    bench.access.sign_in(&text, CLIENT).await.unwrap();
    // That forgives nobody else.
    let failed = bench.access.sign_in("nonsense", CLIENT).await;
    assert!(matches!(failed, Err(SignInError::TooSoon { .. })), "{failed:?}");
}

#[tokio::test]
async fn of_many_wrong_tokens_at_once_the_free_ones_are_heard() {
    let bench = Bench::new();
    let ada = bench.create("ada", None).await;
    let wrong = ShownToken::new(ada.token.id, "0".repeat(64)).reveal();
    let attempts = (0..50).map(|_| bench.access.sign_in(&wrong, CLIENT));
    let failed = join_all(attempts).await;
    let heard = failed
        .iter()
        .filter(|failed| matches!(failed, Err(SignInError::Refused)));
    assert_eq!(heard.count(), 3);
}

#[tokio::test]
async fn wrong_headers_wait_as_well_and_are_counted_apart() {
    let bench = Bench::new();
    for _ in 0..3 {
        assert_eq!(bench.access.refuse(CLIENT), Ok(()));
    }
    assert_eq!(bench.access.refuse(CLIENT), Err(Duration::from_secs(1)));
    assert_eq!(bench.access.refuse(elsewhere()), Ok(()));
    let form = bench.access.sign_in("nonsense", CLIENT).await;
    assert!(matches!(form, Err(SignInError::Refused)), "{form:?}");
    bench.wait(TimeDelta::seconds(1));
    assert_eq!(bench.access.refuse(CLIENT), Ok(()));
    assert_eq!(bench.access.refuse(CLIENT), Err(Duration::from_secs(2)));
}

#[tokio::test]
async fn a_token_is_known_from_when_it_was_good_until_it_is_not() {
    let bench = Bench::new();
    let ada = bench.create("ada", None).await;
    let known = || bench.access.known(&ada.shown);
    assert_eq!(known(), None);
    bench.header(&ada).await.unwrap();
    assert_eq!(known(), Some(ada.token.user_id));
    let wrong = ShownToken::new(ada.token.id, "0".repeat(64));
    assert_eq!(bench.shown(&wrong, Carrier::Header).await, None);
    assert_eq!(bench.access.known(&wrong), None);
    assert!(known().is_some(), "whoever guesses makes nobody unknown");
    // Where it does not belong, it is as good as any other.
    assert_eq!(bench.cookie(&ada).await, None);
    assert_eq!(known(), None);
    bench.header(&ada).await.unwrap();
    bench.revoke(&ada).await;
    assert_eq!(bench.header(&ada).await, None);
    assert_eq!(known(), None);
}

#[tokio::test]
async fn a_token_that_signed_a_browser_in_is_known_as_well() {
    let bench = Bench::new();
    let ada = bench.create("ada", None).await;
    bench.sign_in(&ada).await;
    assert_eq!(bench.access.known(&ada.shown), Some(ada.token.user_id));
    bench.revoke(&ada).await;
    let refused = bench.access.sign_in(&ada.shown.reveal(), CLIENT).await;
    assert!(matches!(refused, Err(SignInError::Refused)), "{refused:?}");
    assert_eq!(bench.access.known(&ada.shown), None);
}

#[tokio::test]
async fn it_is_noted_once_a_minute_that_a_token_is_used() {
    let bench = Bench::new();
    let token = bench.create("ada", None).await;
    assert_eq!(bench.kept(&token).await.last_used_at, None);
    let first = bench.clock.now();
    for (seconds, noted) in [(0, 0), (59, 0), (1, 60), (30, 60)] {
        bench.wait(TimeDelta::seconds(seconds));
        bench.header(&token).await.unwrap();
        let used = bench.kept(&token).await.last_used_at.unwrap();
        assert_eq!((used - first).num_seconds(), noted);
    }
    let browser = bench.sign_in(&token).await;
    bench.cookie(&browser).await.unwrap();
    assert_eq!(bench.kept(&browser).await.last_used_at, Some(bench.clock.now()));
}

#[tokio::test]
async fn a_database_that_is_away_is_no_wrong_token() {
    let bench = Bench::new();
    let token = bench.create("ada", None).await;
    let text = token.shown.reveal();
    bench.store.faults().fail(StoreErrorKind::Unavailable);
    let failed = bench.access.authenticate(&token.shown, Carrier::Header).await;
    assert_eq!(failed.unwrap_err().kind, StoreErrorKind::Unavailable);
    for _ in 0..10 {
        let failed = bench.access.sign_in(&text, CLIENT).await;
        assert!(matches!(failed, Err(SignInError::Store(_))), "{failed:?}");
    }
    bench.store.faults().recover();
    bench.access.sign_in(&text, CLIENT).await.unwrap();
}

#[tokio::test]
async fn who_is_forgotten_is_not_signed_in_and_nobody() {
    let bench = Bench::new();
    let token = bench.create("ada", None).await;
    let browser = bench.sign_in(&token).await;
    let carrier = Carrier::Cookie;
    let signed_in = bench.access.authenticate(&browser.shown, carrier).await.unwrap();
    let signed_in = signed_in.unwrap();
    let (user, shown) = bench.access.who(signed_in).await.unwrap().unwrap();
    assert_eq!((user.name.as_str(), shown.id), ("ada", browser.token.id));
    bench.access.sign_out(signed_in).await.unwrap();
    bench.sign_in(&token).await;
    assert!(!bench.access.is_signed_in(signed_in).await.unwrap());
    assert_eq!(bench.access.who(signed_in).await.unwrap(), None);
}

#[tokio::test]
async fn a_use_that_cannot_be_noted_keeps_nobody_out() {
    let bench = Bench::new();
    let token = bench.create("ada", None).await;
    // The token can be read.
    bench.store.faults().fail_after(1, StoreErrorKind::Unavailable);
    let signed_in = bench
        .access
        .authenticate(&token.shown, Carrier::Header)
        .await
        .unwrap();
    assert_eq!(signed_in.map(|signed_in| signed_in.token), Some(token.token.id));
    assert_eq!(bench.store.faults().failures(), 1);
    bench.store.faults().recover();
    assert_eq!(bench.kept(&token).await.last_used_at, None);
}

#[tokio::test]
async fn nobody_is_told_to_be_signed_out_while_the_database_is_away() {
    let bench = Bench::new();
    let browser = bench.sign_in(&bench.create("ada", None).await).await;
    let signed_in = SignedIn {
        user_id: browser.token.user_id,
        token: browser.token.id,
    };
    bench.store.faults().fail_next(1, StoreErrorKind::Unavailable);
    let failed = bench.access.sign_out(signed_in).await;
    assert_eq!(failed.map_err(|err| err.kind), Err(StoreErrorKind::Unavailable));
    assert!(bench.cookie(&browser).await.is_some());
}
