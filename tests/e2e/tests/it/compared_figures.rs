//! What the page Compare shows of latencies, beside what the server says of them.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use viva_e2e_tests::page::Page;

use crate::statistics::{PARTS, shown};

/// The rows that are no part of a latency: the name, and where the server has the same.
const OTHER_ROWS: [(&str, &str); 3] = [
    ("total", "/total_ms"),
    ("interrupted-total", "/interrupted/total_ms"),
    ("until-silence", "/interrupt_ms"),
];

const FIGURES: [&str; 4] = ["count", "avg", "p50", "p95"];

/// Each row with figures by its name: of each column, what it shows by name, and its difference to the first.
pub(crate) const TABLE: &str =
    "Object.fromEntries([...document.querySelectorAll('.vv-beside tr:has(.vv-plot)')].map(row =>
    [row.dataset.row, [...row.querySelectorAll('td')].map(cell =>
        Object.fromEntries([...cell.querySelectorAll('[data-figure]')].map(({ dataset, children }) =>
            [dataset.figure, [children[1].textContent, children[2]?.textContent ?? null]])))]))";

/// Where the dots of the total lie in each column in ms, by the ticks of its own scale: those that are counted, and those that are
/// not.
const DOTS: &str = "(() => {
    const ticks = [...document.querySelectorAll('[data-row=scale] td')].map(cell =>
        [...cell.querySelectorAll('text')].map(text =>
            [parseFloat(text.getAttribute('x')) * 10, Number(text.textContent.replaceAll(',', ''))]));
    return [...document.querySelectorAll('[data-row=total] td')].map((cell, column) => {
        const [[x0, ms0], [x1, ms1]] = [ticks[column][0], ticks[column].at(-1)];
        const dots = name => [...cell.querySelector(name).getAttribute('d').matchAll(/M([0-9.-]+) /g)]
            .map(([, x]) => ms0 + (x - x0) / (x1 - x0) * (ms1 - ms0));
        return [dots('.vv-plot-turns'), dots('.vv-plot-apart')];
    });
})()";

/// Whether a column shows the server's figures in every row, and how they differ from those of the first.
pub(crate) fn agree(table: &Value, column: usize, stats: &Value, reference: &Value) -> Result<()> {
    for (name, pointer) in PARTS.into_iter().chain(OTHER_ROWS) {
        let figures = stats.pointer(pointer).with_context(|| pointer.to_owned())?;
        let of_first = reference.pointer(pointer).with_context(|| pointer.to_owned())?;
        let row = &table[name][column];
        if figures["count"] == 0 {
            ensure!(row.is_null() || *row == json!({}), "{name} is made up: {row}");
            continue;
        }
        for key in FIGURES {
            let figure = figures[key].as_f64().context(key)?;
            let (text, difference) = (&row[key][0], &row[key][1]);
            // It is shown in whole milliseconds.
            let off = (shown(text)? - figure).abs();
            ensure!(off <= 0.501, "{name}, {key}: {text} is shown of {figure}");
            let has_reference = column > 0 && of_first["count"] != 0;
            let expected = has_reference.then(|| of_first[key].as_f64()).flatten();
            match expected {
                None => ensure!(difference.is_null(), "{name}, {key}: {difference} to nothing"),
                Some(expected) => {
                    let difference = difference.as_str().context("a difference")?;
                    let number = shown(&json!(difference.trim_start_matches(['+', '±'])))?;
                    let of_shown = shown(text)? - shown(&table[name][0][key][0])?;
                    ensure!(
                        (number - of_shown).abs() < 0.001,
                        "{name}, {key}: {difference} from {expected} to {figure}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// Whether each column has a dot for every turn with a total, where it belongs on the scale that all have.
pub(crate) async fn dots_agree(page: &Page, ids: &[&str]) -> Result<()> {
    let drawn = page.value(DOTS).await?;
    for (column, id) in ids.iter().enumerate() {
        let turns = page
            .answer(&format!("/api/v1/interaction/sessions/{id}/turns"))
            .await?;
        let turns = turns["items"].as_array().context("turns")?;
        for (lane, interrupted) in [(0, false), (1, true)] {
            let totals: Vec<f64> = turns
                .iter()
                .filter(|turn| turn["interrupted"] == interrupted)
                .filter_map(|turn| turn["latency"]["total_ms"].as_f64())
                .collect();
            let dots = drawn[column][lane].as_array().context("dots")?;
            ensure!(dots.len() == totals.len(), "{drawn} is drawn of {totals:?}");
            for (dot, total) in dots.iter().zip(&totals) {
                let off = (dot.as_f64().context("a dot")? - total).abs();
                ensure!(off < 1.0, "{dot} is drawn of {total}");
            }
        }
    }
    let scales = page
        .value("[...document.querySelectorAll('[data-row=scale] td')].map(cell => cell.innerHTML)")
        .await?;
    let scales = scales.as_array().context("scales")?;
    ensure!(
        scales.windows(2).all(|pair| pair[0] == pair[1]),
        "they have scales of their own"
    );
    Ok(())
}
