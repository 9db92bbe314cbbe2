use std::fmt::Write as _;

use viva_client::{Distribution, TurnReport};
use viva_protocol::ws::{Latency, MeasuredAt};

/// The turns of one call: total, where it was measured, its parts, and what this client heard itself.
pub(super) fn of_turns(turns: &[TurnReport]) -> String {
    let header = [
        "turn",
        "total",
        "measured",
        "endpointing",
        "stt",
        "llm",
        "text",
        "tts",
        "provider",
        "overhead",
        "playout",
        "silence",
        "unexplained",
        "interrupt",
        "heard",
        "AI audio",
        "level",
        "",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(turns.iter().map(turn_row));
    drop_empty_columns(&mut rows);
    aligned(&rows)
}

fn turn_row(turn: &TurnReport) -> Vec<String> {
    let latency = turn.latency.unwrap_or_default();
    let Latency {
        total_ms,
        measured,
        endpointing_ms,
        stt_ms,
        llm_ttft_ms,
        llm_text_ms,
        tts_ttfb_ms,
        ..
    } = latency;
    let measured = measured.map_or("", |at| match at {
        MeasuredAt::Client => "client",
        MeasuredAt::Server => "server",
    });
    let note = match (turn.is_over, turn.interrupted) {
        (false, _) => "not over",
        (true, true) => "interrupted",
        (true, false) => "",
    };
    vec![
        turn.turn_number.to_string(),
        ms(total_ms),
        measured.to_owned(),
        ms(endpointing_ms),
        ms(stt_ms),
        ms(llm_ttft_ms),
        ms(llm_text_ms),
        ms(tts_ttfb_ms),
        ms(latency.provider_ms),
        ms(latency.overhead_ms),
        ms(latency.network_playout_ms),
        ms(latency.leading_silence_ms),
        ms(latency.unexplained_ms),
        ms(latency.interrupt_ms),
        ms(turn.heard_ms),
        format!("{} samples", turn.ai_samples),
        turn.ai_rms_dbfs
            .map_or_else(String::new, |level| format!("{level:.1} dBFS")),
        note.to_owned(),
    ]
}

/// One row of figures per measured quantity.
pub(super) fn of_distributions(distributions: &[(&str, Distribution)]) -> String {
    let header = ["", "count", "avg", "min", "max", "p50", "p95", "p99"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (name, distribution) in distributions {
        rows.push(vec![
            (*name).to_owned(),
            distribution.count().to_string(),
            ms(distribution.avg()),
            ms(distribution.min()),
            ms(distribution.max()),
            ms(distribution.percentile(50)),
            ms(distribution.percentile(95)),
            ms(distribution.percentile(99)),
        ]);
    }
    aligned(&rows)
}

/// A value that was not measured is blank, never 0.
fn ms(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.2}"))
}

/// Leaves out the columns that hold nothing below their header.
fn drop_empty_columns(rows: &mut [Vec<String>]) {
    let columns = rows.first().map_or(0, Vec::len);
    for column in (0..columns).rev() {
        if rows[1..].iter().all(|row| row[column].is_empty()) {
            for row in rows.iter_mut() {
                row.remove(column);
            }
        }
    }
}

/// Lines of cells, aligned to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            write!(line, "{cell:>width$}  ").expect("writing to a string succeeds");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(turn_number: u16) -> TurnReport {
        TurnReport {
            turn_number,
            is_over: true,
            latency: Some(Latency {
                total_ms: Some(540.123),
                measured: Some(MeasuredAt::Client),
                endpointing_ms: Some(500.0),
                provider_ms: Some(17.0),
                overhead_ms: Some(0.614),
                network_playout_ms: Some(22.509),
                ..Latency::default()
            }),
            heard_ms: Some(541.0),
            ai_samples: 44_160,
            ai_rms_dbfs: Some(-21.34),
            ..TurnReport::default()
        }
    }

    #[test]
    fn parts_that_nobody_measured_have_no_column() {
        let table = of_turns(&[turn(1)]);
        let expected = "\
turn   total  measured  endpointing  provider  overhead  playout   heard       AI audio       level
   1  540.12    client       500.00     17.00      0.61    22.51  541.00  44160 samples  -21.3 dBFS
";
        assert_eq!(table, expected);
    }

    #[test]
    fn what_was_not_measured_is_blank() {
        let unmeasured = TurnReport {
            latency: None,
            heard_ms: None,
            interrupted: true,
            ..turn(2)
        };
        let table = of_turns(&[turn(1), unmeasured]);
        let row = table.lines().nth(2).unwrap();
        assert_eq!(
            row.split_whitespace().collect::<Vec<_>>(),
            ["2", "44160", "samples", "-21.3", "dBFS", "interrupted"]
        );
    }

    #[test]
    fn figures_stand_below_each_other() {
        let overhead: Distribution = [0.5, 0.25, 4.0].into_iter().collect();
        let table = of_distributions(&[("total_ms", Distribution::default()), ("overhead_ms", overhead)]);
        let expected = "             count   avg   min   max   p50   p95   p99
   total_ms      0
overhead_ms      3  1.58  0.25  4.00  0.50  4.00  4.00
";
        assert_eq!(table, expected);
    }
}
