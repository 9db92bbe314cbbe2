use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use viva_protocol::rest::{ComposedPrompt, Page, PromptTexts, Template, TemplateContent};
use web_sys::RequestInit;

use super::rest::{RequestFailed, ask, get, read, with_body};
use super::{Refused, urls};

/// Every template that one may use.
///
/// # Errors
/// [`RequestFailed`].
pub async fn templates() -> Result<Vec<Template>, RequestFailed> {
    let mut templates = Vec::new();
    let mut number = 1;
    loop {
        let page: Page<Template> = get(&urls::templates_page(number)).await?;
        templates.extend(page.items);
        if u64::from(number) >= page.total_pages {
            return Ok(templates);
        }
        number += 1;
    }
}

/// Makes a template of one's own, or gives the one with this id another content.
///
/// # Errors
/// [`Refused`], also when another one has the name.
pub async fn save_template(id: Option<Uuid>, content: &TemplateContent) -> Result<Template, Refused> {
    match id {
        Some(id) => write("PUT", &urls::template(id), content).await,
        None => write("POST", urls::TEMPLATES, content).await,
    }
}

/// Forgets a template of one's own.
///
/// # Errors
/// [`Refused`].
pub async fn delete_template(id: Uuid) -> Result<(), Refused> {
    let delete = RequestInit::new();
    delete.set_method("DELETE");
    ask(&urls::template(id), &delete).await.map(drop)
}

/// What a session with these texts tells its provider.
///
/// # Errors
/// [`Refused`], also when a text cannot be used.
pub async fn compose(texts: &PromptTexts) -> Result<String, Refused> {
    let prompt: ComposedPrompt = write("POST", urls::COMPOSE, texts).await?;
    Ok(prompt.instructions)
}

async fn write<T: DeserializeOwned>(method: &str, path: &str, body: &impl Serialize) -> Result<T, Refused> {
    let response = ask(path, &with_body(method, body)?).await?;
    Ok(read(&response).await?)
}
