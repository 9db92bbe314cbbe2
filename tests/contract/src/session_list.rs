//! What every [`SessionStore`] must do when sessions are listed.

use std::time::Duration;

use futures_util::future::join_all;
use viva_domain::ids::{SessionId, UserId};
use viva_domain::latency::{MeasuredAt, TotalLatency};
use viva_domain::ports::{PageRequest, SessionList, SessionStore};
use viva_domain::sessions::{
    EndStatus, Interaction, InteractionMode, Session, SessionFilter, SessionStatus, SessionSummary,
    TextSearch,
};
use viva_domain::turns::{HeardText, Turn};

use crate::samples::{
    self, OWNER, STRANGER, at, cascade_config, failed_turn, session, session_id, turn, turn_id,
};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn SessionStore))`.
#[macro_export]
macro_rules! session_list_contract {
    ($factory:ident) => {
        $crate::contract_cases!(session_list, $factory:
            lists_are_newest_first,
            lists_hold_the_owners_sessions_only,
            pages_stay_the_same_while_sessions_start,
            what_is_searched_for_stays_the_same_while_sessions_start,
            a_bound_of_the_future_is_that_of_now,
            summaries_are_those_of_the_turns,
            interrupted_turns_are_in_no_average,
            turns_at_once_are_all_in_the_summary,
            providers_of_before_are_kept,
            providers_are_found_by_their_whole_name,
            modes_and_states_are_told_apart,
            a_time_belongs_to_what_begins_with_it,
            conditions_add_up,
        );
    };
}

pub async fn lists_are_newest_first(store: &dyn SessionStore) {
    // Neither the order of insertion nor that of the ids is that of the times; 4 and 5 began in the same microsecond.
    let times = [(1, 30), (5, 20), (2, 40), (4, 20), (3, 10)];
    for (n, started_us) in times {
        insert_at(store, n, started_us).await;
    }
    let newest_first = [2, 1, 5, 4, 3].map(session_id);
    let everything = SessionFilter::default();
    let page = async |page, size| {
        let list = store.list(OWNER, &everything, PageRequest::new(page, size)).await;
        let list = list.unwrap();
        assert_eq!(list.page.total, 5);
        ids(&list)
    };
    assert_eq!(page(1, 100).await, newest_first);
    assert_eq!(page(1, 2).await, newest_first[..2]);
    assert_eq!(page(2, 2).await, newest_first[2..4]);
    assert_eq!(page(3, 2).await, newest_first[4..]);
    assert_eq!(page(4, 2).await, []);
    assert_eq!(page(u32::MAX, 100).await, []);
}

pub async fn lists_hold_the_owners_sessions_only(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &said(1, 1, "Mine.", "")).await.unwrap();
    let foreign = Session {
        user_id: STRANGER,
        ..session(2)
    };
    store.insert(&foreign).await.unwrap();
    store
        .save_turn(STRANGER, &said(2, 1, "Mine too.", ""))
        .await
        .unwrap();
    for filter in [SessionFilter::default(), text("mine")] {
        for (owner, n) in [(OWNER, 1), (STRANGER, 2)] {
            let list = listed_of(store, owner, &filter).await;
            assert_eq!((ids(&list), list.page.total), (vec![session_id(n)], 1));
        }
        let nobody = UserId::from_uuid(session_id(9).as_uuid());
        assert_eq!(listed_of(store, nobody, &filter).await.page.total, 0);
    }
}

pub async fn pages_stay_the_same_while_sessions_start(store: &dyn SessionStore) {
    for n in 1..=5 {
        insert_at(store, n, i64::from(n) * 10).await;
    }
    let mut filter = SessionFilter::default();
    let mut seen = Vec::new();
    for (page, starting) in [(1, [6, 7]), (2, [8, 9]), (3, [10, 11])] {
        let list = store
            .list(OWNER, &filter, PageRequest::new(page, 2))
            .await
            .unwrap();
        assert_eq!(list.page.total, 5, "page {page}");
        seen.extend(ids(&list));
        filter.bound = Some(list.bound);
        // One that is the newest of all, and one that began before all others and is stored only now.
        for (n, started_us) in [(starting[0], 1_000), (starting[1], 1)] {
            insert_at(store, n, started_us).await;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(session_id));
    filter.bound = None;
    assert_eq!(listed(store, &filter).await.page.total, 11);
}

pub async fn what_is_searched_for_stays_the_same_while_sessions_start(store: &dyn SessionStore) {
    let mut filter = text("hello");
    for (n, found) in [(1, 1), (2, 1), (3, 1)] {
        insert_at(store, n, i64::from(n)).await;
        let said = Turn {
            user_transcript: Some("Hello".to_owned()),
            ..turn(n, 1)
        };
        store.save_turn(OWNER, &said).await.unwrap();
        let list = listed(store, &filter).await;
        assert_eq!((list.page.total, ids(&list)), (found, vec![session_id(1)]));
        filter.bound = Some(list.bound);
    }
    filter.bound = None;
    assert_eq!(listed(store, &filter).await.page.total, 3);
}

pub async fn a_bound_of_the_future_is_that_of_now(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let bound = listed(store, &SessionFilter::default()).await.bound;
    for (asked, expected) in [(bound, 1), (bound + 1, 1), (u64::MAX, 1), (0, 0)] {
        let filter = SessionFilter {
            bound: Some(asked),
            ..SessionFilter::default()
        };
        let list = listed(store, &filter).await;
        assert_eq!((list.page.total, list.bound), (expected, asked.min(bound)));
    }
}

pub async fn summaries_are_those_of_the_turns(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    assert_eq!(summary(store).await, SessionSummary::default());
    for (number, total_us) in [(1, 100), (2, 900), (4, 401)] {
        for _ in 0..2 {
            store.save_turn(OWNER, &took(number, total_us)).await.unwrap();
        }
    }
    let refused = Turn {
        id: turn_id(1, 9),
        ..took(4, 5)
    };
    store.save_turn(OWNER, &refused).await.unwrap_err();
    let expected = SessionSummary {
        turn_count: 3,
        interrupted_count: 0,
        avg_latency: Some(Duration::from_micros(467)),
        p95_latency: Some(Duration::from_micros(900)),
    };
    assert_eq!(summary(store).await, expected);
    store
        .end(OWNER, session_id(1), at(99), EndStatus::Completed)
        .await
        .unwrap();
    let list = listed(store, &SessionFilter::default()).await;
    let overview = &list.page.items[0];
    let stored = store.find(OWNER, session_id(1)).await.unwrap();
    assert_eq!(
        (Some(&overview.session), overview.summary),
        (stored.as_ref(), expected)
    );
}

pub async fn interrupted_turns_are_in_no_average(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    store.save_turn(OWNER, &failed_turn(1, 2)).await.unwrap();
    let expected = SessionSummary {
        turn_count: 2,
        interrupted_count: 1,
        avg_latency: None,
        p95_latency: None,
    };
    assert_eq!(summary(store).await, expected);
    store.save_turn(OWNER, &took(3, 7)).await.unwrap();
    assert_eq!(summary(store).await.avg_latency, Some(Duration::from_micros(7)));
}

pub async fn turns_at_once_are_all_in_the_summary(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let turns: Vec<Turn> = (1..=8)
        .map(|number| said(1, number, &format!("word{number}"), ""))
        .collect();
    for saved in join_all(turns.iter().map(|turn| store.save_turn(OWNER, turn))).await {
        saved.unwrap();
    }
    assert_eq!(summary(store).await.turn_count, 8);
    for number in 1..=8 {
        assert_finds(store, &format!("word{number}"), &[1]).await;
    }
}

pub async fn providers_of_before_are_kept(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let providers = async || {
        listed(store, &SessionFilter::default()).await.page.items[0]
            .providers
            .clone()
    };
    assert_eq!(providers().await, ["offline"]);
    let cascade = Interaction::Cascade(Box::new(cascade_config()));
    for (owner, interaction) in [
        (
            STRANGER,
            Interaction::Realtime(samples::realtime_config("foreign")),
        ),
        (OWNER, cascade),
        (OWNER, session(1).interaction),
    ] {
        store.switch(owner, session_id(1), &interaction).await.unwrap();
    }
    assert_eq!(providers().await, ["offline", "ears", "brain", "mouth"]);
    assert_lists(store, &of_provider("ears"), &[1]).await;
    assert_lists(store, &of_provider("offline"), &[1]).await;
    assert_lists(store, &of_provider("foreign"), &[]).await;
}

pub async fn providers_are_found_by_their_whole_name(store: &dyn SessionStore) {
    for (n, provider) in [(1, "acme"), (2, "acme-live"), (3, "acme_live"), (4, "ACME")] {
        let session = Session {
            interaction: Interaction::Realtime(samples::realtime_config(provider)),
            ..session(n)
        };
        store.insert(&session).await.unwrap();
    }
    for (provider, found) in [
        ("acme", vec![1]),
        ("acme-live", vec![2]),
        ("acme_live", vec![3]),
        ("ACME", vec![4]),
        ("acm", vec![]),
        ("%", vec![]),
        ("live", vec![]),
    ] {
        assert_lists(store, &of_provider(provider), &found).await;
    }
}

pub async fn modes_and_states_are_told_apart(store: &dyn SessionStore) {
    for n in 1..=3 {
        store.insert(&session(n)).await.unwrap();
    }
    let cascade = Interaction::Cascade(Box::new(cascade_config()));
    store.switch(OWNER, session_id(2), &cascade).await.unwrap();
    store
        .end(OWNER, session_id(3), at(9), EndStatus::Error)
        .await
        .unwrap();
    for (mode, found) in [
        (InteractionMode::Realtime, vec![3, 1]),
        (InteractionMode::Cascade, vec![2]),
    ] {
        let filter = SessionFilter {
            mode: Some(mode),
            ..SessionFilter::default()
        };
        assert_lists(store, &filter, &found).await;
    }
    for (status, found) in [
        (SessionStatus::Active, vec![2, 1]),
        (SessionStatus::Ended(EndStatus::Error), vec![3]),
        (SessionStatus::Ended(EndStatus::Completed), vec![]),
    ] {
        let filter = SessionFilter {
            status: Some(status),
            ..SessionFilter::default()
        };
        assert_lists(store, &filter, &found).await;
    }
}

pub async fn a_time_belongs_to_what_begins_with_it(store: &dyn SessionStore) {
    for (n, started_us) in [(1, -1), (2, 0), (3, 999_999), (4, 1_000_000)] {
        insert_at(store, n, started_us).await;
    }
    let between = |from, before| SessionFilter {
        from,
        before,
        ..SessionFilter::default()
    };
    let (noon, later) = (Some(at(0)), Some(at(1_000_000)));
    assert_lists(store, &between(noon, later), &[3, 2]).await;
    assert_lists(store, &between(noon, None), &[4, 3, 2]).await;
    assert_lists(store, &between(None, noon), &[1]).await;
    assert_lists(store, &between(noon, noon), &[]).await;
}

pub async fn conditions_add_up(store: &dyn SessionStore) {
    for n in 1..=12 {
        let mut session = session(n);
        if n % 2 == 0 {
            session.interaction = Interaction::Cascade(Box::new(cascade_config()));
        }
        store.insert(&session).await.unwrap();
        let text = if n % 3 == 0 { "Three." } else { "Another." };
        store
            .save_turn(OWNER, &said(n, 1, text, "三的倍數"))
            .await
            .unwrap();
    }
    let filter = SessionFilter {
        mode: Some(InteractionMode::Cascade),
        status: Some(SessionStatus::Active),
        provider: Some("brain".to_owned()),
        from: Some(session(3).started_at),
        before: Some(session(12).started_at),
        text: Some(TextSearch::parse("three 三的倍").unwrap()),
        bound: Some(1_000),
    };
    assert_lists(store, &filter, &[6]).await;
    let wider = SessionFilter {
        before: None,
        ..filter
    };
    let second = store.list(OWNER, &wider, PageRequest::new(2, 1)).await.unwrap();
    assert_eq!((ids(&second), second.page.total), (vec![session_id(6)], 2));
}

async fn insert_at(store: &dyn SessionStore, n: u16, started_us: i64) {
    let session = Session {
        started_at: at(started_us),
        ..session(n)
    };
    store.insert(&session).await.unwrap();
}

/// A turn in which this was said and heard.
pub(crate) fn said(n: u16, number: u16, user: &str, ai: &str) -> Turn {
    Turn {
        user_transcript: (!user.is_empty()).then(|| user.to_owned()),
        answer: HeardText {
            heard: ai.to_owned(),
            unheard: String::new(),
        },
        ..turn(n, number)
    }
}

/// A turn of the first session that was heard to its end, with this latency.
fn took(number: u16, total_us: u64) -> Turn {
    let mut turn = turn(1, number);
    turn.interruption = None;
    turn.latency.total = Some(TotalLatency {
        duration: Duration::from_micros(total_us),
        measured: MeasuredAt::Client,
    });
    turn
}

fn of_provider(provider: &str) -> SessionFilter {
    SessionFilter {
        provider: Some(provider.to_owned()),
        ..SessionFilter::default()
    }
}

fn text(wanted: &str) -> SessionFilter {
    of_search(TextSearch::parse(wanted).unwrap())
}

pub(crate) fn of_search(search: TextSearch) -> SessionFilter {
    SessionFilter {
        text: Some(search),
        ..SessionFilter::default()
    }
}

pub(crate) async fn summary(store: &dyn SessionStore) -> SessionSummary {
    listed(store, &SessionFilter::default()).await.page.items[0].summary
}

pub(crate) async fn assert_finds(store: &dyn SessionStore, wanted: &str, found: &[u16]) {
    assert_lists(store, &text(wanted), found).await;
}

pub(crate) async fn assert_lists(store: &dyn SessionStore, filter: &SessionFilter, found: &[u16]) {
    let found: Vec<SessionId> = found.iter().copied().map(session_id).collect();
    let list = listed(store, filter).await;
    assert_eq!(ids(&list), found, "{filter:?}");
    assert_eq!(list.page.total, found.len() as u64, "{filter:?}");
}

async fn listed(store: &dyn SessionStore, filter: &SessionFilter) -> SessionList {
    listed_of(store, OWNER, filter).await
}

async fn listed_of(store: &dyn SessionStore, owner: UserId, filter: &SessionFilter) -> SessionList {
    let page = PageRequest::new(1, PageRequest::MAX_SIZE);
    store.list(owner, filter, page).await.unwrap()
}

fn ids(list: &SessionList) -> Vec<SessionId> {
    let items = list.page.items.iter();
    items.map(|overview| overview.session.id).collect()
}
