//! Templates: chosen, changed, previewed, kept, and talked with.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

const PICKER: &str = ".vv-template select";
const STANDING: &str = ".vv-template [role=status]";
const PREVIEW: &str = ".vv-preview[data-current=true]";
const NAME: &str = ".vv-save input";

/// The texts as they are written.
const TEXTS: &str = "[...document.querySelectorAll('.vv-prompt textarea')].map(field => field.value)";

/// The names that can be chosen.
const NAMES: &str = "[...document.querySelectorAll('.vv-template option')].map(option => option.text)";

/// Which of them is.
const CHOSEN: &str = "document.querySelector('.vv-template select').selectedOptions[0]?.text";

/// The place of a text among the texts.
const AI_ROLE: usize = 2;

async fn until_chosen(page: &Page, name: &str) -> Result<()> {
    page.until(&format!("{CHOSEN} === {}", json!(name)), 10).await
}

/// Chooses as a person does; the browser's own list is not part of the page.
async fn choose(page: &Page, list: &str, name: &str) -> Result<()> {
    let name = json!(name);
    page.until(
        &format!("[...document.querySelectorAll('{list} option')].some(it => it.text === {name})"),
        10,
    )
    .await?;
    page.value(&format!(
        "(() => {{
            const list = document.querySelector('{list}');
            list.value = [...list.options].find(option => option.text === {name}).value;
            list.dispatchEvent(new Event('change', {{bubbles: true}}));
        }})()"
    ))
    .await
    .map(drop)
}

/// Writes into a field in place of what is there, and leaves it.
async fn write(page: &Page, field: &str, text: &str) -> Result<()> {
    page.value(&format!(
        "(() => {{ const field = {field}; field.scrollIntoView({{block: 'center'}}); field.focus(); field.select(); }})()"
    ))
    .await?;
    page.press(text).await?;
    page.press(Key::Tab).await
}

async fn write_text(page: &Page, place: usize, text: &str) -> Result<()> {
    write(
        page,
        &format!("document.querySelectorAll('.vv-prompt textarea')[{place}]"),
        text,
    )
    .await
}

/// Opens what a summary hides, by keyboard.
async fn unfold(page: &Page, below: &str) -> Result<()> {
    page.value(&format!(
        "document.querySelector('{below}').closest('details').querySelector('summary').focus()"
    ))
    .await?;
    page.press(Key::Enter).await?;
    page.until(
        &format!("document.querySelector('{below}').closest('details').open"),
        5,
    )
    .await
}

async fn save_as(page: &Page, name: &str) -> Result<()> {
    page.value(&format!(
        "(() => {{ const field = document.querySelector('{NAME}'); field.focus(); field.select(); }})()"
    ))
    .await?;
    page.press(name).await?;
    page.press(Key::Enter).await
}

/// Chooses a built-in template, changes it, and saves it twice under one name.
async fn change_and_save(page: &Page) -> Result<()> {
    choose(page, PICKER, "Customer service").await?;
    page.until(&format!("{TEXTS}.every(text => text.length > 3)"), 5)
        .await?;
    let standing = page.text(STANDING).await?;
    ensure!(
        standing.starts_with("As in the template “Customer service”."),
        "{standing}"
    );

    unfold(page, ".vv-preview").await?;
    page.until_shown(PREVIEW, 10).await?;
    write_text(page, AI_ROLE, "Ada").await?;
    page.until(
        &format!("document.querySelector('{PREVIEW}')?.textContent.includes('role: Ada.')"),
        10,
    )
    .await?;
    ensure!(
        page.text(STANDING).await?.starts_with("Changed since"),
        "the change is not told"
    );

    unfold(page, NAME).await?;
    save_as(page, "My clerk").await?;
    until_chosen(page, "My clerk – yours").await?;
    ensure!(
        page.text(STANDING)
            .await?
            .starts_with("As in the template “My clerk”.")
    );

    // The name is there already: that is told, and the same template says something else from now on.
    write_text(page, AI_ROLE, "Eve").await?;
    page.until(
        "document.querySelector('.vv-save button').textContent === 'Replace'",
        5,
    )
    .await?;
    ensure!(
        page.text(".vv-save [role=status]")
            .await?
            .contains("It is replaced.")
    );
    save_as(page, "My clerk").await?;
    page.until(
        &format!("document.querySelector('{STANDING}').textContent.startsWith('As in')"),
        10,
    )
    .await?;
    let names = page
        .value(&format!("{NAMES}.filter(name => name.startsWith('My clerk'))"))
        .await?;
    ensure!(names == json!(["My clerk – yours"]), "the names are {names}");
    Ok(())
}

/// In another mode and after the page was loaded anew the texts are the same: these.
async fn keep(page: &Page) -> Result<Value> {
    let texts = page.value(TEXTS).await?;
    page.click(".vv-mode[data-mode=cascade]").await?;
    page.until_shown("[data-part=llm]", 5).await?;
    ensure!(page.value(TEXTS).await? == texts, "another mode has other texts");
    page.reload().await?;
    until_chosen(page, "My clerk – yours").await?;
    ensure!(page.value(TEXTS).await? == texts, "the texts are forgotten");
    ensure!(
        page.text(STANDING)
            .await?
            .starts_with("As in the template “My clerk”.")
    );
    Ok(texts)
}

/// Talks with it: it is what was previewed, and the labels stay whatever is chosen then.
async fn talk(page: &Page) -> Result<()> {
    page.click(".vv-mode[data-mode=realtime]").await?;
    unfold(page, ".vv-preview").await?;
    page.until_shown(PREVIEW, 10).await?;
    let preview = page
        .value("document.querySelector('.vv-preview').textContent")
        .await?;

    page.click(".vv-main-action").await?;
    page.until_shown("li[data-role=ai] .vv-play", 60).await?;
    page.click(".vv-main-action").await?;
    page.until_phase("ended", 10).await?;
    let path = format!("/api/v1/interaction/sessions/{}", page.stage("session").await?);
    let session = page.answer(&path).await?;
    ensure!(session["ai_role"] == "Eve", "the session is {session}");
    ensure!(
        session["instructions"] == preview,
        "the AI was told something else"
    );

    // Who spoke stays so, whatever is chosen for the next session.
    choose(page, PICKER, "Storyteller").await?;
    let labels = page
        .value("[...document.querySelectorAll('.vv-line-role')].map(label => label.textContent)")
        .await?;
    ensure!(
        labels == json!([session["user_role"], "Eve"]),
        "the labels are {labels}"
    );
    Ok(())
}

/// Deletes it: the texts stay.
async fn delete(page: &Page, texts: &Value) -> Result<()> {
    choose(page, PICKER, "My clerk – yours").await?;
    unfold(page, ".vv-delete button").await?;
    page.click(".vv-delete button").await?;
    until_chosen(page, "None: write your own").await?;
    ensure!(
        page.value(TEXTS).await? == *texts,
        "the texts went with the template"
    );
    page.until(
        &format!("document.activeElement === document.querySelector('{PICKER}')"),
        5,
    )
    .await?;
    page.reload().await?;
    page.until_shown(&format!("{PICKER} option:nth-child(3)"), 10)
        .await?;
    let names = page.value(NAMES).await?;
    ensure!(
        !names.to_string().contains("My clerk"),
        "it is still there: {names}"
    );
    Ok(())
}

#[tokio::test]
async fn a_template_is_chosen_changed_saved_and_talked_with() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            change_and_save(page).await?;
            let texts = keep(page).await?;
            talk(page).await?;
            delete(page, &texts).await
        })
        .await
}

#[tokio::test]
async fn what_was_written_by_hand_is_not_lost_to_a_template() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            write_text(page, 0, "Written by hand.").await?;
            choose(page, PICKER, "Storyteller").await?;
            page.until(&format!("!{TEXTS}[0].includes('hand')"), 5).await?;
            page.click(".vv-template button").await?;
            page.until(&format!("{TEXTS}[0] === 'Written by hand.'"), 5)
                .await?;
            until_chosen(page, "None: write your own").await
        })
        .await
}

#[tokio::test]
async fn what_does_not_work_is_told_and_start_works_all_the_same() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.load_after(
                "(() => {
                    const ask = window.fetch;
                    window.fetch = (path, ...rest) =>
                        path.includes('/prompts/') || path.includes('/templates') ? Promise.reject() : ask(path, ...rest);
                })()",
            )
            .await?;
            page.until("document.querySelector('.vv-trouble').textContent.includes('could not be asked')", 10)
                .await?;
            write_text(page, AI_ROLE, "Ada").await?;
            unfold(page, ".vv-preview").await?;
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=ai]", 60).await?;
            let label = page.text("li[data-role=ai] .vv-line-role").await?;
            ensure!(label == "Ada", "the AI is called {label}");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn templates_fit_every_screen_in_both_languages() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            // A phone shows the setup as a sheet; on a large screen the button is not there.
            page.value("document.querySelector('.vv-sheet-button').click()")
                .await?;
            for (name, template) in [("templates", "Medical intake"), ("templates-zh", "看診前問診")] {
                page.until_shown(&format!("{PICKER} option:nth-child(3)"), 10)
                    .await?;
                choose(page, PICKER, template).await?;
                write_text(page, AI_ROLE, &"W".repeat(200)).await?;
                page.value("document.querySelectorAll('.vv-more').forEach(part => part.open = true)")
                    .await?;
                page.until_shown(PREVIEW, 10).await?;
                page.value("document.querySelector('.vv-prompt').scrollIntoView()")
                    .await?;
                page.picture(name).await?;
                page.value("document.querySelector('.vv-trouble').scrollIntoView({block: 'end'})")
                    .await?;
                page.picture(&format!("{name}-below")).await?;
                page.click(".vv-language").await?;
            }
            Ok(())
        })
        .await
}
