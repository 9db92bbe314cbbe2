//! What is different with a server of the beta: it has one answer at a time, of which it does not say that another one took
//! its place, and it cannot truncate.

use super::bench::Bench;

/// A turn that is being answered: 500 ms and five characters so far.
fn answering() -> Bench {
    let mut bench = Bench::of_the_beta();
    bench.find("u");
    bench.created("r");
    bench.item("r", "a");
    bench.says("r", "a", "Hello");
    bench.sounds("r", "a", 500);
    bench.said();
    bench
}

#[test]
fn an_answer_that_another_one_overtakes_is_over() {
    let mut bench = answering();
    bench.find("v");
    bench.created("s");
    assert_eq!(bench.said(), ["@0 speech", "@0 silence", "@0 done"]);
    bench.sounds("s", "b", 100);
    assert_eq!(bench.said(), ["@0 begins", "@0 sounds 100"]);
    bench.done("s", "completed");
    assert!(bench.quiet_in().is_some(), "nothing is under way");
}

#[test]
fn an_answer_that_never_began_is_overtaken_without_a_word() {
    let mut bench = Bench::of_the_beta();
    bench.find("u");
    bench.created("r");
    bench.item("r", "a");
    bench.find("v");
    bench.said();
    bench.created("s");
    assert_eq!(bench.said(), Vec::<String>::new());
    assert_eq!(bench.told(), ["delete a"]);
}

#[test]
fn what_was_heard_takes_the_place_of_the_answer() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    assert_eq!(bench.told(), ["cancel r", "remind assistant: He", "delete a"]);
    bench.heard(150, 1);
    assert_eq!(
        bench.told(),
        ["remind assistant behind viva_1: H", "delete viva_1"]
    );
    bench.find("v");
    bench.created("s");
    assert_eq!(bench.told(), Vec::<String>::new(), "it is forgotten already");
}

#[test]
fn an_answer_of_which_nothing_was_heard_is_deleted_once() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    bench.done("r", "completed");
    bench.told();
    bench.heard(0, 0);
    assert_eq!(bench.told(), ["delete viva_1"]);
    bench.heard(0, 0);
    assert_eq!(bench.told(), Vec::<String>::new());
}

#[test]
fn an_answer_that_was_heard_to_its_end_stays_as_it_is() {
    let mut bench = answering();
    bench.done("r", "completed");
    bench.interrupt(1, Some((500, 5)));
    assert_eq!(bench.told(), Vec::<String>::new());
}

#[test]
fn another_connection_is_told_what_was_heard() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    bench.done("r", "completed");
    bench.dialogue.retire();
    bench.told();
    bench.open();
    assert_eq!(bench.told(), ["remind assistant: He"]);
}
