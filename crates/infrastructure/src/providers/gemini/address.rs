//! Where Google's API is. A base URL may end with a version; it counts for every role.

use reqwest::Url;

/// Where the base names none.
const VERSION: &str = "v1beta";

/// The base without its version, and the version.
pub(super) fn versioned(base: &Url) -> (Url, String) {
    let mut url = base.clone();
    let mut segments = base.path_segments().into_iter().flatten();
    let last = segments.rfind(|segment| !segment.is_empty());
    let version = last.filter(|last| is_version(last)).map(str::to_owned);
    // Fails for addresses without a host only; a request to one is refused when it is sent.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty();
        if version.is_some() {
            segments.pop();
        }
    }
    (url, version.unwrap_or_else(|| VERSION.to_owned()))
}

fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v');
    number.is_some_and(|number| number.starts_with(|letter: char| letter.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://g.example", "https://g.example/", "v1beta")]
    #[case("https://g.example/v1", "https://g.example/", "v1")]
    #[case("https://g.example/v1alpha/", "https://g.example/", "v1alpha")]
    #[case("https://g.example/google/v1/", "https://g.example/google", "v1")]
    #[case("https://g.example/google", "https://g.example/google", "v1beta")]
    #[case("https://g.example/voices/", "https://g.example/voices", "v1beta")]
    fn the_base_may_end_with_the_version(#[case] base: &str, #[case] rest: &str, #[case] version: &str) {
        let (url, named) = versioned(&base.parse().unwrap());
        assert_eq!((url.as_str(), named.as_str()), (rest, version));
    }
}
