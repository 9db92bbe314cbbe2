use form_urlencoded::Serializer;

/// The modes that can be asked for.
pub const MODES: [&str; 2] = ["realtime", "cascade"];
/// The states that can be asked for.
pub const STATUSES: [&str; 5] = ["active", "completed", "disconnected", "error", "superseded"];
/// Most characters of a text that is looked for.
pub const MOST_LETTERS: usize = 200;
/// Most characters of a provider's id.
const MOST_OF_ID: usize = 200;
/// Sessions on a page.
pub(super) const PAGE_SIZE: u32 = 20;

/// Which sessions are looked for. Everything is as a person wrote it, and empty where they did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The mode.
    pub mode: String,
    /// Id of a provider that took part.
    pub provider: String,
    /// The state.
    pub status: String,
    /// What was said or heard.
    pub text: String,
}

/// What the address asks for, as it is written there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Which sessions.
    pub filters: Filters,
    /// Which page of their list; empty for the first.
    pub page: String,
}

/// Something that makes no sense, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// No first day.
    From(String),
    /// No last day.
    To(String),
    /// The last day comes before the first.
    Reversed,
    /// No mode.
    Mode(String),
    /// Nothing that a provider is called.
    Provider(String),
    /// No state.
    Status(String),
    /// A text with too many characters.
    LongText,
    /// A text without a letter or a digit.
    NoText(String),
    /// No number of a page.
    Page(String),
}

/// What the server can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    filters: Filters,
    page: u32,
}

impl Filters {
    /// Whether every session is looked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How many conditions there are, besides the text.
    pub fn count(&self) -> usize {
        let conditions = [&self.from, &self.to, &self.mode, &self.provider, &self.status];
        conditions.iter().filter(|it| !it.is_empty()).count()
    }

    /// The same without spaces around what is written.
    pub fn trimmed(&self) -> Self {
        let mut trimmed = self.clone();
        for (_, value) in trimmed.fields_mut() {
            *value = value.trim().to_owned();
        }
        trimmed
    }

    fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let mut demand = |is_met: bool, flaw: fn(String) -> Flaw, value: &String| {
            if !(is_met || value.is_empty()) {
                flaws.push(flaw(value.clone()));
            }
        };
        demand(is_day(&self.from), Flaw::From, &self.from);
        demand(is_day(&self.to), Flaw::To, &self.to);
        demand(MODES.contains(&self.mode.as_str()), Flaw::Mode, &self.mode);
        demand(is_id(&self.provider), Flaw::Provider, &self.provider);
        demand(
            STATUSES.contains(&self.status.as_str()),
            Flaw::Status,
            &self.status,
        );
        demand(
            self.text.contains(char::is_alphanumeric),
            Flaw::NoText,
            &self.text,
        );
        if self.text.chars().count() > MOST_LETTERS {
            flaws.push(Flaw::LongText);
        }
        // Days are written so that they are in order as texts are.
        if is_day(&self.from) && is_day(&self.to) && self.to < self.from {
            flaws.push(Flaw::Reversed);
        }
        flaws
    }

    fn without(mut self, flaws: &[Flaw]) -> Self {
        for flaw in flaws {
            match flaw {
                Flaw::From(_) => self.from.clear(),
                Flaw::To(_) => self.to.clear(),
                Flaw::Reversed => {
                    self.from.clear();
                    self.to.clear();
                }
                Flaw::Mode(_) => self.mode.clear(),
                Flaw::Provider(_) => self.provider.clear(),
                Flaw::Status(_) => self.status.clear(),
                Flaw::LongText | Flaw::NoText(_) => self.text.clear(),
                Flaw::Page(_) => {}
            }
        }
        self
    }

    /// What is written, by its name in the address.
    fn fields(&self) -> [(&'static str, &String); 6] {
        [
            ("from", &self.from),
            ("to", &self.to),
            ("mode", &self.mode),
            ("provider", &self.provider),
            ("status", &self.status),
            ("q", &self.text),
        ]
    }

    fn fields_mut(&mut self) -> [(&'static str, &mut String); 6] {
        [
            ("from", &mut self.from),
            ("to", &mut self.to),
            ("mode", &mut self.mode),
            ("provider", &mut self.provider),
            ("status", &mut self.status),
            ("q", &mut self.text),
        ]
    }
}

impl Wanted {
    /// The first page of these sessions.
    pub fn first_of(filters: &Filters) -> Self {
        Self {
            filters: filters.trimmed(),
            page: String::new(),
        }
    }

    /// What the query of an address asks for, with or without the `?` before it. What is none of this page's is passed over.
    pub fn read(query: &str) -> Self {
        let mut wanted = Self::default();
        let query = query.strip_prefix('?').unwrap_or(query);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some(place) = wanted.place(&name) {
                value.trim().clone_into(place);
            }
        }
        wanted
    }

    fn place(&mut self, name: &str) -> Option<&mut String> {
        if name == "page" {
            return Some(&mut self.page);
        }
        let fields = self.filters.fields_mut().into_iter();
        fields
            .filter(|(field, _)| name == *field)
            .map(|(_, place)| place)
            .next()
    }

    /// The query that asks for it, with the `?` before it where there is anything.
    pub fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        let page = [("page", &self.page)];
        for (name, value) in self.filters.fields().into_iter().chain(page) {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            query
        } else {
            format!("?{query}")
        }
    }

    /// The same sessions from another page on.
    pub fn at_page(&self, page: u64) -> Self {
        let page = if page <= 1 {
            String::new()
        } else {
            page.to_string()
        };
        Self {
            filters: self.filters.clone(),
            page,
        }
    }

    /// What the server can be asked.
    ///
    /// # Errors
    /// Everything that makes no sense.
    pub fn check(&self) -> Result<Question, Vec<Flaw>> {
        let mut flaws = self.filters.flaws();
        let page = if self.page.is_empty() {
            Some(1)
        } else {
            self.page.parse().ok().filter(|page| *page >= 1)
        };
        if page.is_none() {
            flaws.push(Flaw::Page(self.page.clone()));
        }
        match page {
            Some(page) if flaws.is_empty() => Ok(Question {
                filters: self.filters.clone(),
                page,
            }),
            _ => Err(flaws),
        }
    }

    /// What is left when all that makes no sense is left out, from its first page on.
    pub fn without(&self, flaws: &[Flaw]) -> Self {
        Self::first_of(&self.filters.clone().without(flaws))
    }
}

impl Question {
    /// Which sessions are looked for.
    pub fn filters(&self) -> &Filters {
        &self.filters
    }

    /// Which page of them.
    pub fn page(&self) -> u32 {
        self.page
    }

    /// The parameters of the request. `time_zone` says where days are days, `bound` which list the page is one of.
    pub fn parameters(&self, time_zone: Option<&str>, bound: Option<u64>) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in self.filters.fields() {
            let name = match name {
                "from" => "start_date",
                "to" => "end_date",
                same => same,
            };
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let has_days = !(self.filters.from.is_empty() && self.filters.to.is_empty());
        if let Some(time_zone) = time_zone.filter(|_| has_days) {
            query.append_pair("time_zone", time_zone);
        }
        if let Some(bound) = bound {
            query.append_pair("bound", &bound.to_string());
        }
        query.append_pair("page", &self.page.to_string());
        query.append_pair("page_size", &PAGE_SIZE.to_string());
        query.finish()
    }
}

fn is_id(text: &str) -> bool {
    let is_word = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    is_word && text.chars().count() <= MOST_OF_ID
}

/// A day of the years 1 to 9999, such as `2026-11-30`.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    let number = |text: &str, digits| {
        let is_shaped = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_shaped)
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    year >= 1 && (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month)
}

fn days_in(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(query: &str) -> Vec<Flaw> {
        Wanted::read(query).check().err().unwrap_or_default()
    }

    #[test]
    fn an_address_says_the_same_when_it_is_read_and_written() {
        for query in [
            "",
            "?from=2026-11-01&to=2026-11-30&mode=cascade&provider=deepgram&status=error&q=two+words&page=3",
            "?q=%E8%A8%82%E5%96%AE+50%25%26%2B%23",
            "?from=tomorrow&mode=telepathy&page=-1",
            "?page=2",
        ] {
            let wanted = Wanted::read(query);
            assert_eq!(wanted.query(), query);
            assert_eq!(Wanted::read(&wanted.query()), wanted);
        }
        let wanted = Wanted::read("q=%E8%A8%82%E5%96%AE+50%25%26%2B%23");
        assert_eq!(wanted.filters.text, "訂單 50%&+#");
    }

    #[test]
    fn what_is_blank_or_of_others_is_passed_over_and_the_last_word_counts() {
        for (query, same) in [
            ("?utm=x&mode=", ""),
            ("mode=realtime&mode=cascade", "?mode=cascade"),
            ("?q=+order+&from=%20", "?q=order"),
            ("?", ""),
        ] {
            assert_eq!(Wanted::read(query).query(), same, "{query}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_named_and_can_be_left_out() {
        for (query, flaw, rest) in [
            (
                "?from=2026-02-29&q=a",
                Flaw::From("2026-02-29".to_owned()),
                "?q=a",
            ),
            ("?to=1.12.2026", Flaw::To("1.12.2026".to_owned()), ""),
            (
                "?from=2026-11-30&to=2026-11-29&mode=cascade",
                Flaw::Reversed,
                "?mode=cascade",
            ),
            ("?mode=Cascade", Flaw::Mode("Cascade".to_owned()), ""),
            ("?provider=two+words", Flaw::Provider("two words".to_owned()), ""),
            ("?status=gone&page=4", Flaw::Status("gone".to_owned()), ""),
            ("?q=%21%3F", Flaw::NoText("!?".to_owned()), ""),
            ("?page=0", Flaw::Page("0".to_owned()), ""),
            ("?page=two&q=a", Flaw::Page("two".to_owned()), "?q=a"),
            ("?page=4294967296", Flaw::Page("4294967296".to_owned()), ""),
        ] {
            assert_eq!(flaws(query), [flaw], "{query}");
            let left = Wanted::read(query).without(&flaws(query));
            assert_eq!(left.query(), rest, "{query}");
            assert!(left.check().is_ok(), "{query}");
        }
        let long = format!("?q={}", "a".repeat(MOST_LETTERS + 1));
        assert_eq!(flaws(&long), [Flaw::LongText]);
        assert_eq!(flaws("?mode=x&page=x").len(), 2);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for day in [
            "2026-11-30",
            "2024-02-29",
            "2000-02-29",
            "0001-01-01",
            "9999-12-31",
        ] {
            assert!(is_day(day), "{day}");
        }
        for day in [
            "2026-11-31",
            "2026-02-29",
            "1900-02-29",
            "0000-01-01",
            "2026-13-01",
            "2026-00-10",
            "2026-1-01",
            "12026-01-01",
            "+026-01-01",
            "2026-11",
            "2026-11-30-1",
            "２０２６-11-30",
        ] {
            assert!(!is_day(day), "{day}");
        }
    }

    #[test]
    fn the_server_is_asked_in_its_own_words() {
        let ask = |query: &str, bound| {
            let question = Wanted::read(query).check().unwrap();
            question.parameters(Some("Europe/Berlin"), bound)
        };
        assert_eq!(ask("", None), "page=1&page_size=20");
        assert_eq!(
            ask("?from=2026-11-01&q=a+b&status=error&page=2", Some(7)),
            "start_date=2026-11-01&status=error&q=a+b&time_zone=Europe%2FBerlin&bound=7&page=2&page_size=20"
        );
        let question = Wanted::read("?to=2026-11-01").check().unwrap();
        assert!(!question.parameters(None, None).contains("time_zone"));
    }

    #[test]
    fn the_first_page_needs_no_number() {
        let wanted = Wanted::read("?mode=cascade&page=3");
        assert_eq!(wanted.at_page(2).query(), "?mode=cascade&page=2");
        assert_eq!(wanted.at_page(1).query(), "?mode=cascade");
    }

    #[test]
    fn conditions_are_counted_without_the_text() {
        let filters = Wanted::read("?q=a&mode=x&to=y").filters;
        assert_eq!((filters.count(), filters.is_empty()), (2, false));
    }
}
