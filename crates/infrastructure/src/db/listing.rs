//! Lists, of which callers take a page.

use sea_orm::{
    DatabaseConnection, EntityTrait, Iterable as _, PaginatorTrait as _, PrimaryKeyToColumn,
    QuerySelect as _, Select,
};
use viva_domain::ports::{Page, PageRequest, StoreError};

use super::entities::DamagedRow;
use super::error::{damaged, failed};

/// A page of what a query finds, in its order, and how many there are in all.
pub(super) async fn page<E, T>(
    found: Select<E>,
    page: PageRequest,
    connection: &DatabaseConnection,
    operation: &'static str,
) -> Result<Page<T>, StoreError>
where
    E: EntityTrait,
    E::Model: Sync,
    T: TryFrom<E::Model, Error = DamagedRow>,
{
    let ids = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let total = found
        .clone()
        .select_only()
        .columns(ids)
        .count(connection)
        .await
        .map_err(failed(operation))?;
    let rows = found
        .limit(u64::from(page.size()))
        .offset(page.offset())
        .all(connection)
        .await
        .map_err(failed(operation))?;
    let items: Result<_, _> = rows.into_iter().map(T::try_from).collect();
    let items = items.map_err(damaged(operation))?;
    Ok(Page { items, total })
}
