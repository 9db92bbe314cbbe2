//! What the stores in memory have in common.

use viva_domain::ports::{Page, PageRequest, StoreError, StoreErrorKind};

/// A page of everything that was found, in its order.
pub(crate) fn paged<'a, T: Clone + 'a>(
    found: impl Iterator<Item = &'a T> + Clone,
    page: PageRequest,
) -> Page<T> {
    let offset = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    Page {
        total: found.clone().count() as u64,
        items: found.skip(offset).take(page.size() as usize).cloned().collect(),
    }
}

/// The failure of a store.
pub(crate) fn error(kind: StoreErrorKind, operation: &'static str) -> StoreError {
    StoreError {
        kind,
        operation,
        source: None,
    }
}
