//! Small questions to the browser.

/// The language of the document, as the server set it.
pub(crate) fn document_language() -> Option<String> {
    web_sys::window()?
        .document()?
        .document_element()?
        .get_attribute("lang")
}
