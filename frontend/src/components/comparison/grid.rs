//! The table: a section for each subject, a row for whatever is compared, a cell for each conversation. Its roles are written
//! out, because on a phone its style sheet makes it another thing than a table.

use leptos::prelude::*;

use crate::erase::Erase;

/// What a column is called: A, B, C, D.
pub(super) fn letter(column: usize) -> char {
    ('A'..='Z').nth(column).unwrap_or('Z')
}

/// Rows on one subject.
pub(super) fn section(
    name: &'static str,
    title: &'static str,
    explained: AnyView,
    columns: usize,
    rows: Vec<AnyView>,
) -> AnyView {
    view! {
        <tbody role="rowgroup" data-section=name>
            <tr role="row" class="vv-beside-section">
                <th role="columnheader" scope="rowgroup" colspan=(columns + 1).to_string()>
                    <div>
                        <h3>{title}</h3>
                        {explained}
                    </div>
                </th>
            </tr>
            {rows}
        </tbody>
    }
    .erase()
}

/// A row with its cells.
pub(super) fn row(name: String, stage: Option<&'static str>, label: AnyView, cells: Vec<AnyView>) -> AnyView {
    view! {
        <tr role="row" data-row=name data-stage=stage>
            <th role="rowheader" scope="row">
                <div>{label}</div>
            </th>
            {cells}
        </tr>
    }
    .erase()
}

/// What a conversation has of it.
pub(super) fn cell(content: AnyView) -> AnyView {
    view! { <td role="cell">{content}</td> }.erase()
}

/// A cell of a conversation that is not there.
pub(super) fn empty() -> AnyView {
    cell(().into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_by_letters() {
        assert_eq!([0, 1, 2, 3].map(letter), ['A', 'B', 'C', 'D']);
    }
}
