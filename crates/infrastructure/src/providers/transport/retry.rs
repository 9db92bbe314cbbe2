//! When a request is tried again. Knows no clock, no chance and no I/O.

use std::time::Duration;

use chrono::DateTime;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use viva_domain::ports::ProviderErrorKind;

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// How often, and how long between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backoff {
    /// Tries in all.
    pub(super) tries: u32,
    /// Before the second try; doubles for every further one.
    pub(super) first: Duration,
    /// The longest wait; a vendor that asks for more is not asked again.
    pub(super) longest: Duration,
}

impl Backoff {
    /// How long to wait after failed try number `tried`, from 1; `None` gives up.
    ///
    /// `response` is what was answered, as far as that is known: without it the kind of the failure decides. `chance` is
    /// between 0 and 1 and takes up to a quarter of the wait away, so that many clients do not come back at once.
    pub(super) fn wait(
        self,
        tried: u32,
        kind: &ProviderErrorKind,
        response: Option<(StatusCode, &HeaderMap)>,
        asked: Option<Duration>,
        chance: f64,
    ) -> Option<Duration> {
        let told = response.and_then(|(_, headers)| headers.get(SHOULD_RETRY)?.to_str().ok());
        let is_worth_it = match (told, response) {
            _ if tried >= self.tries || *kind == ProviderErrorKind::QuotaExceeded => false,
            (Some("true"), _) => true,
            (Some("false"), _) => false,
            (_, Some((status, _))) => matches!(status.as_u16(), 408 | 409 | 429 | 500..),
            (_, None) => matches!(
                kind,
                ProviderErrorKind::Unavailable | ProviderErrorKind::RateLimited
            ),
        };
        match asked.filter(|asked| !asked.is_zero()) {
            _ if !is_worth_it => None,
            Some(asked) => (asked <= self.longest).then_some(asked),
            None => {
                let wait = self.first * 2_u32.saturating_pow(tried.saturating_sub(1));
                Some(wait.min(self.longest).mul_f64(1.0 - chance.clamp(0.0, 1.0) / 4.0))
            }
        }
    }
}

/// When the vendor wants to be asked again: `retry-after-ms`, or `retry-after` in seconds, or as a date that counts from
/// the response's own, because clocks differ.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name| text(name)?.parse::<f64>().ok();
    let milliseconds = number(RETRY_AFTER_MS).map(|ms| ms / 1_000.0);
    if let Some(seconds) = milliseconds.or_else(|| number(RETRY_AFTER)) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = |name| DateTime::parse_from_rfc2822(text(name)?).ok();
    (date(RETRY_AFTER)? - date(DATE)?).to_std().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const BACKOFF: Backoff = Backoff {
        tries: 3,
        first: Duration::from_millis(500),
        longest: Duration::from_secs(8),
    };

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn wait(tried: u32, status: u16, pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
        let (headers, status) = (headers(pairs), StatusCode::from_u16(status).unwrap());
        let asked = retry_after(&headers);
        let kind = ProviderErrorKind::RateLimited;
        BACKOFF.wait(tried, &kind, Some((status, &headers)), asked, 0.0)
    }

    #[rstest]
    #[case(408, true)]
    #[case(409, true)]
    #[case(429, true)]
    #[case(500, true)]
    #[case(503, true)]
    #[case(529, true)]
    #[case(302, false)]
    #[case(400, false)]
    #[case(401, false)]
    #[case(404, false)]
    #[case(422, false)]
    fn some_statuses_are_tried_again(#[case] status: u16, #[case] again: bool) {
        assert_eq!(wait(1, status, &[]).is_some(), again);
    }

    #[test]
    fn waits_double_and_end() {
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(
            [1, 2, 3].map(|tried| wait(tried, 500, &[])),
            [ms(500), ms(1_000), None]
        );
        let patient = Backoff { tries: 99, ..BACKOFF };
        let late = patient.wait(40, &ProviderErrorKind::Unavailable, None, None, 0.0);
        assert_eq!(late, ms(8_000));
    }

    #[test]
    fn without_a_response_the_kind_of_the_failure_decides() {
        let wait = |kind| BACKOFF.wait(1, &kind, None, None, 1.0);
        for kind in [ProviderErrorKind::Unavailable, ProviderErrorKind::RateLimited] {
            assert_eq!(wait(kind), Some(Duration::from_millis(375)));
        }
        for kind in [
            ProviderErrorKind::CredentialInvalid,
            ProviderErrorKind::QuotaExceeded,
            ProviderErrorKind::Failed(String::new()),
        ] {
            assert_eq!(wait(kind), None);
        }
    }

    #[test]
    fn a_used_up_quota_is_not_tried_again() {
        let response = Some((StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new()));
        assert_eq!(
            BACKOFF.wait(1, &ProviderErrorKind::QuotaExceeded, response, None, 0.0),
            None
        );
    }

    #[test]
    fn the_vendor_is_obeyed() {
        let s = |s| Some(Duration::from_secs(s));
        assert_eq!(wait(1, 429, &[("retry-after", "3")]), s(3));
        assert_eq!(wait(1, 429, &[("retry-after", "0")]), Some(BACKOFF.first));
        assert_eq!(
            wait(1, 429, &[("retry-after", "9")]),
            None,
            "too long for a conversation"
        );
        assert_eq!(wait(1, 500, &[("x-should-retry", "false")]), None);
        assert_eq!(
            wait(1, 400, &[("x-should-retry", "true"), ("retry-after", "2")]),
            s(2)
        );
        assert_eq!(wait(3, 400, &[("x-should-retry", "true")]), None);
    }

    #[rstest]
    #[case(&[("retry-after-ms", "250"), ("retry-after", "3")], Some(250))]
    #[case(&[("retry-after", "1.5")], Some(1_500))]
    #[case(&[("retry-after", "Mon, 23 Nov 2026 10:00:07 GMT"), ("date", "Mon, 23 Nov 2026 10:00:00 GMT")], Some(7_000))]
    #[case(&[("retry-after", "Mon, 23 Nov 2026 10:00:00 GMT"), ("date", "Mon, 23 Nov 2026 10:00:07 GMT")], None)]
    #[case(&[("retry-after", "Mon, 23 Nov 2026 10:00:07 GMT")], None)]
    #[case(&[("retry-after", "-1")], None)]
    #[case(&[("retry-after", "soon")], None)]
    #[case(&[("retry-after", "NaN")], None)]
    #[case(&[], None)]
    fn the_wait_is_read(#[case] pairs: &[(&'static str, &'static str)], #[case] ms: Option<u64>) {
        assert_eq!(retry_after(&headers(pairs)), ms.map(Duration::from_millis));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_longest(
            tried in 0_u32..100,
            asked in prop::option::of(0_u64..20_000),
            chance: f64,
        ) {
            let backoff = Backoff { tries: 50, ..BACKOFF };
            let asked = asked.map(Duration::from_millis);
            let wait = backoff.wait(tried, &ProviderErrorKind::Unavailable, None, asked, chance);
            prop_assert!(wait.is_none_or(|wait| wait <= backoff.longest));
            prop_assert!(tried < backoff.tries || wait.is_none());
        }
    }
}
