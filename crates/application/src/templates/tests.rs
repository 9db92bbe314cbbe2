use uuid::Uuid;
use viva_contract::samples::{OWNER, STRANGER, template_content};
use viva_fakes::{ManualClock, MemoryTemplateStore, SequentialIds};

use super::*;

struct Bench {
    templates: Templates,
    store: Arc<MemoryTemplateStore>,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new() -> Self {
        let store = Arc::new(MemoryTemplateStore::default());
        let clock = Arc::new(ManualClock::default());
        let ids = Arc::new(SequentialIds::default());
        Self {
            templates: Templates::new(store.clone(), clock.clone(), ids),
            store,
            clock,
        }
    }

    async fn create(&self, name: &str) -> SystemPromptTemplate {
        let created = self.templates.create(OWNER, template_content(name)).await;
        created.expect("the name is free")
    }

    async fn built_in(&self) -> SystemPromptTemplate {
        self.list(STRANGER).await.remove(0)
    }

    async fn list(&self, owner: UserId) -> Vec<SystemPromptTemplate> {
        let everything = PageRequest::new(1, 100);
        let page = self
            .templates
            .list(owner, &TemplateFilter::default(), everything)
            .await;
        page.expect("the store answers").items
    }
}

fn name(name: &str) -> TemplateName {
    TemplateName::parse(name).unwrap()
}

fn said<T: std::fmt::Debug, E: ToString>(res: Result<T, E>) -> String {
    res.unwrap_err().to_string()
}

#[tokio::test]
async fn what_was_created_is_found_listed_and_forgotten() {
    let bench = Bench::new();
    let created = bench.create("Mine").await;
    assert_eq!(created.owner, TemplateOwner::User(OWNER));
    assert_eq!(created.updated_at, bench.clock.now());
    let templates = &bench.templates;
    assert_eq!(templates.template(OWNER, created.id).await.unwrap(), created);
    assert_eq!(bench.list(OWNER).await.last(), Some(&created));
    templates.delete(OWNER, created.id).await.unwrap();
    for gone in [
        said(templates.template(OWNER, created.id).await),
        said(templates.delete(OWNER, created.id).await),
        said(
            templates
                .replace(OWNER, created.id, created.content.clone())
                .await,
        ),
        said(templates.duplicate(OWNER, created.id, name("Copy")).await),
    ] {
        assert_eq!(gone, format!("there is no template {}", created.id));
    }
}

#[tokio::test]
async fn a_replaced_template_keeps_its_id_and_tells_when() {
    let bench = Bench::new();
    let created = bench.create("Mine").await;
    bench.clock.advance(std::time::Duration::from_secs(5));
    let replaced = bench
        .templates
        .replace(OWNER, created.id, template_content("Still mine"))
        .await
        .unwrap();
    assert_eq!(replaced.id, created.id);
    assert_eq!((replaced.updated_at - created.updated_at).num_seconds(), 5);
    assert_eq!(
        bench.templates.template(OWNER, created.id).await.unwrap(),
        replaced
    );
}

#[tokio::test]
async fn a_copy_is_the_users_own_whatever_the_original_was() {
    let bench = Bench::new();
    let built_in = bench.built_in().await;
    let copy = bench
        .templates
        .duplicate(OWNER, built_in.id, name("Copy"))
        .await
        .unwrap();
    let again = bench
        .templates
        .duplicate(OWNER, copy.id, name("Copy of the copy"))
        .await
        .unwrap();
    for (copy, called) in [(&copy, "Copy"), (&again, "Copy of the copy")] {
        assert_eq!(copy.owner, TemplateOwner::User(OWNER));
        assert_eq!(copy.content, built_in.content.clone().renamed(name(called)));
    }
    assert_eq!(bench.built_in().await, built_in);
}

#[tokio::test]
async fn built_in_templates_are_read_only() {
    let bench = Bench::new();
    let built_in = bench.built_in().await;
    for refused in [
        said(
            bench
                .templates
                .replace(OWNER, built_in.id, template_content("Mine"))
                .await,
        ),
        said(bench.templates.delete(OWNER, built_in.id).await),
    ] {
        assert!(refused.contains("came with Viva"), "{refused}");
    }
    assert_eq!(bench.built_in().await, built_in);
}

#[tokio::test]
async fn a_prompt_is_what_was_written_and_by_the_template_what_was_not() {
    let bench = Bench::new();
    let template = bench.create("Mine").await;
    let of_template = template.content.prompt();
    let texts = PromptTexts {
        system_prompt: Some("Be long."),
        user_role: Some(""),
        ..PromptTexts::default()
    };
    let (templates, id) = (&bench.templates, Some(template.id));
    let written = templates.prompt(OWNER, id, PromptTexts::default()).await.unwrap();
    assert_eq!(written.prompt, *of_template);
    let prompt = templates.prompt(OWNER, id, texts).await.unwrap().prompt;
    assert_eq!(prompt, texts.over(of_template).unwrap());
    assert_ne!(prompt, *of_template);
    let without = templates.prompt(OWNER, None, texts).await.unwrap();
    assert_eq!(
        without.prompt,
        Prompt::parse(Some("Be long."), None, None, None).unwrap()
    );

    let unknown = said(templates.prompt(STRANGER, id, texts).await);
    assert_eq!(unknown, format!("there is no template {}", template.id));
    let wrong = PromptTexts {
        ai_role: Some("\u{0}"),
        ..texts
    };
    let invalid = templates.prompt(OWNER, id, wrong).await;
    assert!(matches!(invalid, Err(PromptError::Invalid(_))), "{invalid:?}");
}

#[tokio::test]
async fn the_language_of_a_prompt_is_the_one_that_was_written_or_else_the_templates() {
    let bench = Bench::new();
    let template = bench.create("Mine").await;
    let of_template = template.content.language().as_str();
    let in_german = PromptTexts {
        language: Some("DE-at"),
        ..PromptTexts::default()
    };
    let without = PromptTexts::default();
    assert_ne!(of_template, "de-AT");
    for (template, texts, expected) in [
        (Some(template.id), without, Some(of_template)),
        (Some(template.id), in_german, Some("de-AT")),
        (None, in_german, Some("de-AT")),
        (None, without, None),
    ] {
        let written = bench.templates.prompt(OWNER, template, texts).await.unwrap();
        assert_eq!(written.language.as_ref().map(LanguageTag::as_str), expected);
    }
    let wrong = PromptTexts {
        language: Some("German!"),
        ..without
    };
    let refused = said(bench.templates.prompt(OWNER, None, wrong).await);
    assert_eq!(
        refused,
        "prompt_language must be a BCP 47 tag, such as en or zh-TW"
    );
}

#[tokio::test]
async fn a_name_that_is_taken_is_told() {
    let bench = Bench::new();
    let (first, second) = (bench.create("First").await, bench.create("Second").await);
    let templates = &bench.templates;
    for refused in [
        said(templates.create(OWNER, template_content("First")).await),
        said(templates.duplicate(OWNER, second.id, name("First")).await),
        said(
            templates
                .replace(OWNER, second.id, template_content("First"))
                .await,
        ),
    ] {
        assert!(refused.contains("the name \"First\" already"), "{refused}");
    }
    assert_eq!(bench.list(OWNER).await[2..], [first, second]);
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let bench = Bench::new();
    let foreign = bench.create("Mine").await;
    let templates = &bench.templates;
    for refused in [
        said(templates.template(STRANGER, foreign.id).await),
        said(templates.delete(STRANGER, foreign.id).await),
        said(
            templates
                .replace(STRANGER, foreign.id, template_content("Stolen"))
                .await,
        ),
        said(templates.duplicate(STRANGER, foreign.id, name("Stolen")).await),
    ] {
        assert_eq!(refused, format!("there is no template {}", foreign.id));
    }
    assert_eq!(bench.list(STRANGER).await.len(), 2);
    assert_eq!(bench.list(OWNER).await.last(), Some(&foreign));
}

#[tokio::test]
async fn a_database_that_is_away_is_no_conflict() {
    let bench = Bench::new();
    bench.store.faults().fail(StoreErrorKind::Unavailable);
    let (templates, id) = (&bench.templates, TemplateId::from_uuid(Uuid::nil()));
    for failed in [
        templates.create(OWNER, template_content("Mine")).await.err(),
        templates.replace(OWNER, id, template_content("Mine")).await.err(),
        templates.delete(OWNER, id).await.err(),
        templates.template(OWNER, id).await.err().map(TemplateError::from),
    ] {
        let is_store =
            matches!(&failed, Some(TemplateError::Store(err)) if err.kind == StoreErrorKind::Unavailable);
        assert!(is_store, "{failed:?}");
    }
}
