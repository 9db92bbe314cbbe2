use super::*;

fn total(ms: f64) -> Latency {
    Latency {
        total_ms: Some(ms),
        ..Latency::default()
    }
}

#[test]
fn parts_follow_each_other_and_missing_ones_are_not_zero() {
    let latency = Latency {
        total_ms: Some(842.0),
        endpointing_ms: Some(520.0),
        provider_ms: Some(250.0),
        overhead_ms: Some(2.0),
        network_playout_ms: Some(72.0),
        unexplained_ms: Some(-2.0),
        ..Latency::default()
    };
    let parts: Vec<_> = segments(&latency)
        .iter()
        .map(|part| (part.stage, part.start_ms))
        .collect();
    assert_eq!(
        parts,
        [
            (Stage::Endpointing, 0.0),
            (Stage::Provider, 520.0),
            (Stage::Viva, 770.0),
            (Stage::Network, 772.0),
            (Stage::Unexplained, 844.0),
        ]
    );
}

#[test]
fn a_cascade_shows_every_stage_in_the_order_in_which_they_wait_for_each_other() {
    let latency = Latency {
        total_ms: Some(1_081.5),
        endpointing_ms: Some(500.0),
        stt_ms: Some(150.0),
        llm_ttft_ms: Some(200.0),
        llm_text_ms: Some(60.0),
        tts_ttfb_ms: Some(120.0),
        overhead_ms: Some(1.5),
        network_playout_ms: Some(50.0),
        ..Latency::default()
    };
    let parts = segments(&latency);
    let names: Vec<_> = parts.iter().map(|part| part.stage.name()).collect();
    assert_eq!(
        names,
        ["endpointing", "stt", "llm", "llm-text", "tts", "viva", "network"]
    );
    let last = parts.last().unwrap();
    assert_eq!(Some(last.start_ms + last.ms), latency.total_ms);
}

#[test]
fn every_stage_has_the_name_of_its_field() {
    let json = |stage: Stage| {
        let text = format!("{{\"{}\": 7}}", stage.field());
        serde_json::from_str::<Latency>(&text).unwrap()
    };
    for stage in Stage::ALL {
        assert_eq!(stage.of(&json(stage)), Some(7.0), "{}", stage.field());
        assert_eq!(Stage::of_field(stage.field()), Some(stage));
    }
    assert_eq!(Stage::of_field("total_ms"), None);
}

#[test]
fn a_part_is_drawn_only_when_it_took_time() {
    let latency = Latency {
        endpointing_ms: Some(520.0),
        provider_ms: Some(250.0),
        unexplained_ms: Some(-2.0),
        ..Latency::default()
    };
    let start_ms = |stage| segment(&latency, stage).map(|part| part.start_ms);
    assert_eq!(start_ms(Stage::Provider), Some(520.0));
    assert_eq!(start_ms(Stage::Stt), None);
    assert_eq!(start_ms(Stage::Unexplained), None);
}

#[test]
fn interrupted_turns_are_counted_apart() {
    let mut figures = Figures::default();
    for (turn, ms) in [(1, 900.0), (2, 800.0), (3, 1_000.0)] {
        figures.record(turn, total(ms), false);
    }
    figures.record(4, total(10.0), true);
    figures.record(5, Latency::default(), false);
    let summary = figures.summary();
    assert_eq!(summary.interrupted, 1);
    assert_eq!(summary.interrupted_total.map(|total| total.avg), Some(10.0));
    let statistics = summary.total.unwrap();
    assert_eq!(
        (statistics.count, statistics.min, statistics.max),
        (3, 800.0, 1_000.0)
    );
    assert_eq!(
        (statistics.avg, statistics.p50, statistics.p95),
        (900.0, 900.0, 1_000.0)
    );
}

#[test]
fn no_turn_means_no_statistics() {
    let summary = Figures::default().summary();
    assert_eq!((summary.total, summary.parts.len()), (None, 0));
}

#[test]
fn every_part_counts_the_turns_that_have_it() {
    let mut figures = Figures::default();
    let turn = |endpointing_ms, stt_ms| Latency {
        endpointing_ms: Some(endpointing_ms),
        stt_ms,
        ..Latency::default()
    };
    figures.record(1, turn(500.0, None), false);
    figures.record(2, turn(700.0, Some(150.0)), false);
    figures.record(3, turn(9_000.0, Some(9_000.0)), true);
    let parts = figures.summary().parts;
    let rows: Vec<_> = parts
        .iter()
        .map(|(stage, statistics)| (*stage, statistics.count, statistics.avg))
        .collect();
    assert_eq!(rows, [(Stage::Endpointing, 2, 600.0), (Stage::Stt, 1, 150.0)]);
}

#[test]
fn a_turn_that_waits_is_shown_but_not_counted() {
    let mut figures = Figures::default();
    let waits = Latency {
        endpointing_ms: Some(9_000.0),
        ..Latency::default()
    };
    figures.record(1, total(700.0), false);
    figures.progress(2, waits);
    assert_eq!((figures.iter().count(), figures.scale_ms()), (2, 9_000.0));
    let summary = figures.summary();
    assert_eq!(
        (summary.total.map(|total| total.count), summary.parts),
        (Some(1), vec![])
    );
    // Of an answer that failed there is no total, and what was measured counts.
    figures.record(2, waits, false);
    let parts = figures.summary().parts;
    assert_eq!(parts.first().map(|(stage, _)| *stage), Some(Stage::Endpointing));
}

#[test]
fn estimates_are_counted() {
    let mut figures = Figures::default();
    for (turn, measured) in [(1, MeasuredAt::Server), (2, MeasuredAt::Client)] {
        let measured = Some(measured);
        figures.record(
            turn,
            Latency {
                measured,
                ..total(7.0)
            },
            false,
        );
    }
    assert_eq!(figures.summary().estimated, 1);
}

#[test]
fn later_figures_replace_earlier_ones_but_an_interruption_stays() {
    let mut figures = Figures::default();
    figures.record(2, Latency::default(), true);
    figures.record(1, total(5.0), false);
    figures.record(2, total(7.0), false);
    let turns: Vec<_> = figures
        .iter()
        .map(|turn| (turn.turn_number, turn.interrupted))
        .collect();
    assert_eq!(turns, [(1, false), (2, true)]);
    assert_eq!(figures.scale_ms(), 7.0);
}

#[test]
fn percentiles_are_nearest_rank() {
    let values: Vec<f64> = (1..=20).map(f64::from).collect();
    let statistics = Statistics::of(values.into_iter().rev()).unwrap();
    assert_eq!(
        (statistics.p50, statistics.p95, statistics.p99),
        (10.0, 19.0, 20.0)
    );
    let statistics = Statistics::of((1..=200).map(f64::from)).unwrap();
    assert_eq!(
        (statistics.p95, statistics.p99, statistics.max),
        (190.0, 198.0, 200.0)
    );
}
