//! The page on which people sign in: a plain form, which needs no script.

use std::time::Duration;

use axum::response::{Html, Response};
use viva_frontend::Language;

use super::login::{LOGOUT_PATH, PATH};
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

/// The form.
pub(super) fn form(language: Language, message: Message) -> Html<String> {
    let words = words(language);
    let message = match message {
        Message::None => String::new(),
        Message::Refused => alert(words.refused),
        Message::TooSoon(wait) => alert(&words.too_soon.replace("{s}", &whole_seconds(wait).to_string())),
    };
    let Words {
        sign_in,
        token,
        hint,
        is_signed_in,
        open,
        ..
    } = words;
    let content = format!(
        "{message}<form method=\"post\" action=\"{PATH}\"><label for=\"token\">{token}</label>\
         <input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" required autofocus \
         aria-describedby=\"hint\"><p id=\"hint\">{hint} <code>viva token create --name …</code></p>\
         <button>{sign_in}</button></form><p>{is_signed_in} <a href=\"/\">{open}</a></p>"
    );
    document(language, &content)
}

/// What whoever is signed in sees instead.
pub(super) fn signed_in(language: Language) -> Html<String> {
    let Words {
        signed_in,
        open,
        sign_out,
        ..
    } = words(language);
    let content = format!(
        "<p>{signed_in} <a href=\"/\">{open}</a></p>\
         <form method=\"post\" action=\"{LOGOUT_PATH}\"><button>{sign_out}</button></form>"
    );
    document(language, &content)
}

/// The form, for somebody whose token is worth nothing.
pub(super) fn refused(language: Language) -> Response {
    Problem::unauthorized().shown_as(form(language, Message::Refused))
}

/// The form, for somebody who tried too often.
pub(super) fn too_soon(language: Language, retry_after: Duration) -> Response {
    let html = form(language, Message::TooSoon(retry_after));
    Problem::too_many_requests(retry_after).shown_as(html)
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
            let Html(html) = form(language, Message::TooSoon(Duration::from_secs(7)));
            assert!(html.contains(" 7 ") && html.contains(language.tag()), "{html}");
        }
    }
}
