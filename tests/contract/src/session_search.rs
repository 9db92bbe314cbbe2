//! What every [`SessionStore`] must find by text.

use viva_domain::ports::SessionStore;
use viva_domain::sessions::TextSearch;
use viva_domain::turns::{Turn, TurnNumber};

use crate::samples::{OWNER, failed_turn, session, session_id, turn};
use crate::session_list::{assert_finds, assert_lists, of_search, said, summary};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn SessionStore))`.
#[macro_export]
macro_rules! session_search_contract {
    ($factory:ident) => {
        $crate::contract_cases!(session_search, $factory:
            words_are_found_by_their_beginning,
            runs_of_characters_are_found_inside,
            what_was_not_heard_is_not_found,
            everything_has_to_be_found_in_one_session,
            late_words_are_found_and_what_they_replace_is_not,
            words_that_come_with_a_turn_again_are_found,
            no_text_is_a_command,
        );
    };
}

pub async fn words_are_found_by_their_beginning(store: &dyn SessionStore) {
    for (n, user, ai) in [
        (1, "Where is my ORDER no. 4711?", "It isn't here."),
        (2, "A refund, please.", "Übermorgen, at once."),
        (3, "", "Ordinary people order."),
    ] {
        store.insert(&session(n)).await.unwrap();
        store.save_turn(OWNER, &said(n, 1, user, ai)).await.unwrap();
    }
    for (wanted, found) in [
        ("order", vec![3, 1]),
        ("Ord", vec![3, 1]),
        ("o", vec![3, 2, 1]),
        ("or", vec![3, 1]),
        ("ordi", vec![3]),
        ("a", vec![2]),
        ("4711", vec![1]),
        ("47", vec![1]),
        ("isn't", vec![1]),
        ("ÜBER", vec![2]),
        ("ü", vec![2]),
        ("funds", vec![]),
        ("fund", vec![]),
        ("orders", vec![]),
        ("711", vec![]),
    ] {
        assert_finds(store, wanted, &found).await;
    }
}

pub async fn runs_of_characters_are_found_inside(store: &dyn SessionStore) {
    for (n, user, ai) in [
        (1, "我的訂單編號是4711，iPhone手機還沒到。", "請稍等。"),
        (2, "從前有一條龍。訂單", "單訂編號"),
        (3, "カタカナを한국어로", "สวัสดีครับ 𠮷野家"),
    ] {
        store.insert(&session(n)).await.unwrap();
        store.save_turn(OWNER, &said(n, 1, user, ai)).await.unwrap();
    }
    for (wanted, found) in [
        ("訂", vec![2, 1]),
        ("編號", vec![2, 1]),
        ("訂單", vec![2, 1]),
        ("訂單編號", vec![1]),
        // All its pairs are there, but not in a row.
        ("訂單訂", vec![]),
        ("單訂編", vec![2]),
        ("手機還", vec![1]),
        ("iphone手機", vec![1]),
        ("到", vec![1]),
        ("タカ", vec![3]),
        ("국어", vec![3]),
        ("สวัส", vec![3]),
        ("𠮷", vec![3]),
        ("𠮷野家", vec![3]),
        ("龜", vec![]),
    ] {
        assert_finds(store, wanted, &found).await;
    }
}

pub async fn what_was_not_heard_is_not_found(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    // It ends with "a time. 從前從前。", which nobody heard.
    store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    store.save_turn(OWNER, &failed_turn(1, 2)).await.unwrap();
    assert_finds(store, "once upon story", &[1]).await;
    for unheard in ["time", "從前", "provider"] {
        assert_finds(store, unheard, &[]).await;
    }
}

pub async fn everything_has_to_be_found_in_one_session(store: &dyn SessionStore) {
    for n in [1, 2] {
        store.insert(&session(n)).await.unwrap();
    }
    for (n, number, user, ai) in [
        (1, 1, "alpha", "beta"),
        (1, 2, "gamma", "三個字"),
        (2, 1, "alpha", "delta"),
    ] {
        store.save_turn(OWNER, &said(n, number, user, ai)).await.unwrap();
    }
    for (wanted, found) in [
        ("alpha", vec![2, 1]),
        ("gamma beta alpha", vec![1]),
        ("三個字 alpha", vec![1]),
        ("三個字 delta", vec![]),
        ("beta delta", vec![]),
    ] {
        assert_finds(store, wanted, &found).await;
    }
}

pub async fn late_words_are_found_and_what_they_replace_is_not(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &failed_turn(1, 1)).await.unwrap();
    let amend = async |words| {
        let number = TurnNumber::new(1).unwrap();
        store
            .amend_user_transcript(OWNER, session_id(1), number, words)
            .await
            .unwrap();
    };
    amend("Recognise speech, 前").await;
    assert_finds(store, "recognise 前", &[1]).await;
    amend("Wreck a nice beach.").await;
    assert_finds(store, "nice beach", &[1]).await;
    for replaced in ["recognise", "speech", "前"] {
        assert_finds(store, replaced, &[]).await;
    }
}

pub async fn words_that_come_with_a_turn_again_are_found(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &failed_turn(1, 1)).await.unwrap();
    let again = Turn {
        user_transcript: Some("Hello there.".to_owned()),
        ..failed_turn(1, 1)
    };
    store.save_turn(OWNER, &again).await.unwrap();
    assert_finds(store, "hello", &[1]).await;
    assert_eq!(summary(store).await.turn_count, 1);
}

/// Whatever means something to a database is a word, or nothing.
pub async fn no_text_is_a_command(store: &dyn SessionStore) {
    store.insert(&session(1)).await.unwrap();
    let text = "NOT a NEAR(b) OR \"c\" AND 'd' & e | !f:* <-> \\g ^h -i {j k} l* %m _n $1 ?2\0o";
    store.save_turn(OWNER, &said(1, 1, text, text)).await.unwrap();
    for wanted in [
        "NOT",
        "not zebra",
        "a OR zebra",
        "\"c",
        "c\"",
        "'d",
        "d'",
        "& e",
        "f:*",
        "e <-> f",
        "\\g",
        "\\",
        "^h",
        "-i",
        "{j",
        "k}",
        "l*",
        "%m",
        "_n",
        "$1",
        "?2",
        "near(b",
        "\0o",
    ] {
        let Ok(search) = TextSearch::parse(wanted) else {
            continue;
        };
        let found = if wanted.contains("zebra") { vec![] } else { vec![1] };
        assert_lists(store, &of_search(search), &found).await;
    }
}
