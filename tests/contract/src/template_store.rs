//! What every [`TemplateStore`] must do. A fresh one has built-in templates: some in English and some in Chinese, none of
//! the category `test`.

use futures_util::future::join_all;
use viva_domain::ids::{TemplateId, UserId};
use viva_domain::ports::{Page, PageRequest, StoreError, StoreErrorKind, TemplateStore};
use viva_domain::templates::{
    RawTemplate, SystemPromptTemplate, TemplateContent, TemplateFilter, TemplateName, TemplateOwner,
};

use crate::samples::{OWNER, RAW_TEMPLATE, STRANGER, at, template_content, template_id};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn TemplateStore))`.
#[macro_export]
macro_rules! template_store_contract {
    ($factory:ident) => {
        $crate::contract_cases!(template_store, $factory:
            inserted_templates_are_found,
            any_text_survives,
            bare_templates_survive,
            inserting_twice_conflicts,
            a_users_second_template_of_the_same_name_conflicts,
            of_one_name_many_times_at_once_one_is_inserted,
            users_share_names,
            names_of_built_in_templates_are_free,
            templates_of_others_are_not_there,
            built_in_templates_are_everybodys,
            built_in_templates_do_not_change,
            built_in_templates_are_listed_first,
            pages_do_not_overlap_and_end,
            a_category_is_matched_to_the_letter,
            a_language_is_matched_with_its_variants,
            conditions_hold_together,
            replaced_templates_are_as_they_were_last_written,
            replacing_by_the_name_of_another_conflicts,
            a_template_that_is_not_there_is_missing,
            removed_templates_are_forgotten,
        );
    };
}

pub async fn inserted_templates_are_found(store: &dyn TemplateStore) {
    assert_eq!(store.find(OWNER, template_id(1)).await.unwrap(), None);
    for n in [1, 2] {
        insert(store, OWNER, n).await;
        assert_eq!(
            store.find(OWNER, template_id(n)).await.unwrap(),
            Some(template(OWNER, n))
        );
    }
}

pub async fn any_text_survives(store: &dyn TemplateStore) {
    let odd = "'quoted' \"twice\"; -- \\ %_ \u{1F409} é e\u{301} שלום 從前\u{10FFFF}";
    let long = format!("{odd} \r\n\t{}", "語".repeat(19_900));
    let content = TemplateContent::parse(RawTemplate {
        name: odd,
        description: odd,
        category: "%_\\'語",
        system_prompt: Some(&long),
        user_role: Some(odd),
        ai_role: Some(odd),
        scenario: Some(&long),
        ..RAW_TEMPLATE
    })
    .unwrap();
    store
        .insert(OWNER, template_id(1), &content, at(7))
        .await
        .unwrap();
    let found = store.find(OWNER, template_id(1)).await.unwrap().unwrap();
    assert!(found.content == content, "a text changed");
    let filter = TemplateFilter::parse(Some("%_\\'語"), None).unwrap();
    assert_eq!(own(&list(store, OWNER, &filter).await), [template_id(1)]);
}

pub async fn bare_templates_survive(store: &dyn TemplateStore) {
    let content = TemplateContent::parse(RawTemplate {
        description: "",
        system_prompt: None,
        user_role: None,
        scenario: None,
        ..RAW_TEMPLATE
    })
    .unwrap();
    store
        .insert(OWNER, template_id(1), &content, at(7))
        .await
        .unwrap();
    let found = store.find(OWNER, template_id(1)).await.unwrap().unwrap();
    assert_eq!(found.content, content);
}

pub async fn inserting_twice_conflicts(store: &dyn TemplateStore) {
    insert(store, OWNER, 1).await;
    for owner in [OWNER, STRANGER] {
        let again = store
            .insert(owner, template_id(1), &template_content("Other"), at(8))
            .await;
        assert_eq!(kind(again), StoreErrorKind::Conflict);
    }
    assert_eq!(
        store.find(OWNER, template_id(1)).await.unwrap(),
        Some(template(OWNER, 1))
    );
}

pub async fn a_users_second_template_of_the_same_name_conflicts(store: &dyn TemplateStore) {
    insert(store, OWNER, 1).await;
    let same_name = template(OWNER, 1).content;
    let second = store.insert(OWNER, template_id(2), &same_name, at(8)).await;
    assert_eq!(kind(second), StoreErrorKind::Conflict);
    assert_eq!(store.find(OWNER, template_id(2)).await.unwrap(), None);
    let other_case = template_content(&same_name.name().as_str().to_uppercase());
    store
        .insert(OWNER, template_id(2), &other_case, at(8))
        .await
        .unwrap();
}

pub async fn of_one_name_many_times_at_once_one_is_inserted(store: &dyn TemplateStore) {
    let content = template_content("Everybody's darling");
    let content = &content;
    let inserting = (1..=8).map(async |n| store.insert(OWNER, template_id(n), content, at(7)).await);
    let (inserted, refused): (Vec<_>, Vec<_>) =
        join_all(inserting).await.into_iter().partition(Result::is_ok);
    assert_eq!((inserted.len(), refused.len()), (1, 7));
    for refused in refused {
        assert_eq!(kind(refused), StoreErrorKind::Conflict);
    }
    let listed = list(store, OWNER, &TemplateFilter::default()).await;
    assert_eq!(own(&listed).len(), 1);
}

pub async fn users_share_names(store: &dyn TemplateStore) {
    for (owner, n) in [(OWNER, 1), (STRANGER, 2)] {
        store
            .insert(owner, template_id(n), &template_content("Same"), at(7))
            .await
            .unwrap();
    }
}

pub async fn names_of_built_in_templates_are_free(store: &dyn TemplateStore) {
    let built_in = built_in(store).await.remove(0);
    store
        .insert(OWNER, template_id(1), &built_in.content, at(7))
        .await
        .unwrap();
    let copy = store.find(OWNER, template_id(1)).await.unwrap().unwrap();
    assert_eq!(
        (copy.content, copy.owner),
        (built_in.content, TemplateOwner::User(OWNER))
    );
}

pub async fn templates_of_others_are_not_there(store: &dyn TemplateStore) {
    insert(store, OWNER, 1).await;
    insert(store, STRANGER, 2).await;
    assert_eq!(store.find(STRANGER, template_id(1)).await.unwrap(), None);
    let changed = template_content("Mine");
    assert_eq!(
        kind(store.replace(STRANGER, template_id(1), &changed, at(9)).await),
        StoreErrorKind::Missing
    );
    assert_eq!(
        kind(store.remove(STRANGER, template_id(1)).await),
        StoreErrorKind::Missing
    );
    assert_eq!(
        store.find(OWNER, template_id(1)).await.unwrap(),
        Some(template(OWNER, 1))
    );
    for (owner, n) in [(OWNER, 1), (STRANGER, 2)] {
        let listed = list(store, owner, &TemplateFilter::default()).await;
        assert_eq!(own(&listed), [template_id(n)]);
        assert_eq!(listed.total, built_in(store).await.len() as u64 + 1);
    }
}

pub async fn built_in_templates_are_everybodys(store: &dyn TemplateStore) {
    for template in built_in(store).await {
        for owner in [OWNER, STRANGER] {
            assert_eq!(
                store.find(owner, template.id).await.unwrap().as_ref(),
                Some(&template)
            );
        }
    }
}

pub async fn built_in_templates_do_not_change(store: &dyn TemplateStore) {
    // A user who is known could have been given one.
    insert(store, OWNER, 1).await;
    let before = built_in(store).await;
    for template in &before {
        let changed = template_content("Mine");
        assert_eq!(
            kind(store.replace(OWNER, template.id, &changed, at(9)).await),
            StoreErrorKind::Missing
        );
        assert_eq!(
            kind(store.remove(OWNER, template.id).await),
            StoreErrorKind::Missing
        );
        assert_eq!(
            kind(store.insert(OWNER, template.id, &changed, at(9)).await),
            StoreErrorKind::Conflict
        );
    }
    assert_eq!(built_in(store).await, before);
}

pub async fn built_in_templates_are_listed_first(store: &dyn TemplateStore) {
    // These ids are earlier than those of Viva, and were not given in order.
    for n in [3, 1, u16::MAX, 2] {
        insert(store, OWNER, n).await;
    }
    let listed = list(store, OWNER, &TemplateFilter::default()).await;
    let is_built_in = |template: &&SystemPromptTemplate| template.owner == TemplateOwner::BuiltIn;
    let first = listed.items.iter().take_while(is_built_in).count();
    assert_eq!(first, built_in(store).await.len());
    assert!(
        listed.items[..first].is_sorted_by_key(|template| template.id),
        "{listed:?}"
    );
    assert_eq!(own(&listed), [1, 2, 3, u16::MAX].map(template_id));
}

pub async fn pages_do_not_overlap_and_end(store: &dyn TemplateStore) {
    for n in 1..=3 {
        insert(store, OWNER, n).await;
    }
    let everything = list(store, OWNER, &TemplateFilter::default()).await;
    let total = everything.total;
    assert_eq!(everything.items.len() as u64, total);
    let mut paged = Vec::new();
    for number in 1.. {
        let filter = TemplateFilter::default();
        let page = store.list(OWNER, &filter, PageRequest::new(number, 2)).await;
        let page = page.unwrap();
        assert_eq!(page.total, total);
        if page.items.is_empty() {
            break;
        }
        paged.extend(page.items);
    }
    assert_eq!(paged, everything.items);
}

pub async fn a_category_is_matched_to_the_letter(store: &dyn TemplateStore) {
    for (n, category) in [(1, "test"), (2, "Test"), (3, "testing")] {
        insert_as(store, n, category, "en").await;
    }
    assert_eq!(of_kind(store, Some("test"), None).await, [template_id(1)]);
    assert_eq!(of_kind(store, Some("tes_"), None).await, []);
    let filter = TemplateFilter::parse(Some("test"), None).unwrap();
    assert_eq!(list(store, OWNER, &filter).await.total, 1);
}

pub async fn a_language_is_matched_with_its_variants(store: &dyn TemplateStore) {
    for (n, language) in [
        (1, "en"),
        (2, "en-GB"),
        (3, "zh-TW"),
        (4, "eng"),
        (5, "zh-Hant-TW"),
    ] {
        insert_as(store, n, "test", language).await;
    }
    for (language, expected) in [
        ("en", &[1, 2][..]),
        ("EN-gb", &[2]),
        ("zh", &[3, 5]),
        ("zh-Hant", &[5]),
        ("zh-TW", &[3]),
        ("fr", &[]),
    ] {
        let expected: Vec<_> = expected.iter().copied().map(template_id).collect();
        assert_eq!(of_kind(store, None, Some(language)).await, expected, "{language}");
    }
    let english = TemplateFilter::parse(None, Some("en")).unwrap();
    let (english, everything) = (
        list(store, OWNER, &english).await,
        list(store, OWNER, &TemplateFilter::default()).await,
    );
    assert!(2 < english.total && english.total < everything.total - 3);
}

pub async fn conditions_hold_together(store: &dyn TemplateStore) {
    for (n, category, language) in [(1, "test", "en"), (2, "test", "zh"), (3, "other test", "en")] {
        insert_as(store, n, category, language).await;
    }
    assert_eq!(of_kind(store, Some("test"), Some("en")).await, [template_id(1)]);
}

pub async fn replaced_templates_are_as_they_were_last_written(store: &dyn TemplateStore) {
    for n in [1, 2] {
        insert(store, OWNER, n).await;
    }
    let content = TemplateContent::parse(RawTemplate {
        name: "Afterwards",
        description: "",
        category: "later",
        language: "de",
        system_prompt: None,
        user_role: None,
        ai_role: None,
        scenario: Some("Later."),
    })
    .unwrap();
    // Its own name is no obstacle.
    for micros in [9, 10] {
        store
            .replace(OWNER, template_id(1), &content, at(micros))
            .await
            .unwrap();
    }
    let replaced = SystemPromptTemplate {
        content,
        updated_at: at(10),
        ..template(OWNER, 1)
    };
    assert_eq!(store.find(OWNER, template_id(1)).await.unwrap(), Some(replaced));
    assert_eq!(
        store.find(OWNER, template_id(2)).await.unwrap(),
        Some(template(OWNER, 2))
    );
}

pub async fn replacing_by_the_name_of_another_conflicts(store: &dyn TemplateStore) {
    for n in [1, 2] {
        insert(store, OWNER, n).await;
    }
    let taken = template(OWNER, 2).content;
    assert_eq!(
        kind(store.replace(OWNER, template_id(1), &taken, at(9)).await),
        StoreErrorKind::Conflict
    );
    assert_eq!(
        store.find(OWNER, template_id(1)).await.unwrap(),
        Some(template(OWNER, 1))
    );
}

pub async fn a_template_that_is_not_there_is_missing(store: &dyn TemplateStore) {
    let content = template_content("Nobody's");
    assert_eq!(
        kind(store.replace(OWNER, template_id(1), &content, at(9)).await),
        StoreErrorKind::Missing
    );
    assert_eq!(
        kind(store.remove(OWNER, template_id(1)).await),
        StoreErrorKind::Missing
    );
    assert_eq!(store.find(OWNER, template_id(1)).await.unwrap(), None);
}

pub async fn removed_templates_are_forgotten(store: &dyn TemplateStore) {
    for n in [1, 2] {
        insert(store, OWNER, n).await;
    }
    store.remove(OWNER, template_id(1)).await.unwrap();
    assert_eq!(
        kind(store.remove(OWNER, template_id(1)).await),
        StoreErrorKind::Missing
    );
    assert_eq!(store.find(OWNER, template_id(1)).await.unwrap(), None);
    let listed = list(store, OWNER, &TemplateFilter::default()).await;
    assert_eq!(own(&listed), [template_id(2)]);
    // Its name is free again.
    let name = template(OWNER, 1).content;
    store.insert(OWNER, template_id(3), &name, at(9)).await.unwrap();
}

/// The `n`th template of a user.
fn template(owner: UserId, n: u16) -> SystemPromptTemplate {
    SystemPromptTemplate {
        id: template_id(n),
        owner: TemplateOwner::User(owner),
        content: template_content(&format!("Template {n}")),
        updated_at: at(i64::from(n)),
    }
}

async fn insert(store: &dyn TemplateStore, owner: UserId, n: u16) {
    let template = template(owner, n);
    store
        .insert(owner, template.id, &template.content, template.updated_at)
        .await
        .unwrap();
}

async fn insert_as(store: &dyn TemplateStore, n: u16, category: &str, language: &str) {
    let content = TemplateContent::parse(RawTemplate {
        category,
        language,
        ..RAW_TEMPLATE
    })
    .unwrap()
    .renamed(TemplateName::parse(&format!("Template {n}")).unwrap());
    store
        .insert(OWNER, template_id(n), &content, at(7))
        .await
        .unwrap();
}

async fn list(
    store: &dyn TemplateStore,
    owner: UserId,
    filter: &TemplateFilter,
) -> Page<SystemPromptTemplate> {
    store.list(owner, filter, PageRequest::new(1, 100)).await.unwrap()
}

/// The owner's own templates of a kind.
async fn of_kind(
    store: &dyn TemplateStore,
    category: Option<&str>,
    language: Option<&str>,
) -> Vec<TemplateId> {
    let filter = TemplateFilter::parse(category, language).unwrap();
    own(&list(store, OWNER, &filter).await)
}

fn own(page: &Page<SystemPromptTemplate>) -> Vec<TemplateId> {
    page.items
        .iter()
        .filter(|template| template.owner != TemplateOwner::BuiltIn)
        .map(|template| template.id)
        .collect()
}

async fn built_in(store: &dyn TemplateStore) -> Vec<SystemPromptTemplate> {
    let mut page = list(store, STRANGER, &TemplateFilter::default()).await;
    page.items
        .retain(|template| template.owner == TemplateOwner::BuiltIn);
    assert!(page.items.len() > 1, "there are built-in templates");
    page.items
}

fn kind(res: Result<(), StoreError>) -> StoreErrorKind {
    res.unwrap_err().kind
}
