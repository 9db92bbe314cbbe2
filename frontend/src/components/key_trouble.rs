//! What went wrong with a key, in words.

use leptos::prelude::*;

use crate::api::sign_in_for;
use crate::erase::Erase;
use crate::page::Page;
use crate::state::provider_cards::{Trouble, TroubleKind};
use crate::words::fill;
use crate::words::providers::Words;

/// What happened and what to do, then what the server says of it, which speaks English.
pub(super) fn told(trouble: &Trouble, words: &'static Words) -> AnyView {
    let sign_in = trouble.is_signed_out().then(|| {
        view! { <a href=sign_in_for(Page::Providers)>{words.sign_in}</a> }
    });
    view! {
        <span>{sentence(trouble.kind, words)}</span>
        <span>{wait(trouble.kind, words)}</span>
        <span lang="en">{trouble.detail_as_sentence()}</span>
        {sign_in}
    }
    .erase()
}

fn sentence(kind: TroubleKind, words: &Words) -> &'static str {
    match kind {
        TroubleKind::NoServer => words.err_no_server,
        TroubleKind::SignedOut => words.err_signed_out,
        TroubleKind::TooManyRequests { .. } => words.err_too_many,
        TroubleKind::Missing => words.err_missing,
        TroubleKind::Invalid => words.err_invalid,
        TroubleKind::BadKey => words.err_bad_key,
        TroubleKind::Forbidden => words.err_forbidden,
        TroubleKind::QuotaExceeded => words.err_quota,
        TroubleKind::WrongAddress => words.err_wrong_address,
        TroubleKind::NoNetwork => words.err_no_network,
        TroubleKind::RateLimited { .. } => words.err_rate_limited,
        TroubleKind::ProviderFailed => words.err_provider_failed,
        TroubleKind::Unreadable => words.err_unreadable,
        TroubleKind::Gone => words.err_gone,
        TroubleKind::Other => words.err_other,
    }
}

fn wait(kind: TroubleKind, words: &Words) -> Option<String> {
    let (TroubleKind::TooManyRequests { wait_s } | TroubleKind::RateLimited { wait_s }) = kind else {
        return None;
    };
    Some(fill(words.wait, &[("s", &wait_s?.to_string())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;

    #[test]
    fn who_has_to_wait_is_told_how_long_when_it_is_known() {
        for language in [Language::English, Language::TraditionalChinese] {
            let words = Words::of(language);
            let limited = |wait_s| wait(TroubleKind::RateLimited { wait_s }, words);
            assert!(limited(Some(7)).is_some_and(|text| text.contains(" 7 ")));
            assert_eq!(limited(None), None);
            assert_eq!(wait(TroubleKind::BadKey, words), None);
        }
    }
}
