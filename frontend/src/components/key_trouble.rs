//! What went wrong with a key, in words.

use leptos::prelude::*;

use crate::api::sign_in_from_here;
use crate::erase::Erase;
use crate::state::provider_cards::{AddressFault, Trouble, TroubleKind};
use crate::words::fill;
use crate::words::providers::Words;

/// What happened and what to do, then what the server says of it, which speaks English.
pub(super) fn told(trouble: &Trouble, words: &'static Words) -> AnyView {
    let sign_in = trouble.is_signed_out().then(|| {
        view! { <a href=sign_in_from_here()>{words.sign_in}</a> }
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
        TroubleKind::WrongAddress(fault) => wrong_address(fault, words),
        TroubleKind::NoNetwork => words.err_no_network,
        TroubleKind::RateLimited { .. } => words.err_rate_limited,
        TroubleKind::ProviderFailed => words.err_provider_failed,
        TroubleKind::Unreadable => words.err_unreadable,
        TroubleKind::Gone => words.err_gone,
        TroubleKind::Other => words.err_other,
    }
}

fn wrong_address(fault: AddressFault, words: &Words) -> &'static str {
    match fault {
        AddressFault::NotHttp => words.url_not_http,
        AddressFault::Password => words.url_password,
        AddressFault::Fragment => words.url_fragment,
        AddressFault::LinkLocal => words.url_link_local,
        AddressFault::Metadata => words.url_metadata,
        AddressFault::Private => words.url_private,
        AddressFault::NoHost => words.url_no_host,
        AddressFault::NotFound => words.url_not_found,
        AddressFault::NotTheProvider => words.url_not_the_provider,
        AddressFault::Redirects => words.url_redirects,
        AddressFault::OtherRegion => words.url_other_region,
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
    use std::collections::HashSet;

    use super::*;
    use crate::Language;

    #[test]
    fn every_fault_of_an_address_is_told_in_words_of_its_own() {
        let mut seen = HashSet::new();
        for language in [Language::English, Language::TraditionalChinese] {
            for (code, fault) in AddressFault::BY_CODE {
                let told = sentence(TroubleKind::WrongAddress(fault), Words::of(language));
                assert!(!told.is_empty() && seen.insert(told), "{code}: {told}");
            }
        }
    }

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
