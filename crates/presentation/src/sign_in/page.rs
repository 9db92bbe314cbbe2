//! The page on which people sign in: a plain form, which needs no script.

use std::time::Duration;

use axum::response::{Html, Response};
use viva_frontend::Language;

use super::login::{HOME, LOGOUT_PATH, PATH};
use super::wanted::Wanted;
use crate::problem::{Problem, whole_seconds};

const STYLE_PATH: &str = "/login/style.css";

/// What went wrong before.
#[derive(Debug, Clone, Copy)]
pub(super) enum Message {
    None,
    Refused,
    TooSoon(Duration),
}

struct Words {
    sign_in: &'static str,
    token: &'static str,
    hint: &'static str,
    refused: &'static str,
    too_soon: &'static str,
    is_signed_in: &'static str,
    signed_in: &'static str,
    open: &'static str,
    sign_out: &'static str,
}

const ENGLISH: Words = Words {
    sign_in: "Sign in",
    token: "API token",
    hint: "Whoever runs this server makes one with",
    refused: "This token does not sign you in. Check it, or ask for another one.",
    too_soon: "Too many attempts. Try again in {s} s.",
    is_signed_in: "Signed in already?",
    signed_in: "You are signed in.",
    open: "Open Viva",
    sign_out: "Sign out",
};

const CHINESE: Words = Words {
    sign_in: "登入",
    token: "API 權杖",
    hint: "由管理這台伺服器的人建立，指令為",
    refused: "無法用這個權杖登入。請檢查後再試，或索取另一個。",
    too_soon: "嘗試太多次了。請在 {s} 秒後再試。",
    is_signed_in: "已經登入了？",
    signed_in: "你已登入。",
    open: "開啟 Viva",
    sign_out: "登出",
};

/// The page, in a language, for who wants to go on to another one.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    pub(super) language: Language,
    pub(super) wanted: Option<&'a Wanted>,
}

impl Form<'_> {
    /// The form.
    pub(super) fn with(self, message: Message) -> Html<String> {
        let words = words(self.language);
        let message = match message {
            Message::None => String::new(),
            Message::Refused => alert(words.refused),
            Message::TooSoon(wait) => alert(&words.too_soon.replace("{s}", &whole_seconds(wait).to_string())),
        };
        let next = self.wanted.map(Wanted::as_attribute);
        let next = next.map(|next| format!("<input type=\"hidden\" name=\"next\" value=\"{next}\">"));
        let Words {
            sign_in,
            token,
            hint,
            is_signed_in,
            ..
        } = words;
        let content = format!(
            "{message}<form method=\"post\" action=\"{PATH}\">{next}<label for=\"token\">{token}</label>\
             <input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" required \
             autofocus aria-describedby=\"hint\"><p id=\"hint\">{hint} <code>viva token create --name …</code></p>\
             <button>{sign_in}</button></form><p>{is_signed_in} {way_on}</p>",
            next = next.unwrap_or_default(),
            way_on = self.way_on(),
        );
        document(self.language, &content)
    }

    /// What whoever is signed in sees instead.
    pub(super) fn signed_in(self) -> Html<String> {
        let Words {
            signed_in, sign_out, ..
        } = words(self.language);
        let content = format!(
            "<p>{signed_in} {way_on}</p>\
             <form method=\"post\" action=\"{LOGOUT_PATH}\"><button>{sign_out}</button></form>",
            way_on = self.way_on(),
        );
        document(self.language, &content)
    }

    /// The form, for somebody whose token is worth nothing.
    pub(super) fn refused(self) -> Response {
        Problem::unauthorized().shown_as(self.with(Message::Refused))
    }

    /// The form, for somebody who tried too often.
    pub(super) fn too_soon(self, retry_after: Duration) -> Response {
        let html = self.with(Message::TooSoon(retry_after));
        Problem::too_many_requests(retry_after).shown_as(html)
    }

    /// The link to the page that is wanted.
    fn way_on(self) -> String {
        let there = self.wanted.map(Wanted::as_attribute);
        let there = there.as_deref().unwrap_or(HOME);
        format!("<a href=\"{there}\">{}</a>", words(self.language).open)
    }
}

fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::TraditionalChinese => &CHINESE,
    }
}

fn alert(text: &str) -> String {
    format!("<p class=\"alert\" role=\"alert\">{text}</p>")
}

fn document(language: Language, content: &str) -> Html<String> {
    let (tag, title) = (language.tag(), words(language).sign_in);
    Html(format!(
        "<!DOCTYPE html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} – Viva</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"{STYLE_PATH}\"></head>\
         <body><main><h1>Viva</h1>{content}</main></body></html>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_how_long_to_wait() {
        for language in [Language::English, Language::TraditionalChinese] {
            let form = Form {
                language,
                wanted: None,
            };
            let Html(html) = form.with(Message::TooSoon(Duration::from_secs(7)));
            assert!(html.contains(" 7 ") && html.contains(language.tag()), "{html}");
        }
    }
}
