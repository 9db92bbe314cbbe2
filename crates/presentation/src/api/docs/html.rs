use std::fmt::{self, Display, Write};

use serde_json::Value;
use utoipa::openapi::OpenApi;

/// The methods that a path of the document may have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// A page that lists every route of the document, by tag.
pub(super) fn page(document: &OpenApi, style_path: &str) -> String {
    // The document's own structs hide what matters behind many enums; its JSON is the format that is documented.
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut html = String::new();
    write_page(&mut html, &document, style_path).expect("a string takes everything");
    html
}

fn write_page(html: &mut String, document: &Value, style_path: &str) -> fmt::Result {
    let info = &document["info"];
    write!(
        html,
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} API</title><link rel=\"stylesheet\" href=\"{style_path}\"></head><body><main>\
         <h1>{title} API {version}</h1><p>{description}</p>\
         <p>For programs: <a href=\"/api/v1/openapi.json\">OpenAPI document</a></p>",
        title = text(&info["title"]),
        version = text(&info["version"]),
        description = text(&info["description"]),
    )?;
    for tag in list(&document["tags"]) {
        write!(
            html,
            "<h2>{}</h2><p>{}</p>",
            text(&tag["name"]),
            text(&tag["description"])
        )?;
        write_tag(html, &document["paths"], &tag["name"])?;
    }
    html.write_str("</main></body></html>")
}

fn write_tag(html: &mut String, paths: &Value, tag: &Value) -> fmt::Result {
    for (path, item) in paths.as_object().into_iter().flatten() {
        for method in METHODS {
            let operation = &item[method];
            if list(&operation["tags"]).contains(tag) {
                write_operation(html, method, path, operation)?;
            }
        }
    }
    Ok(())
}

fn write_operation(html: &mut String, method: &str, path: &str, operation: &Value) -> fmt::Result {
    let (method, path) = (method.to_uppercase(), Escaped(path));
    write!(
        html,
        "<article><h3>{method} {path}</h3><p>{}</p>",
        text(&operation["summary"])
    )?;
    write!(html, "<dl>")?;
    for parameter in list(&operation["parameters"]) {
        let place = text(&parameter["in"]);
        let need = if parameter["required"] == true {
            "required"
        } else {
            "optional"
        };
        let (name, description) = (text(&parameter["name"]), text(&parameter["description"]));
        write!(html, "<dt>{name}</dt><dd>{description} ({place}, {need})</dd>")?;
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        write!(
            html,
            "<dt>{}</dt><dd>{}</dd>",
            Escaped(status),
            text(&response["description"])
        )?;
    }
    write!(html, "</dl></article>")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Escaped<'_> {
    Escaped(value.as_str().unwrap_or_default())
}

/// Text that cannot become markup.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::openapi;

    #[test]
    fn every_route_is_on_the_page() {
        let document = serde_json::to_value(openapi()).unwrap();
        let html = page(&openapi(), "/style.css");
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.len() > 8, "{paths:?}");
        for (path, item) in paths {
            for method in item.as_object().unwrap().keys() {
                let head = format!("<h3>{} {path}</h3>", method.to_uppercase());
                assert_eq!(html.matches(&head).count(), 1, "{head}");
            }
        }
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            Escaped("<a href=\"x\">&").to_string(),
            "&lt;a href=&quot;x&quot;&gt;&amp;"
        );
    }
}
