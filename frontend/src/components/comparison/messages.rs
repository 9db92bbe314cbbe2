use leptos::prelude::*;

use super::super::{Icon, Shape};
use crate::api::sign_in_from_here;
use crate::comparing::Comparing;
use crate::erase::Erase;
use crate::state::compare::{Columns, LeftOut, Trouble};
use crate::state::context::Preferences;
use crate::words::compare::{Words, say};
use crate::words::fill;

/// What concerns the whole page: that nobody is signed in any more, and what the address has that is not shown.
#[component]
pub fn Messages() -> impl IntoView {
    let comparing = expect_context::<Comparing>();
    let preferences = expect_context::<Preferences>();
    let is_signed_out = Memo::new(move |_| {
        let of_list = |trouble: Option<&Trouble>| trouble == Some(&Trouble::SignedOut);
        comparing.columns.with(Columns::is_signed_out)
            || comparing.picker.with(|picker| of_list(picker.trouble()))
    });
    let left_out = Memo::new(move |_| comparing.selection.with(|selection| selection.left_out().clone()));
    let signed_out = move || {
        is_signed_out.get().then(|| {
            view! {
                <div class="vv-message" data-severity="failure">
                    <Icon shape=Shape::Warning />
                    <p>{say(|words| words.err_signed_out)}</p>
                    <a href=sign_in_from_here()>{say(|words| words.sign_in)}</a>
                </div>
            }
            .erase()
        })
    };
    let warning = move || {
        let left_out = left_out.get();
        (!left_out.is_empty()).then(|| {
            view! {
                <div class="vv-message" data-severity="warning">
                    <Icon shape=Shape::Warning />
                    <p>{told(&left_out, Words::now(preferences))}</p>
                    <button type="button" on:click=move |_| comparing.tidy()>
                        {say(|words| words.dismiss)}
                    </button>
                </div>
            }
            .erase()
        })
    };
    view! {
        <div class="vv-messages" role="alert">
            {signed_out}
            {warning}
        </div>
    }
    .erase()
}

fn told(left_out: &LeftOut, words: &Words) -> AnyView {
    let sentences = sentences(left_out, words).into_iter();
    let sentences = sentences.map(|sentence| view! { <span>{sentence}</span> });
    sentences.collect_view().erase()
}

fn sentences(left_out: &LeftOut, words: &Words) -> Vec<String> {
    let ids = left_out.nonsense.join(words.list_separator);
    let nonsense = (!ids.is_empty()).then(|| fill(words.not_ids, &[("ids", &ids)]));
    let repeated = (left_out.repeated > 0).then(|| words.repeated.to_owned());
    let number = left_out.too_many.to_string();
    let too_many = (left_out.too_many > 0).then(|| fill(words.too_many, &[("n", &number)]));
    [nonsense, repeated, too_many].into_iter().flatten().collect()
}

/// What happened and what to do.
pub(super) fn sentence(trouble: &Trouble, words: &Words) -> String {
    match trouble {
        Trouble::NoServer => words.err_no_server.to_owned(),
        Trouble::SignedOut => words.err_signed_out.to_owned(),
        Trouble::Gone => words.err_gone.to_owned(),
        Trouble::TooManyRequests { wait_s: Some(wait_s) } => {
            fill(words.err_wait, &[("s", &wait_s.to_string())])
        }
        Trouble::TooManyRequests { wait_s: None } => words.err_too_many.to_owned(),
        Trouble::Other(detail) => format!("{} {detail}", words.err_other),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Language;

    #[test]
    fn every_trouble_has_words_of_its_own() {
        for language in [Language::English, Language::TraditionalChinese] {
            let words = Words::of(language);
            let told: HashSet<String> = [
                Trouble::NoServer,
                Trouble::SignedOut,
                Trouble::Gone,
                Trouble::TooManyRequests { wait_s: None },
                Trouble::TooManyRequests { wait_s: Some(7) },
                Trouble::Other("the database is away".to_owned()),
            ]
            .iter()
            .map(|trouble| sentence(trouble, words))
            .collect();
            assert_eq!(told.len(), 6);
            assert!(told.iter().any(|text| text.contains(" 7 ")));
            assert!(told.iter().any(|text| text.ends_with("the database is away")));
        }
    }

    #[test]
    fn all_that_is_left_out_is_told() {
        let left_out = LeftOut {
            nonsense: vec!["a".to_owned(), "b".to_owned()],
            repeated: 1,
            too_many: 3,
        };
        let told = sentences(&left_out, Words::of(Language::English));
        assert_eq!(told.len(), 3);
        assert!(told[0].contains("a, b") && told[2].contains('3'), "{told:?}");
        let told = sentences(&LeftOut::default(), Words::of(Language::English));
        assert_eq!(told, [""; 0]);
    }
}
