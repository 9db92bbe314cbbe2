//! Small dealings with JavaScript that the worker and the page share.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Begins something whose failure changes nothing; without this the browser reports it as an error of the page.
pub fn forgive(begun: Result<Promise, JsValue>) {
    if let Ok(begun) = begun {
        spawn_local(async move {
            let _ = JsFuture::from(begun).await;
        });
    }
}

/// A JavaScript object with these properties.
pub fn object(properties: &[(&str, &JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        // Setting a property of a fresh object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

/// A property; `undefined` when it is not there.
pub fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A numeric property.
pub fn number(object: &JsValue, name: &str) -> Option<f64> {
    property(object, name).as_f64()
}

/// A property of some class.
pub fn instance<T: JsCast>(object: &JsValue, name: &str) -> Option<T> {
    property(object, name).dyn_into().ok()
}
