use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use viva_contract::samples::{OWNER, at, session, template_content, template_id};
use viva_contract::template_store_contract;
use viva_domain::ports::{SessionStore as _, StoreErrorKind};
use viva_domain::templates::TemplateOwner;

use super::super::SqlSessionStore;
use super::super::testing::{on_postgres, on_sqlite};
use super::*;

/// What each language has a template for.
const CATEGORIES: [&str; 6] = [
    "customer_service",
    "language_teacher",
    "technical_support",
    "general_assistant",
    "storyteller",
    "medical_intake",
];

async fn fresh_sqlite(case: impl AsyncFnOnce(&dyn TemplateStore)) {
    on_sqlite(async |database| case(&SqlTemplateStore::new(database.clone())).await).await;
}

async fn fresh_postgres(case: impl AsyncFnOnce(&dyn TemplateStore)) {
    on_postgres(async |database| case(&SqlTemplateStore::new(database.clone())).await).await;
}

template_store_contract!(fresh_sqlite);
template_store_contract!(fresh_postgres);

#[tokio::test]
async fn both_languages_come_with_every_category() {
    let case = async |database: &Database| {
        let store = SqlTemplateStore::new(database.clone());
        for (language, first) in [
            ("en", "01a22499-f800-7000-8000-000000000001"),
            ("zh-TW", "01a22499-f800-7000-8000-000000000011"),
        ] {
            let templates = listed(&store, language).await;
            assert_eq!(templates[0].id.to_string(), first);
            let categories = templates.iter().map(|template| template.content.category());
            assert_eq!(categories.collect::<Vec<_>>(), CATEGORIES, "{language}");
            let names: BTreeSet<_> = templates.iter().map(|it| it.content.name().as_str()).collect();
            assert_eq!(names.len(), CATEGORIES.len(), "{names:?}");
        }
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn what_comes_with_viva_can_be_spoken() {
    on_sqlite(async |database| {
        let store = SqlTemplateStore::new(database.clone());
        for language in ["en", "zh-TW"] {
            for template in listed(&store, language).await {
                let content = &template.content;
                let prompt = content.prompt();
                let parts = [
                    prompt.system_prompt(),
                    prompt.user_role(),
                    prompt.ai_role(),
                    prompt.scenario(),
                ];
                assert!(parts.iter().all(Option::is_some), "{content:?}");
                assert!(!content.description().is_empty());
                for text in parts.into_iter().flatten().chain([content.description()]) {
                    assert!(!text.contains(['*', '#', '`', '_', '•']), "no Markdown: {text}");
                    assert!(!text.lines().any(|line| line.starts_with(['-', ' '])), "{text}");
                    let is_chinese = text.chars().any(|c| ('\u{4e00}'..'\u{a000}').contains(&c));
                    assert_eq!(is_chinese, language == "zh-TW", "{text}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_user_with_sessions_is_the_same_user() {
    let case = async |database: &Database| {
        let (sessions, store) = (
            SqlSessionStore::new(database.clone()),
            SqlTemplateStore::new(database.clone()),
        );
        sessions.insert(&session(1)).await.unwrap();
        insert(&store, 1).await;
        sessions.insert(&session(2)).await.unwrap();
        assert!(store.find(OWNER, template_id(1)).await.unwrap().is_some());
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn deleting_a_user_deletes_their_templates_only() {
    let case = async |database: &Database| {
        let store = SqlTemplateStore::new(database.clone());
        insert(&store, 1).await;
        run(database, "DELETE FROM users").await;
        let filter = TemplateFilter::default();
        let left = store
            .list(OWNER, &filter, PageRequest::new(1, 100))
            .await
            .unwrap();
        assert_eq!(left.total, 2 * CATEGORIES.len() as u64);
        assert!(left.items.iter().all(|it| it.owner == TemplateOwner::BuiltIn));
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn damaged_templates_are_reported() {
    let case = async |database: &Database| {
        let store = SqlTemplateStore::new(database.clone());
        insert(&store, 1).await;
        for (column, value, right) in [
            ("name", "", "Waiter"),
            ("description", "\u{1b}", "Takes orders."),
            ("category", "\u{1b}", "restaurant"),
            ("language", "?", "en"),
            ("system_prompt", "\u{1b}", "Be brief."),
            ("user_role", "\u{1b}", "guest"),
            ("ai_role", "\u{1b}", "waiter"),
            ("scenario", "\u{1b}", "In a café."),
        ] {
            set(database, column, value).await;
            let found = store.find(OWNER, template_id(1)).await.unwrap_err();
            let filter = TemplateFilter::default();
            let listed = store.list(OWNER, &filter, PageRequest::new(1, 100)).await;
            for err in [found, listed.unwrap_err()] {
                assert_eq!(err.kind, StoreErrorKind::Damaged, "{column}: {err:?}");
                let cause = err.source.unwrap().to_string();
                assert_eq!(
                    cause,
                    format!("the column {column} holds a value that makes no sense")
                );
            }
            set(database, column, right).await;
        }
        assert!(store.find(OWNER, template_id(1)).await.unwrap().is_some());
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

async fn insert(store: &SqlTemplateStore, n: u16) {
    let content = template_content(&format!("Template {n}"));
    store
        .insert(OWNER, template_id(n), &content, at(7))
        .await
        .unwrap();
}

async fn listed(store: &SqlTemplateStore, language: &str) -> Vec<SystemPromptTemplate> {
    let filter = TemplateFilter::parse(None, Some(language)).unwrap();
    let page = store.list(OWNER, &filter, PageRequest::new(1, 100)).await;
    page.unwrap().items
}

/// Writes a value into a column of what users wrote.
async fn set(database: &Database, column: &str, value: &str) {
    let sql = format!("UPDATE system_prompt_templates SET {column} = '{value}' WHERE user_id IS NOT NULL");
    run(database, &sql).await;
}

async fn run(database: &Database, sql: &str) {
    database.connection.execute_unprepared(sql).await.unwrap();
}
