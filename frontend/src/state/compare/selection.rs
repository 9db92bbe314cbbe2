use std::ops::RangeInclusive;

use uuid::Uuid;

use crate::Page;
use crate::state::excerpt::excerpt;

/// How many sessions are compared.
pub const COMPARED: RangeInclusive<usize> = 2..=4;
/// Most that is shown of what is no id.
const NONSENSE: usize = 3;
/// What of the page's address names the sessions.
const PARAMETER: &str = "ids";

/// The sessions that are compared, in the order of their columns. The first is what the others are compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    ids: Vec<Uuid>,
    left_out: LeftOut,
}

/// What of an address is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// What is no id: the first of it, each cut short.
    pub nonsense: Vec<String>,
    /// How many ids were there again.
    pub repeated: usize,
    /// How many ids there were after the last that has room.
    pub too_many: usize,
}

impl LeftOut {
    /// Whether everything is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Selection {
    /// What the query of an address (`ids=a,b`, without the question mark) asks for.
    pub fn parse(query: &str) -> Self {
        let mut selection = Self::default();
        let values = query.split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name == PARAMETER).then(|| value.replace("%2C", ",").replace("%2c", ","))
        });
        for value in values {
            for name in value.split(',').filter(|name| !name.is_empty()) {
                selection.take(name);
            }
        }
        selection
    }

    fn take(&mut self, name: &str) {
        match name.parse() {
            Ok(id) if self.contains(id) => self.left_out.repeated += 1,
            Ok(_) if self.is_full() => self.left_out.too_many += 1,
            Ok(id) => self.ids.push(id),
            Err(_) if self.left_out.nonsense.len() < NONSENSE => {
                self.left_out.nonsense.push(excerpt(name));
            }
            Err(_) => {}
        }
    }

    /// The query that asks for the same, with its question mark; empty when there is nothing to ask for.
    pub fn query(&self) -> String {
        query(self.ids.iter().copied())
    }

    /// The sessions in order.
    pub fn ids(&self) -> &[Uuid] {
        &self.ids
    }

    /// What of the address is not among them.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// Whether a session is among them.
    pub fn contains(&self, id: Uuid) -> bool {
        self.ids.contains(&id)
    }

    /// Whether there is room for no other.
    pub fn is_full(&self) -> bool {
        self.ids.len() >= *COMPARED.end()
    }

    /// Adds a session at the end; one that is there, or for which there is no room, changes nothing.
    pub fn add(&mut self, id: Uuid) {
        if !self.contains(id) && !self.is_full() {
            self.ids.push(id);
            self.tidy();
        }
    }

    /// Removes a session.
    pub fn remove(&mut self, id: Uuid) {
        self.ids.retain(|other| *other != id);
        self.tidy();
    }

    /// Makes a session the first; the others keep their order.
    pub fn lead(&mut self, id: Uuid) {
        if let Some(index) = self.ids.iter().position(|other| *other == id) {
            self.ids[..=index].rotate_right(1);
            self.tidy();
        }
    }

    /// Speaks no more of what was left out: the next address does not have it.
    pub fn tidy(&mut self) {
        self.left_out = LeftOut::default();
    }
}

fn query(ids: impl Iterator<Item = Uuid>) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    if ids.is_empty() {
        String::new()
    } else {
        format!("?{PARAMETER}={}", ids.join(","))
    }
}

/// Where these sessions are compared, in this order.
pub fn comparison_of(ids: impl Iterator<Item = Uuid>) -> String {
    format!("{}{}", Page::Compare.path(), query(ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn ids(numbers: &[u128]) -> Vec<Uuid> {
        numbers.iter().copied().map(id).collect()
    }

    #[test]
    fn an_address_names_two_to_four_sessions_and_what_else_it_says_is_told() {
        let [one, two, three, four, five] = [1, 2, 3, 4, 5].map(|number| id(number).to_string());
        let left_out = |nonsense: &[&str], repeated, too_many| LeftOut {
            nonsense: nonsense.iter().map(ToString::to_string).collect(),
            repeated,
            too_many,
        };
        for (query, expected, told) in [
            (String::new(), ids(&[]), left_out(&[], 0, 0)),
            ("ids=".to_owned(), ids(&[]), left_out(&[], 0, 0)),
            (format!("ids={one}"), ids(&[1]), left_out(&[], 0, 0)),
            (format!("ids={two},{one}"), ids(&[2, 1]), left_out(&[], 0, 0)),
            (
                format!("ids={one}%2C{two}%2c{three}"),
                ids(&[1, 2, 3]),
                left_out(&[], 0, 0),
            ),
            (
                format!("x=1&ids={one}&y&ids={two}"),
                ids(&[1, 2]),
                left_out(&[], 0, 0),
            ),
            (
                format!("ids={one},{one},{two}"),
                ids(&[1, 2]),
                left_out(&[], 1, 0),
            ),
            (
                format!("ids={one},{},{two}", one.to_uppercase()),
                ids(&[1, 2]),
                left_out(&[], 1, 0),
            ),
            (
                format!("ids={one},{two},{three},{four},{five},{one}"),
                ids(&[1, 2, 3, 4]),
                left_out(&[], 1, 1),
            ),
            (
                format!("ids=nonsense,{one},,<b>"),
                ids(&[1]),
                left_out(&["nonsense", "<b>"], 0, 0),
            ),
            (
                "ids=p,q,r,s".to_owned(),
                ids(&[]),
                left_out(&["p", "q", "r"], 0, 0),
            ),
            (
                format!("ids={}", "z".repeat(99)),
                ids(&[]),
                left_out(&[&"z".repeat(40)], 0, 0),
            ),
        ] {
            let selection = Selection::parse(&query);
            assert_eq!(selection.ids(), expected, "{query}");
            assert_eq!(*selection.left_out(), told, "{query}");
            assert_eq!(
                selection.left_out().is_empty(),
                told == left_out(&[], 0, 0),
                "{query}"
            );
        }
    }

    #[test]
    fn an_address_survives_the_round_trip() {
        for numbers in [&[][..], &[7], &[2, 1], &[4, 3, 2, 1]] {
            let mut selection = Selection::default();
            for number in numbers {
                selection.add(id(*number));
            }
            let query = selection.query();
            assert_eq!(query.is_empty(), numbers.is_empty());
            assert_eq!(Selection::parse(query.trim_start_matches('?')), selection);
            assert_eq!(selection.ids(), ids(numbers));
        }
    }

    #[test]
    fn there_is_room_for_four_and_none_is_there_twice() {
        let mut selection = Selection::default();
        for number in [1, 2, 2, 3, 4, 5] {
            selection.add(id(number));
        }
        assert_eq!(selection.ids(), ids(&[1, 2, 3, 4]));
        assert!(selection.is_full());
        selection.remove(id(2));
        assert!(!selection.is_full());
        assert_eq!(selection.ids(), ids(&[1, 3, 4]));
    }

    #[test]
    fn the_first_changes_and_the_others_keep_their_order() {
        let mut selection = Selection::default();
        for number in 1..=4 {
            selection.add(id(number));
        }
        for (leader, expected) in [
            (3, [3, 1, 2, 4]),
            (3, [3, 1, 2, 4]),
            (4, [4, 3, 1, 2]),
            (9, [4, 3, 1, 2]),
        ] {
            selection.lead(id(leader));
            assert_eq!(selection.ids(), ids(&expected));
        }
    }

    #[test]
    fn what_was_left_out_is_told_until_the_address_changes() {
        let messy = Selection::parse(&format!("ids=x,{},{}", id(1), id(2)));
        let changes: [fn(&mut Selection); 4] = [
            |selection| selection.add(id(3)),
            |selection| selection.remove(id(1)),
            |selection| selection.lead(id(2)),
            Selection::tidy,
        ];
        for change in changes {
            let mut selection = messy.clone();
            change(&mut selection);
            assert!(selection.left_out().is_empty());
        }
        let mut selection = messy;
        selection.add(id(1));
        assert!(
            !selection.left_out().is_empty(),
            "it is there already: nothing changed"
        );
    }
}
