//! As much of XML as a strict reader of SSML needs. It refuses what is not well-formed, as the vendors do.

/// An element with what is in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.attribute(name) == Some(value)
    }

    /// Whether there are no attributes but these.
    pub(super) fn has_only(&self, names: &[&str]) -> bool {
        self.attributes
            .iter()
            .all(|(name, _)| names.contains(&name.as_str()))
    }
}

/// The document, or what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader { rest: text };
    let root = reader.element()?;
    if reader.rest.is_empty() {
        Ok(root)
    } else {
        Err("something follows the document".to_owned())
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn element(&mut self) -> Result<Element, String> {
        self.expect("<")?;
        let name = self.name()?.to_owned();
        let mut attributes: Vec<(String, String)> = Vec::new();
        loop {
            let had_space = self.skip_space();
            if self.takes("/>") {
                let children = Vec::new();
                return Ok(Element {
                    name,
                    attributes,
                    children,
                });
            }
            if self.takes(">") {
                break;
            }
            if !had_space {
                return Err(format!("space is missing in <{name}>"));
            }
            let attribute = self.attribute()?;
            if attributes.iter().any(|(known, _)| *known == attribute.0) {
                return Err(format!("{} is there twice", attribute.0));
            }
            attributes.push(attribute);
        }
        let mut children = Vec::new();
        loop {
            let end = self
                .rest
                .find('<')
                .ok_or_else(|| format!("<{name}> has no end"))?;
            let (text, rest) = self.rest.split_at(end);
            if !text.is_empty() {
                children.push(Node::Text(unescape(text)?));
            }
            self.rest = rest;
            if self.takes("</") {
                break;
            }
            children.push(Node::Element(self.element()?));
        }
        if self.name()? != name {
            return Err(format!("<{name}> is closed by another name"));
        }
        self.skip_space();
        self.expect(">")?;
        Ok(Element {
            name,
            attributes,
            children,
        })
    }

    fn attribute(&mut self) -> Result<(String, String), String> {
        let name = self.name()?.to_owned();
        self.expect("=")?;
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let quote = quote.ok_or_else(|| format!("{name} has no quotes"))?;
        let (value, rest) = self.rest[1..]
            .split_once(quote)
            .ok_or_else(|| format!("{name} has no end"))?;
        self.rest = rest;
        if value.contains('<') {
            return Err(format!("{name} holds a tag"));
        }
        Ok((name, unescape(value)?))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        let end = self.rest.find(|c: char| !is_name(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            Ok(name)
        } else {
            Err("a name is missing".to_owned())
        }
    }

    fn skip_space(&mut self) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
        let had_space = rest.len() < self.rest.len();
        self.rest = rest;
        had_space
    }

    fn takes(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.takes(token) {
            Ok(())
        } else {
            Err(format!("{token:?} is missing"))
        }
    }
}

/// What the text says. XML has no other control characters than these, however they are written.
fn unescape(text: &str) -> Result<String, String> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    if text
        .chars()
        .any(|c| is_control(c) || matches!(c, '\u{fffe}' | '\u{ffff}'))
    {
        return Err("a character is not allowed".to_owned());
    }
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(';').ok_or("an entity has no end")?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return Err(format!("&{name}; is unknown")),
        });
        plain.push_str(rest);
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read() {
        let root = parse("<a b='1' c=\"&quot;\">x &amp; <d/>&lt;y&gt;</a>").unwrap();
        assert!(root.is("b", "1") && root.is("c", "\"") && !root.has_only(&["b"]));
        let d = Element {
            name: "d".to_owned(),
            attributes: Vec::new(),
            children: Vec::new(),
        };
        let text = |text: &str| Node::Text(text.to_owned());
        assert_eq!(root.children, [text("x & "), Node::Element(d), text("<y>")]);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a></a>x",
            "<a b=1></a>",
            "<a b='1'c='2'></a>",
            "<a b='1' b='2'></a>",
            "<a b='<'></a>",
            "<a>&</a>",
            "<a>&nbsp;</a>",
            "<a>\u{1}</a>",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
