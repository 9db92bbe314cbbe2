use super::Dot;

/// Most steps of a scale.
const MOST_STEPS: f64 = 4.0;
/// The width and the height of a strip plot, in its own units.
const WIDTH: f64 = 1_000.0;
/// How far dots go from the middle of their lane, one after the other, in parts of its half: so that equal ones are seen apart,
/// and one that comes again lies where it lay.
const SPREAD: [f64; 7] = [0.0, 0.7, -0.5, 0.3, -0.9, 0.9, -0.3];

/// The scale that all strip plots of a comparison share, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    from: f64,
    to: f64,
    step: f64,
}

impl Scale {
    /// A scale in round steps that has 0 and all of these values on it. Below 0 it goes no farther than they do: what is
    /// unexplained is often a little less than nothing.
    pub fn over(values: impl IntoIterator<Item = f64>) -> Self {
        let (least, most) = values.into_iter().fold((0.0_f64, 1.0_f64), |(least, most), ms| {
            (least.min(ms), most.max(ms))
        });
        let step = round_steps()
            .find(|step| (most / step).ceil() + (-least / step).floor() <= MOST_STEPS)
            .unwrap_or(most - least);
        Self {
            from: least,
            to: (most / step).ceil() * step,
            step,
        }
    }

    /// Where a value lies, from 0 to 1.
    pub fn position(&self, ms: f64) -> f64 {
        (ms - self.from) / (self.to - self.from)
    }

    /// The values that are written at the scale: round ones, the largest at its end.
    pub fn ticks(&self) -> Vec<f64> {
        let first = (self.from / self.step).ceil() * self.step;
        let ticks = (0_u8..).map(|step| first + f64::from(step) * self.step);
        ticks.take_while(|ms| *ms <= self.to + self.step / 2.0).collect()
    }
}

/// 1, 2, 5, 10, 20, 50…
fn round_steps() -> impl Iterator<Item = f64> {
    (0..9).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)))
}

/// A stripe of a strip plot, in its own units, which are 1,000 wide and 100 high.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lane {
    /// Its middle.
    pub middle: f64,
    /// How far dots go from it.
    pub reach: f64,
}

impl Lane {
    /// The only one.
    pub const WHOLE: Self = Self {
        middle: 50.0,
        reach: 30.0,
    };
    /// The upper one of two, which is for the turns that are counted.
    pub const COUNTED: Self = Self {
        middle: 36.0,
        reach: 24.0,
    };
    /// The lower one, which is for those that are not.
    pub const APART: Self = Self {
        middle: 84.0,
        reach: 6.0,
    };
}

/// Dots as a path of lines without length, whose ends are what is seen: one element, however many turns there are.
pub fn path<'a>(dots: impl IntoIterator<Item = &'a Dot>, scale: &Scale, lane: Lane) -> String {
    let lines = dots.into_iter().map(|dot| {
        let x = scale.position(dot.ms) * WIDTH;
        let spread = SPREAD[usize::from(dot.turn_number) % SPREAD.len()];
        let y = lane.middle + lane.reach * spread;
        format!("M{x:.2} {y:.1}h.01")
    });
    lines.collect::<Vec<_>>().concat()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn dot(turn_number: u16, ms: f64) -> Dot {
        Dot {
            turn_number,
            ms,
            is_estimated: false,
        }
    }

    #[test]
    fn a_scale_has_zero_and_all_values_on_it_in_round_steps() {
        for (values, ticks) in [
            (vec![], vec![0.0, 1.0]),
            (vec![0.2], vec![0.0, 1.0]),
            (vec![842.0, 1_020.0, 12.0], vec![0.0, 500.0, 1_000.0, 1_500.0]),
            (vec![400.0], vec![0.0, 100.0, 200.0, 300.0, 400.0]),
            (vec![401.0], vec![0.0, 200.0, 400.0, 600.0]),
            (vec![-0.016, 860.0], vec![0.0, 500.0, 1_000.0]),
            (vec![-30.0, -7.0], vec![-30.0, -20.0, -10.0, 0.0, 10.0]),
            (vec![7_200_000.0], vec![0.0, 2e6, 4e6, 6e6, 8e6]),
        ] {
            let scale = Scale::over(values.iter().copied());
            assert_eq!(scale.ticks(), ticks, "{values:?}");
            for ms in values {
                assert!((0.0..=1.0).contains(&scale.position(ms)), "{ms}");
            }
        }
    }

    #[test]
    fn both_ends_and_the_middle_lie_where_they_should() {
        let scale = Scale::over([800.0]);
        assert_eq!([0.0, 400.0, 800.0].map(|ms| scale.position(ms)), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn every_turn_is_a_dot_at_its_value_and_equal_ones_are_seen_apart() {
        let scale = Scale::over([800.0]);
        let drawn = path(&[dot(7, 200.0), dot(8, 200.0)], &scale, Lane::WHOLE);
        assert_eq!(drawn, "M250.00 50.0h.01M250.00 71.0h.01");
        assert_eq!(path(&[], &scale, Lane::WHOLE), "");
    }

    #[test]
    fn lanes_do_not_meet() {
        let top = Lane::APART.middle - Lane::APART.reach;
        assert!(Lane::COUNTED.middle + Lane::COUNTED.reach < top);
        for lane in [Lane::WHOLE, Lane::COUNTED, Lane::APART] {
            assert!(lane.middle - lane.reach > 0.0 && lane.middle + lane.reach < 100.0);
        }
    }
}
