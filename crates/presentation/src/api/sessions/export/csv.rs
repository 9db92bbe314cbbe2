//! One row per turn, for spreadsheets: RFC 4180, in UTF-8 with a byte order mark, without which some of them take it for
//! something else.

use ::csv::{Terminator, WriterBuilder};
use chrono::{DateTime, SecondsFormat, Utc};
use viva_application::history::SessionRecord;
use viva_protocol::rest::Turn;
use viva_protocol::ws::{InterruptReason, MeasuredAt};

use super::super::convert;

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// A text that begins so is taken for a formula, which may do anything. Some spreadsheets take the wide forms as well.
const FORMULA_STARTS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What may lie before the beginning of a cell, besides commas and quotes.
const CELL_ENDS: [char; 4] = [';', '\t', '\r', '\n'];

const COLUMNS: [&str; 33] = [
    "turn_number",
    "turn_id",
    "started_at",
    "ended_at",
    "user_transcript",
    "ai_transcript",
    "ai_unheard",
    "user_audio_ms",
    "ai_audio_ms",
    "played_ms",
    "interrupted",
    "interrupt_reason",
    "interrupted_at_ms",
    "false_interruptions",
    "stalled",
    "failure",
    "total_ms",
    "measured",
    "endpointing_ms",
    "stt_ms",
    "llm_ttft_ms",
    "llm_text_ms",
    "tts_ttfb_ms",
    "realtime_ms",
    "provider_ms",
    "overhead_ms",
    "network_playout_ms",
    "leading_silence_ms",
    "unexplained_ms",
    "interrupt_ms",
    "input_tokens",
    "output_tokens",
    "session_id",
];

/// The file.
pub(super) fn file(record: &SessionRecord) -> Result<Vec<u8>, ::csv::Error> {
    let mut rows = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    rows.write_record(COLUMNS)?;
    let session = record.session.id.to_string();
    for turn in &record.turns {
        rows.write_record(row(convert::turn(turn.clone()), session.clone()))?;
    }
    rows.into_inner().map_err(|err| err.into_error().into())
}

fn row(turn: Turn, session: String) -> [String; COLUMNS.len()] {
    let latency = turn.latency;
    let usage = turn.usage.unwrap_or_default();
    [
        turn.turn_number.to_string(),
        turn.id.to_string(),
        time(turn.started_at),
        time(turn.ended_at),
        text(turn.user_transcript),
        text(turn.ai_transcript),
        text(turn.ai_unheard),
        shown(turn.user_audio_ms),
        shown(turn.ai_audio_ms),
        shown(turn.played_ms),
        turn.interrupted.to_string(),
        shown(turn.interrupt_reason.map(|reason| match reason {
            InterruptReason::Speech => "speech",
            InterruptReason::Client => "client",
        })),
        shown(turn.interrupted_at_ms),
        turn.false_interruptions.to_string(),
        turn.stalled.to_string(),
        text(turn.failure),
        shown(latency.total_ms),
        shown(latency.measured.map(|measured| match measured {
            MeasuredAt::Client => "client",
            MeasuredAt::Server => "server",
        })),
        shown(latency.endpointing_ms),
        shown(latency.stt_ms),
        shown(latency.llm_ttft_ms),
        shown(latency.llm_text_ms),
        shown(latency.tts_ttfb_ms),
        shown(latency.realtime_ms),
        shown(latency.provider_ms),
        shown(latency.overhead_ms),
        shown(latency.network_playout_ms),
        shown(latency.leading_silence_ms),
        shown(latency.unexplained_ms),
        shown(latency.interrupt_ms),
        shown(usage.input_tokens),
        shown(usage.output_tokens),
        session,
    ]
}

/// What somebody said or wrote, which is never a formula: neither as a whole nor behind what separates cells for a
/// spreadsheet that takes other marks than commas for that.
fn text(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    let mut safe = String::with_capacity(text.len());
    let mut begins = true;
    for letter in text.chars() {
        if begins && FORMULA_STARTS.contains(&letter) {
            safe.push('\'');
        }
        begins = CELL_ENDS.contains(&letter);
        safe.push(letter);
    }
    safe
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠A"] {
            assert_eq!(text(Some(formula.to_owned())), format!("'{formula}"));
        }
        for (formula, safe) in [
            ("yes;=HYPERLINK(A1)", "yes;'=HYPERLINK(A1)"),
            ("\t=1", "\t'=1"),
            ("a\r\n-1", "a\r\n'-1"),
            ("a\t+1;@b", "a\t'+1;'@b"),
        ] {
            assert_eq!(text(Some(formula.to_owned())), safe);
        }
        for plain in ["", "1+1", "Hello = hello; and so on", "從前", "'=1"] {
            assert_eq!(text(Some(plain.to_owned())), plain);
        }
        assert_eq!(text(None), "");
    }
}
