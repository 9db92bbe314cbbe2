use viva_protocol::problem::Problem;

use super::*;
use crate::state::prompt::Text;

const EN: Language = Language::English;
const ZH: Language = Language::TraditionalChinese;

fn template(n: u128, name: &str, category: &str, language: &str) -> Template {
    Template {
        id: Uuid::from_u128(n),
        built_in: n < 10,
        updated_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        content: TemplateContent {
            name: name.to_owned(),
            description: format!("What {name} is for."),
            category: category.to_owned(),
            language: language.to_owned(),
            system_prompt: Some(format!("You are {name}.")),
            ai_role: Some(name.to_owned()),
            ..TemplateContent::default()
        },
    }
}

/// Three built-in ones and two of the person's own.
fn templates() -> Templates {
    let mut templates = Templates::default();
    let lookup = templates.look();
    templates.hear(lookup, Ok(list()));
    templates
}

fn list() -> Vec<Template> {
    vec![
        template(1, "Clerk", "service", "en"),
        template(2, "Teacher", "lessons", "en"),
        template(3, "客服", "service", "zh-TW"),
        template(11, "Mine", "lessons", "en-GB"),
        template(12, "Meins", "lessons", "de"),
    ]
}

fn id(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

fn names(templates: &Templates, settings: &Settings, page: Language) -> Vec<String> {
    let offered = templates.offered(settings, page);
    offered.map(|template| template.content.name.clone()).collect()
}

/// Settings with a template chosen.
fn chosen(templates: &mut Templates, n: u128) -> Settings {
    let mut settings = Settings::default();
    templates.choose(&id(n), &mut settings);
    settings
}

#[test]
fn templates_are_looked_through_by_language_and_category() {
    let (mut templates, settings) = (templates(), Settings::default());
    assert_eq!(names(&templates, &settings, EN), ["Clerk", "Teacher", "Mine"]);
    assert_eq!(names(&templates, &settings, ZH), ["客服"]);
    assert_eq!(templates.languages(ZH), ["zh-TW", "en", "en-GB", "de"]);
    assert_eq!(templates.categories(EN), ["service", "lessons"]);
    assert_eq!(templates.categories(ZH), ["service"]);

    templates.want("lessons".to_owned());
    assert_eq!(names(&templates, &settings, EN), ["Teacher", "Mine"]);
    assert_eq!(
        templates.categories(ZH),
        ["lessons", "service"],
        "what is wanted is shown"
    );
    templates.look_through("en-GB".to_owned());
    assert_eq!(names(&templates, &settings, ZH), ["Mine"]);
    templates.look_through(String::new());
    templates.want(String::new());
    assert_eq!(names(&templates, &settings, EN).len(), 5);
}

#[test]
fn what_is_chosen_is_offered_whatever_is_looked_through() {
    let mut templates = templates();
    let settings = chosen(&mut templates, 3);
    assert_eq!(
        names(&templates, &settings, EN),
        ["Clerk", "Teacher", "客服", "Mine"]
    );
}

#[test]
fn a_template_fills_the_texts_and_says_whether_they_were_changed_since() {
    let mut templates = templates();
    let mut settings = chosen(&mut templates, 1);
    assert_eq!(settings.system_prompt, "You are Clerk.");
    assert_eq!((&*settings.ai_role, &*settings.user_role), ("Clerk", ""));
    let known = templates
        .chosen(&settings)
        .map(|template| template.content.name.as_str());
    assert_eq!((known, templates.is_changed(&settings)), (Some("Clerk"), false));
    settings.write(Text::UserRole, " Guest ");
    assert!(templates.is_changed(&settings));
    settings.write(Text::UserRole, " ");
    assert!(!templates.is_changed(&settings), "blanks are nothing");
}

#[test]
fn what_was_remembered_is_known_again_once_the_list_is_there() {
    let settings = chosen(&mut templates(), 11);
    let json = serde_json::to_string(&settings).unwrap();
    let remembered: Settings = serde_json::from_str(&json).unwrap();
    assert_eq!(remembered, settings);
    let unknown = Templates::default();
    assert!(!unknown.are_known() && unknown.chosen(&remembered).is_none());
    assert!(templates().chosen(&remembered).is_some());
    let mut without = templates();
    let mut remembered = remembered;
    without.deleted(Uuid::from_u128(11), &mut Settings::default());
    assert!(without.chosen(&remembered).is_none(), "it is gone");
    assert!(!without.is_changed(&remembered));
    without.choose("", &mut remembered);
    assert_eq!(remembered.ai_role, "Mine", "by now it is the person's own");
}

#[test]
fn what_was_written_by_hand_can_be_brought_back() {
    let mut templates = templates();
    let mut settings = Settings::default();
    settings.write(Text::SystemPrompt, "By hand.");
    templates.choose(&id(1), &mut settings);
    templates.choose(&id(2), &mut settings);
    assert!(templates.can_bring_back(), "also after another choice");
    settings.write(Text::Scenario, "At school.");
    templates.bring_back(&mut settings);
    assert_eq!((&*settings.system_prompt, settings.template), ("By hand.", None));
    templates.bring_back(&mut settings);
    assert_eq!(
        (&*settings.scenario, &*settings.ai_role),
        ("At school.", "Teacher")
    );
    assert_eq!(settings.template, Some(Uuid::from_u128(2)));

    let mut untouched = self::templates();
    let mut settings = chosen(&mut untouched, 1);
    untouched.choose(&id(2), &mut settings);
    assert!(!untouched.can_bring_back(), "a template is not lost");
}

#[test]
fn without_a_template_its_texts_go_unless_they_were_changed() {
    let mut templates = templates();
    let mut settings = chosen(&mut templates, 1);
    templates.choose("", &mut settings);
    assert_eq!(settings, Settings::default());
    let mut settings = chosen(&mut templates, 1);
    settings.write(Text::SystemPrompt, "Mine now.");
    templates.choose("", &mut settings);
    assert_eq!((&*settings.system_prompt, settings.template), ("Mine now.", None));
}

#[test]
fn a_template_is_saved_under_the_name_that_suggests_itself_or_another_one() {
    let mut templates = templates();
    let settings = Settings::default();
    assert_eq!(
        (templates.name(&settings), templates.can_save(&settings)),
        ("", false)
    );
    let mut settings = chosen(&mut templates, 3);
    assert_eq!(
        (templates.name(&settings), templates.can_save(&settings)),
        ("客服", true)
    );
    assert!(
        templates.namesake(&settings).is_none(),
        "what is built in is nobody's own"
    );
    templates.set_name(" Meine ".to_owned());
    settings.write(Text::UserRole, "Gast");
    let content = templates.content(&settings, EN);
    let expected = TemplateContent {
        name: "Meine".to_owned(),
        user_role: Some("Gast".to_owned()),
        ..template(3, "客服", "service", "zh-TW").content
    };
    assert_eq!(content, expected);
    templates.set_name("  ".to_owned());
    assert!(!templates.can_save(&settings));
}

#[test]
fn a_text_without_a_template_is_saved_in_the_language_of_the_page() {
    let mut templates = templates();
    let mut settings = Settings::default();
    templates.set_name("New".to_owned());
    assert!(!templates.can_save(&settings), "there is nothing in it");
    settings.write(Text::Scenario, "At sea.");
    assert!(templates.can_save(&settings));
    let content = templates.content(&settings, ZH);
    assert_eq!((&*content.category, &*content.language), ("other", "zh-TW"));
    templates.want("lessons".to_owned());
    assert_eq!(templates.content(&settings, ZH).category, "lessons");
}

#[test]
fn ones_own_template_of_the_same_name_is_replaced_as_what_it_is() {
    let mut templates = templates();
    let settings = chosen(&mut templates, 1);
    templates.set_name("Meins ".to_owned());
    let namesake = templates.namesake(&settings).map(|template| template.id);
    assert_eq!(namesake, Some(Uuid::from_u128(12)));
    let content = templates.content(&settings, EN);
    assert_eq!((&*content.category, &*content.language), ("lessons", "de"));
    assert_eq!(content.description, "What Meins is for.");
    assert_eq!(content.ai_role.as_deref(), Some("Clerk"));
}

#[test]
fn what_was_saved_is_chosen_and_offered() {
    let mut templates = templates();
    let mut settings = chosen(&mut templates, 1);
    settings.write(Text::UserRole, "Guest");
    templates.set_name("New".to_owned());
    assert!(templates.ask() && !templates.ask(), "one thing at a time");
    templates.fail(Trouble::Unreachable);
    assert_eq!(templates.trouble(), Some(&Trouble::Unreachable));
    assert!(templates.ask());
    let content = templates.content(&settings, EN);
    let saved = Template {
        content,
        ..template(13, "New", "service", "en")
    };
    let sent = (settings.template, &saved.content);
    templates.saved(saved.clone(), sent, &mut settings);
    assert!(!templates.is_busy() && templates.trouble().is_none());
    assert_eq!(templates.chosen(&settings), Some(&saved));
    assert!(!templates.is_changed(&settings));
    assert_eq!(
        names(&templates, &settings, EN),
        ["Clerk", "Teacher", "Mine", "New"]
    );

    settings.write(Text::UserRole, "Child");
    let replaced = Template {
        content: templates.content(&settings, EN),
        ..saved
    };
    let sent = (settings.template, &replaced.content);
    templates.saved(replaced.clone(), sent, &mut settings);
    assert_eq!(templates.chosen(&settings), Some(&replaced));
    assert_eq!(names(&templates, &settings, EN).len(), 4);

    assert!(templates.ask());
    templates.deleted(replaced.id, &mut settings);
    assert!(!templates.is_busy());
    assert_eq!((settings.template, &*settings.user_role), (None, "Child"));
    assert_eq!(names(&templates, &settings, EN), ["Clerk", "Teacher", "Mine"]);
}

#[test]
fn what_was_saved_is_not_chosen_when_something_else_is_there_meanwhile() {
    let changes: [fn(&mut Templates, &mut Settings); 3] = [
        |templates, settings| templates.choose(&id(2), settings),
        |_, settings| settings.write(Text::UserRole, "Child"),
        |templates, _| templates.set_name("Other".to_owned()),
    ];
    for change in changes {
        let mut templates = templates();
        let mut settings = chosen(&mut templates, 1);
        templates.set_name("New".to_owned());
        let began = settings.template;
        let saved = Template {
            content: templates.content(&settings, EN),
            ..template(13, "New", "service", "en")
        };
        assert!(templates.ask());
        change(&mut templates, &mut settings);
        let before = settings.clone();
        let name = templates.name(&settings).to_owned();
        templates.saved(saved.clone(), (began, &saved.content), &mut settings);
        assert_eq!(settings, before);
        assert_eq!(templates.name(&settings), name);
        assert!(!templates.is_busy());
        assert!(names(&templates, &settings, EN).contains(&"New".to_owned()));
    }
}

#[test]
fn what_was_saved_is_no_list_of_its_own() {
    let mut templates = Templates::default();
    let mut settings = Settings::default();
    let first = templates.look();
    settings.write(Text::Scenario, "At sea.");
    templates.set_name("New".to_owned());
    assert!(templates.ask());
    let saved = Template {
        content: templates.content(&settings, EN),
        ..template(13, "New", "other", "en")
    };
    templates.saved(saved.clone(), (None, &saved.content), &mut settings);
    assert!(!templates.are_known(), "the others are missing");
    let second = templates.look();
    templates.hear(first, Ok(list()));
    assert!(!templates.are_known(), "it was asked before");
    let all = list().into_iter().chain([saved.clone()]).collect();
    templates.hear(second, Ok(all));
    assert_eq!(templates.chosen(&settings), Some(&saved));
}

#[test]
fn a_list_that_fails_leaves_what_is_under_way() {
    let mut templates = Templates::default();
    let lookup = templates.look();
    assert!(templates.ask());
    templates.hear(lookup, Err(Trouble::Unreachable));
    assert!(templates.is_busy() && templates.is_lost());
    assert_eq!(templates.trouble(), Some(&Trouble::Unreachable));
    let lookup = templates.look();
    assert!(!templates.is_lost(), "it is asked again already");
    templates.hear(lookup, Ok(list()));
    assert!(templates.are_known() && templates.trouble().is_none());
    let lookup = templates.look();
    templates.hear(lookup, Err(Trouble::Unreachable));
    assert!(templates.are_known() && templates.trouble().is_none());
}

#[test]
fn a_preview_is_of_the_texts_that_were_asked_about_last() {
    let mut templates = templates();
    let mut settings = chosen(&mut templates, 1);
    let first = templates.show_preview(&settings).unwrap();
    assert_eq!(first, settings.told());
    assert_eq!(first.prompt_language.as_deref(), Some("en"));
    assert!(!templates.preview().unwrap().is_of(&settings));
    settings.write(Text::Scenario, "At sea.");
    let second = templates.show_preview(&settings).unwrap();
    templates.composed(first.clone(), Ok("late".to_owned()));
    assert_eq!(templates.preview().unwrap().composed(), "");
    templates.composed(second, Ok("You are Clerk. At sea.".to_owned()));
    assert!(templates.preview().unwrap().is_of(&settings));
    assert_eq!(templates.show_preview(&settings), None, "it is known");

    settings.write(Text::Scenario, "");
    let third = templates.show_preview(&settings).unwrap();
    let trouble = Trouble::Refused("too long".to_owned());
    templates.composed(third.clone(), Err(trouble.clone()));
    let preview = templates.preview().unwrap();
    assert!(!preview.is_of(&settings) && !preview.composed().is_empty());
    assert_eq!(templates.trouble(), Some(&trouble));
    assert_eq!(
        templates.show_preview(&settings),
        Some(third.clone()),
        "asked again"
    );
    templates.composed(third.clone(), Ok("You are Clerk.".to_owned()));
    assert_eq!(templates.trouble(), None);

    templates.hide_preview();
    templates.composed(third, Ok("late".to_owned()));
    assert!(templates.preview().is_none());
}

#[test]
fn the_trouble_of_a_preview_is_its_own() {
    let mut templates = templates();
    let settings = chosen(&mut templates, 1);
    let texts = templates.show_preview(&settings).unwrap();
    let refused = Trouble::Refused("taken".to_owned());
    assert!(templates.ask());
    templates.fail(refused.clone());
    templates.composed(texts.clone(), Err(Trouble::Unreachable));
    assert_eq!(templates.trouble(), Some(&refused));
    templates.composed(texts, Ok("You are Clerk.".to_owned()));
    assert_eq!(templates.trouble(), Some(&refused), "it was not saved");

    let mut templates = self::templates();
    let texts = templates.show_preview(&settings).unwrap();
    templates.composed(texts, Err(Trouble::Unreachable));
    assert_eq!(templates.trouble(), Some(&Trouble::Unreachable));
    templates.hide_preview();
    assert_eq!(templates.trouble(), None, "nobody asks for it any more");
}

#[test]
fn why_something_was_refused_is_told_in_the_words_of_the_server() {
    let refused = |status, detail: Option<&str>| Refused {
        status,
        problem: detail.map(|detail| Problem {
            kind: "about:blank".to_owned(),
            title: "Conflict".to_owned(),
            status: 409,
            code: "template-name-taken".to_owned(),
            detail: Some(detail.to_owned()),
        }),
        wait_s: None,
    };
    assert_eq!(Trouble::from(refused(None, None)), Trouble::Unreachable);
    assert_eq!(
        Trouble::from(refused(Some(409), Some("taken"))),
        Trouble::Refused("taken".to_owned())
    );
    // What stands before the server need not say why.
    assert_eq!(
        Trouble::from(refused(Some(502), None)),
        Trouble::Refused(String::new())
    );
}

#[test]
fn texts_keep_the_language_of_the_template_that_they_began_with() {
    let mut templates = templates();
    let mut settings = chosen(&mut templates, 3);
    assert_eq!(settings.prompt_language, "zh-TW");
    settings.write(Text::Scenario, "在海上。");
    templates.choose(&id(12), &mut settings);
    assert_eq!(settings.prompt_language, "de");
    templates.bring_back(&mut settings);
    assert_eq!(settings.prompt_language, "zh-TW");
    // It is gone, and what was written stays in its language.
    templates.deleted(Uuid::from_u128(3), &mut settings);
    assert_eq!(settings.prompt_language, "zh-TW");
    let mut settings = chosen(&mut templates, 1);
    templates.choose("", &mut settings);
    assert_eq!(settings.prompt_language, "");
    let (content, saved) = (
        templates.content(&settings, ZH),
        template(13, "Neu", "lessons", "zh-TW"),
    );
    let sent = TemplateContent {
        name: templates.name(&settings).trim().to_owned(),
        ..content
    };
    templates.saved(saved, (None, &sent), &mut settings);
    assert_eq!(settings.prompt_language, "zh-TW");
}
