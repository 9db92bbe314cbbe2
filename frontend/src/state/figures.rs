//! Numbers as people read them. Both languages of the page group digits with commas, whatever the reader's country does.

/// Whole milliseconds with grouped digits, without the unit: `1,020`.
pub fn ms(value: f64) -> String {
    grouped(value.round())
}

/// How many, with grouped digits: `1,020`.
pub fn count(value: u64) -> String {
    grouped(value as f64)
}

/// Milliseconds with one decimal, for errors: `1.2`.
pub fn precise_ms(value: f64) -> String {
    format!("{value:.1}")
}

/// The same with its sign: `+0.4`, `−1.2`.
pub fn signed_ms(value: f64) -> String {
    let magnitude = precise_ms(value.abs());
    if value < 0.0 && magnitude != "0.0" {
        format!("\u{2212}{magnitude}")
    } else {
        format!("+{magnitude}")
    }
}

/// How much more or less, in whole milliseconds: `+12`, `−1,020`, `±0`.
pub fn difference_ms(value: f64) -> String {
    let rounded = value.round();
    if rounded == 0.0 {
        "±0".to_owned()
    } else if rounded > 0.0 {
        format!("+{}", grouped(rounded))
    } else {
        grouped(rounded)
    }
}

/// Seconds with one decimal, for lengths of audio: `1.2`.
pub fn seconds(ms: f64) -> String {
    format!("{:.1}", ms / 1_000.0)
}

/// A level in dBFS, rounded, with a true minus sign: `−23`.
pub fn dbfs(level: f32) -> String {
    let rounded = level.round();
    if rounded < 0.0 {
        format!("\u{2212}{}", -rounded)
    } else {
        "0".to_owned()
    }
}

/// A duration as minutes and seconds: `00:42`, `73:05`.
pub fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0.0 {
        text.push('\u{2212}');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (value, text) in [
            (0.4, "0"),
            (842.5, "843"),
            (1_020.0, "1,020"),
            (1_234_567.0, "1,234,567"),
            (-12.0, "\u{2212}12"),
        ] {
            assert_eq!(ms(value), text);
        }
        assert_eq!(count(100_000), "100,000");
    }

    #[test]
    fn levels_have_a_true_minus_sign_and_no_minus_zero() {
        assert_eq!(dbfs(-23.4), "\u{2212}23");
        assert_eq!(dbfs(-0.2), "0");
    }

    #[test]
    fn errors_have_a_sign() {
        assert_eq!(
            [0.44, -1.25, -0.01].map(signed_ms),
            ["+0.4", "\u{2212}1.2", "+0.0"]
        );
    }

    #[test]
    fn differences_have_a_sign_and_none_is_plus_and_minus_nothing() {
        assert_eq!(
            [12.4, -1_020.0, 0.4, -0.4].map(difference_ms),
            ["+12", "\u{2212}1,020", "±0", "±0"]
        );
    }

    #[test]
    fn a_clock_does_not_stop_at_an_hour() {
        assert_eq!(clock(42), "00:42");
        assert_eq!(clock(4_385), "73:05");
    }

    #[test]
    fn lengths_of_audio_have_one_decimal() {
        assert_eq!(seconds(1_249.0), "1.2");
    }
}
