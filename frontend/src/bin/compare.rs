//! The program of the page at `/compare`: makes the document live that the server rendered.
//! Must not enter: anything else. What the page does is in the library, where it has tests.
//! To add a page: see there.

fn main() {
    viva_frontend::hydrate(viva_frontend::pages::Compare);
}
