//! What a file changes about what is known already. A problem names the field.

use chrono::NaiveDate;
use reqwest::Url;
use toml::value::Datetime;
use viva_domain::providers::{Language, Model, ProviderVoice};

use super::file::{LanguageTable, ModelTable, ProviderTable, RoleTable, VoiceTable};
use super::provider::{CatalogueProvider, KeyNeed, Role, put_first};

/// Always there, and made without the catalogue.
const OFFLINE: &str = "offline";
const MAX_ID_CHARS: usize = 64;
/// Sessions name no longer ones.
const MAX_NAME_CHARS: usize = 200;

/// Adds a provider, or changes the one of this id.
pub(super) fn provider(
    providers: &mut Vec<CatalogueProvider>,
    mut table: ProviderTable,
) -> Result<(), String> {
    let id = table.id.get_ref();
    let known = providers.iter().position(|known| known.id == *id);
    let mut provider = match known {
        Some(at) => providers[at].clone(),
        None => added(&table)?,
    };
    place_and_key(&mut provider, &mut table)?;
    roles(&mut provider, table)?;
    match known {
        Some(at) => providers[at] = provider,
        None => providers.push(provider),
    }
    Ok(())
}

fn place_and_key(provider: &mut CatalogueProvider, table: &mut ProviderTable) -> Result<(), String> {
    if let Some(name) = table.name.take() {
        provider.name = filled("name", &name)?;
    }
    if let Some(text) = &table.base_url {
        provider.move_to(text.parse().map_err(|problem| format!("base_url {problem}"))?);
    }
    provider.base_url_is_example = table.base_url_is_example.unwrap_or(provider.base_url_is_example);
    provider.key = table.key.unwrap_or(provider.key);
    if let Some(names) = table.key_variables.take() {
        names.iter().try_for_each(|name| check_variable(name))?;
        provider.key_variables = names;
    }
    if let Some(text) = &table.key_url {
        provider.key_url = Some(page("key_url", text)?);
    }
    Ok(())
}

fn roles(provider: &mut CatalogueProvider, table: ProviderTable) -> Result<(), String> {
    if let Some(table) = table.realtime {
        let transcription_model = table
            .transcription_model
            .as_deref()
            .map(|id| filled("realtime.transcription_model", id))
            .transpose()?;
        let role = role("realtime", &mut provider.realtime, table)?;
        role.transcription_model = transcription_model.or(role.transcription_model.take());
    }
    if let Some(table) = table.stt {
        voiceless("stt", &table)?;
        untranscribed("stt", &table)?;
        role("stt", &mut provider.stt, table)?;
    }
    if let Some(table) = table.llm {
        voiceless("llm", &table)?;
        untranscribed("llm", &table)?;
        role("llm", &mut provider.llm, table)?;
    }
    if let Some(table) = table.tts {
        untranscribed("tts", &table)?;
        role("tts", &mut provider.tts, table)?;
    }
    let has_speech = provider.realtime.is_some() || provider.stt.is_some() || provider.tts.is_some();
    if !has_speech && provider.llm.is_none() {
        return Err("it has no role; there are realtime, stt, llm, tts".to_owned());
    }
    Ok(())
}

/// A provider that was not known, as far as every one has to say.
fn added(table: &ProviderTable) -> Result<CatalogueProvider, String> {
    let id = table.id.get_ref();
    check_id(id)?;
    let name = table.name.as_ref().ok_or("name is missing")?;
    let base_url = table.base_url.as_ref().ok_or("base_url is missing")?;
    Ok(CatalogueProvider {
        id: id.clone(),
        name: name.clone(),
        base_url: base_url
            .parse()
            .map_err(|problem| format!("base_url {problem}"))?,
        base_url_is_example: false,
        built_in_base_url: None,
        key: KeyNeed::Optional,
        key_variables: Vec::new(),
        key_url: None,
        realtime: None,
        stt: None,
        llm: None,
        tts: None,
    })
}

fn role<'a, A: Copy>(
    name: &str,
    known: &'a mut Option<Role<A>>,
    table: RoleTable<A>,
) -> Result<&'a mut Role<A>, String> {
    let adapter = table.adapter.or(known.as_ref().map(|role| role.adapter));
    let adapter = adapter.ok_or_else(|| format!("{name}.adapter is missing"))?;
    let role = known.get_or_insert_with(|| Role::new(adapter));
    role.adapter = adapter;
    models(name, &mut role.models, table.models)?;
    voices(name, &mut role.voices, table.voices)?;
    if let Some(languages) = table.languages {
        role.languages = languages.iter().map(language).collect::<Result<_, _>>()?;
    }
    if let Some(id) = table.default_model {
        put_first(&mut role.models, |model| model.id == id)
            .ok_or_else(|| format!("{name}.default_model {id:?} is none of its models"))?;
        // Who names one means it, wherever the provider is.
        role.default_model_elsewhere = None;
    }
    if let Some(id) = table.default_model_elsewhere {
        if !role.models.iter().any(|model| model.id == id) {
            return Err(format!(
                "{name}.default_model_elsewhere {id:?} is none of its models"
            ));
        }
        role.default_model_elsewhere = Some(id);
    }
    if let Some(id) = table.default_voice {
        put_first(&mut role.voices, |voice| voice.id == id)
            .ok_or_else(|| format!("{name}.default_voice {id:?} is none of its voices"))?;
    }
    Ok(role)
}

fn models(role: &str, known: &mut Vec<Model>, tables: Vec<ModelTable>) -> Result<(), String> {
    let mut seen = Vec::new();
    for table in tables {
        let id = filled(&format!("{role}.models: id"), &table.id)?;
        check_new(&format!("{role}.models"), &mut seen, &id)?;
        let name = shown_name(role, "models", &id, table.name)?;
        let retires = table
            .retires
            .map(|date| {
                day(date)
                    .ok_or_else(|| format!("{role}.models {id:?}: retires must be a day such as 2027-01-31"))
            })
            .transpose()?;
        if let Some(model) = known.iter_mut().find(|model| model.id == id) {
            model.name = name.unwrap_or_else(|| model.name.clone());
            model.retires = retires.or(model.retires);
        } else {
            let name = name.unwrap_or_else(|| id.clone());
            known.push(Model { id, name, retires });
        }
    }
    Ok(())
}

fn voices(role: &str, known: &mut Vec<ProviderVoice>, tables: Vec<VoiceTable>) -> Result<(), String> {
    let mut seen = Vec::new();
    for table in tables {
        let id = filled(&format!("{role}.voices: id"), &table.id)?;
        check_new(&format!("{role}.voices"), &mut seen, &id)?;
        let name = shown_name(role, "voices", &id, table.name)?;
        let language = table
            .language
            .map(|tag| filled(&format!("{role}.voices {id:?}: language"), &tag))
            .transpose()?;
        let gender = table.gender.map(Into::into);
        if let Some(voice) = known.iter_mut().find(|voice| voice.id == id) {
            voice.name = name.unwrap_or_else(|| voice.name.clone());
            voice.language = language.or(voice.language.take());
            voice.gender = gender.or(voice.gender);
        } else {
            let name = name.unwrap_or_else(|| id.clone());
            known.push(ProviderVoice {
                id,
                name,
                language,
                gender,
            });
        }
    }
    Ok(())
}

fn shown_name(role: &str, list: &str, id: &str, name: Option<String>) -> Result<Option<String>, String> {
    name.map(|name| filled(&format!("{role}.{list} {id:?}: name"), &name))
        .transpose()
}

fn language(table: &LanguageTable) -> Result<Language, String> {
    Ok(Language {
        tag: filled("languages: tag", &table.tag)?,
        name: filled("languages: name", &table.name)?,
    })
}

fn voiceless<A>(role: &str, table: &RoleTable<A>) -> Result<(), String> {
    if table.voices.is_empty() && table.default_voice.is_none() {
        return Ok(());
    }
    Err(format!("{role}.voices is of no use; only speech has a voice"))
}

fn untranscribed<A>(role: &str, table: &RoleTable<A>) -> Result<(), String> {
    if table.transcription_model.is_none() {
        return Ok(());
    }
    Err(format!(
        "{role}.transcription_model is of no use; only realtime has one"
    ))
}

fn check_new(list: &str, seen: &mut Vec<String>, id: &str) -> Result<(), String> {
    if seen.iter().any(|other| other == id) {
        return Err(format!("{list} has {id:?} twice"));
    }
    seen.push(id.to_owned());
    Ok(())
}

/// An id is a part of the names of settings, where `-` becomes `_`; two of them must not become one.
fn check_id(id: &str) -> Result<(), String> {
    let is_known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    // Variables separate their parts by two `_`.
    let is_apart = id.split('-').all(|part| !part.is_empty());
    if !is_apart || id.len() > MAX_ID_CHARS || !id.chars().all(is_known) {
        return Err("id must be lower case letters and digits, with single \"-\" between them".to_owned());
    }
    if id == OFFLINE {
        return Err("id is that of the built-in provider, which cannot be changed".to_owned());
    }
    Ok(())
}

fn check_variable(name: &str) -> Result<(), String> {
    let is_known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(is_known) {
        return Err(format!(
            "key_variables: {name:?} is no name of a variable such as SOME_API_KEY"
        ));
    }
    Ok(())
}

fn filled(field: &str, text: &str) -> Result<String, String> {
    let name = text.trim();
    let chars = name.chars().count();
    if !(1..=MAX_NAME_CHARS).contains(&chars) || name.chars().any(char::is_control) {
        return Err(format!(
            "{field} {text:?} is no text of one line and 1 to {MAX_NAME_CHARS} characters"
        ));
    }
    Ok(name.to_owned())
}

/// People are led there.
fn page(field: &str, text: &str) -> Result<String, String> {
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    let url =
        url.ok_or_else(|| format!("{field} must be an address that begins with http:// or https://"))?;
    Ok(url.into())
}

/// A date without a time.
fn day(date: Datetime) -> Option<NaiveDate> {
    let (Some(day), None, None) = (date.date, date.time, date.offset) else {
        return None;
    };
    NaiveDate::from_ymd_opt(day.year.into(), day.month.into(), day.day.into())
}
