use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;

/// A century: more is a slip.
const MOST_DAYS: u64 = 36_500;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionSettings {
    days: u64,
}

impl RetentionSettings {
    pub(super) fn validate(self) -> Result<()> {
        ensure!(
            self.days <= MOST_DAYS,
            "retention.days must be at most {MOST_DAYS}; 0 keeps for ever"
        );
        Ok(())
    }

    /// How long audio is kept after the end of its session; `None`: for ever.
    pub(crate) fn keep_for(self) -> Option<Duration> {
        (self.days > 0).then(|| Duration::from_hours(self.days * 24))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::defaults;

    #[test]
    fn a_month_is_kept_unless_somebody_says_otherwise() {
        let kept =
            |overrides: &[(&str, String)]| defaults(overrides).map(|settings| settings.retention.keep_for());
        assert_eq!(kept(&[]).unwrap(), Some(Duration::from_hours(30 * 24)));
        let for_ever = [("retention.days", "0".to_owned())];
        assert_eq!(kept(&for_ever).unwrap(), None);
        assert!(kept(&[("retention.days", "-1".to_owned())]).is_err());
    }

    #[test]
    fn no_days_are_for_ever() {
        let kept = |days| RetentionSettings { days }.keep_for();
        assert_eq!(kept(0), None);
        assert_eq!(kept(1), Some(Duration::from_hours(24)));
        assert!(RetentionSettings { days: MOST_DAYS }.validate().is_ok());
        let err = RetentionSettings { days: MOST_DAYS + 1 }.validate().unwrap_err();
        assert!(err.to_string().contains("retention.days"), "{err}");
    }
}
