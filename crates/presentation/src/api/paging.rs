use serde::Deserialize;
use utoipa::IntoParams;
use viva_domain::ports::PageRequest;
use viva_protocol::rest;

/// Which page of a list.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct Paging {
    /// The page's number, from 1; 0 is taken for 1.
    #[param(default = 1, format = "uint32", maximum = 4_294_967_295_u32)]
    page: u32,
    /// Items per page; more than 100 are not given, and 0 is taken for 1.
    #[param(default = 20, format = "uint32", maximum = 4_294_967_295_u32)]
    page_size: u32,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            page: 1,
            page_size: 20,
        }
    }
}

impl From<Paging> for PageRequest {
    fn from(paging: Paging) -> Self {
        Self::new(paging.page, paging.page_size)
    }
}

pub(super) fn page<T>(items: Vec<T>, total: u64, request: PageRequest) -> rest::Page<T> {
    rest::Page {
        items,
        total,
        page: request.page(),
        page_size: request.size(),
        total_pages: total.div_ceil(u64::from(request.size())),
    }
}

/// The page of a list that is there as a whole.
pub(super) fn page_of<T>(all: Vec<T>, request: PageRequest) -> rest::Page<T> {
    let total = all.len() as u64;
    let offset = usize::try_from(request.offset()).unwrap_or(usize::MAX);
    page(
        all.into_iter()
            .skip(offset)
            .take(request.size() as usize)
            .collect(),
        total,
        request,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(page: u32, size: u32) -> (Vec<u32>, u64) {
        let page = page_of((1..=5).collect(), PageRequest::new(page, size));
        assert_eq!(page.total, 5);
        (page.items, page.total_pages)
    }

    #[test]
    fn pages_do_not_overlap_and_end() {
        assert_eq!(items(1, 2), (vec![1, 2], 3));
        assert_eq!(items(3, 2), (vec![5], 3));
        assert_eq!(items(4, 2), (vec![], 3));
        assert_eq!(items(u32::MAX, u32::MAX), (vec![], 1));
    }

    #[test]
    fn nothing_has_no_pages() {
        assert_eq!(page_of(Vec::<u32>::new(), PageRequest::new(1, 20)).total_pages, 0);
    }
}
