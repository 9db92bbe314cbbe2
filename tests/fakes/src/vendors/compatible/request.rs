use std::path::Path;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use serde_json::Value;
use viva_audio::Clip;

/// The largest body that anybody takes, 25 MB.
pub(super) const MAX_BODY: usize = 25 << 20;

/// A request as a server sees it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// The JSON of the body; null where it is none.
    pub(super) json: Value,
    pub(super) form: Option<Form>,
}

/// What a form brings.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) fields: Vec<(String, String)>,
    pub(super) file: Option<File>,
}

#[derive(Debug)]
pub(super) struct File {
    /// The samples; `None` where they cannot be read.
    pub(super) clip: Option<Clip>,
    /// Whether the name says what it is.
    pub(super) is_named: bool,
}

impl Asked {
    pub(super) async fn read(request: Request) -> Self {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let headers = request.headers().clone();
        let (mut json, mut form) = (Value::Null, None);
        if is_form {
            form = read_form(request).await;
        } else if let Ok(body) = axum::body::to_bytes(request.into_body(), MAX_BODY).await {
            json = serde_json::from_slice(&body).unwrap_or_default();
        }
        Self {
            method,
            path,
            headers,
            json,
            form,
        }
    }

    /// Whether it brings this key, as a bearer does.
    pub(super) fn bears(&self, key: &str) -> bool {
        let sent = self.headers.get(header::AUTHORIZATION);
        sent.is_some_and(|sent| *sent == *format!("Bearer {key}"))
    }

    /// A text of the JSON, empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.json[name].as_str().unwrap_or_default()
    }

    pub(super) fn is_post(&self) -> bool {
        self.method == Method::POST
    }

    pub(super) fn is_get(&self) -> bool {
        self.method == Method::GET
    }
}

impl Form {
    /// A field, empty where there is none.
    pub(super) fn field(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map_or("", |(_, value)| value)
    }

    /// The samples of the file, if it is named as one.
    pub(super) fn clip(&self) -> Option<&Clip> {
        let file = self.file.as_ref().filter(|file| file.is_named)?;
        file.clip.as_ref()
    }
}

/// `None` where it is no form.
fn is_wav(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "wav")
}

async fn read_form(request: Request) -> Option<Form> {
    let mut parts = Multipart::from_request(request, &()).await.ok()?;
    let mut form = Form {
        fields: Vec::new(),
        file: None,
    };
    while let Some(part) = parts.next_field().await.ok()? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_named = part.file_name().is_some_and(is_wav);
        let bytes: Bytes = part.bytes().await.ok()?;
        if name == "file" {
            let clip = Clip::read(&bytes[..]).ok();
            form.file = Some(File { clip, is_named });
        } else {
            let value = String::from_utf8_lossy(&bytes).into_owned();
            form.fields.push((name, value));
        }
    }
    Some(form)
}
