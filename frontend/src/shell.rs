use leptos::prelude::*;

use crate::api::ACCOUNT_PATH;
use crate::assets::SiteAssets;
use crate::erase::Erase;
use crate::language::Language;
use crate::page::Page;
use crate::pages::{Compare, Conversation, History, Providers, Talk};
use crate::words::shared::Words;

/// Whether whoever reads the page had to sign in, and may sign out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// Nobody has to.
    None,
    /// They did.
    SignedIn,
}

/// The document of a page, as the server renders it.
///
/// It has no inline script or style of its own, so the policy of [`content_security_policy`] suffices. The link to the
/// account stands beside the page, which need not know of it.
pub fn shell(page: Page, assets: &SiteAssets, account: Account) -> impl IntoView + use<> {
    let language = Language::of_request();
    let account = (account == Account::SignedIn).then(|| {
        view! {
            <a class="vv-account" href=ACCOUNT_PATH rel="external">
                {account_word(language)}
            </a>
        }
    });
    let (words, program) = (Words::of(language), page.program());
    view! {
        <!DOCTYPE html>
        <html lang=language.tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content="Talk with a voice AI and see how long every part of its answer took." />
                <meta name="viva-assets" content=assets.to_json(page) />
                <title>{page.title(language)}</title>
                <link rel="icon" type="image/svg+xml" href=assets.path("icon.svg") />
                <link rel="stylesheet" href=assets.path("base.css") />
                <link rel="stylesheet" href=assets.path("components.css") />
                <link rel="modulepreload" href=assets.path(&format!("{program}.js")) />
                <link
                    rel="preload"
                    href=assets.path(&format!("{program}.wasm"))
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin=""
                />
                {(page == Page::Talk).then(|| audio_files(assets))}
                <script src=assets.path("boot.js") data-program=program data-failed=words.not_live></script>
            </head>
            <body>
                {content(page)}
                {account}
            </body>
        </html>
    }
}

fn content(page: Page) -> AnyView {
    match page {
        Page::Talk => view! { <Talk /> }.erase(),
        Page::History => view! { <History /> }.erase(),
        Page::Compare => view! { <Compare /> }.erase(),
        Page::Providers => view! { <Providers /> }.erase(),
        Page::Conversation => view! { <Conversation /> }.erase(),
    }
}

/// What a conversation needs, which is fetched before somebody begins one.
fn audio_files(assets: &SiteAssets) -> impl IntoView + use<> {
    view! {
        <link rel="modulepreload" href=assets.path("audio-worker.js") />
        <link rel="modulepreload" href=assets.path("capture-worklet.js") />
        <link rel="modulepreload" href=assets.path("playback-worklet.js") />
        <link rel="prefetch" href=assets.path("worker.js") />
        <link rel="prefetch" href=assets.path("worker.wasm") />
    }
}

/// Not among the page's own words, which travel to the browser.
fn account_word(language: Language) -> &'static str {
    match language {
        Language::English => "Account",
        Language::TraditionalChinese => "帳號",
    }
}

/// The `Content-Security-Policy` that the page needs, for the response header.
///
/// Leptos ends its HTML with small scripts that carry the `nonce` of the request (`leptos::nonce::use_nonce`).
/// The scripts, the worker and the worklets come from this server; WebAssembly may be compiled.
pub fn content_security_policy(nonce: Option<&str>) -> String {
    let nonce = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{nonce}; worker-src 'self'; style-src 'self'; \
         connect-src 'self'; img-src 'self' data:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_nonce_and_nothing_unsafe_but_wasm() {
        let policy = content_security_policy(Some("abc"));
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval' 'nonce-abc';"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert!(!content_security_policy(None).contains("nonce"));
    }
}
