use js_sys::ArrayBuffer;
use viva_protocol::WEBSOCKET_PATH;
use viva_protocol::ws::ClientMessage;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// "The purpose for which the connection was established has been fulfilled" (RFC 6455, 7.4.1).
const NORMAL_CLOSURE: u16 = 1000;

/// What a socket brings.
#[derive(Debug)]
pub enum SocketEvent {
    /// A control message.
    Text(String),
    /// A binary frame.
    Binary(ArrayBuffer),
    /// It is closed, or never opened.
    Closed {
        /// The close code (RFC 6455, 7.4).
        code: u16,
    },
}

/// The WebSocket to the server. Closed when it is dropped, so that its session can be taken back; nothing comes after that.
pub struct Socket {
    inner: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Begins to connect to the server that the page came from.
    ///
    /// # Errors
    /// What the browser threw.
    pub fn connect(on_event: impl Fn(SocketEvent) + Clone + 'static) -> Result<Self, JsValue> {
        let socket = WebSocket::new(&url()?)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on_close = on_event.clone();
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            on_close(SocketEvent::Closed { code: event.code() });
        });
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match event.data().dyn_into::<ArrayBuffer>() {
                Ok(buffer) => on_event(SocketEvent::Binary(buffer)),
                Err(text) => on_event(SocketEvent::Text(text.as_string().unwrap_or_default())),
            }
        });
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Ok(Self {
            inner: socket,
            _on_message: on_message,
            _on_close: on_close,
        })
    }

    /// Sends a control message. On a socket that is not open it is lost, and `Closed` follows.
    pub fn send(&self, message: &ClientMessage) {
        if let Ok(text) = serde_json::to_string(message) {
            // Sending fails only before the socket is open; the server speaks first.
            let _ = self.inner.send_with_str(&text);
        }
    }

    /// Closes it for good: the session on it is over too, also one that the server is still opening.
    pub fn finish(self) {
        // Closing fails only for codes that applications may not use.
        let _ = self.inner.close_with_code(NORMAL_CLOSURE);
    }

    /// Sends a binary frame; the same holds.
    pub fn send_bytes(&self, bytes: &[u8]) {
        let _ = self.inner.send_with_u8_array(bytes);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        // Closing fails only for codes that applications may not use.
        let _ = self.inner.close();
    }
}

fn url() -> Result<String, JsValue> {
    let location = web_sys::window().ok_or(JsValue::NULL)?.location();
    let scheme = if location.protocol()? == "https:" {
        "wss:"
    } else {
        "ws:"
    };
    Ok(format!("{scheme}//{}{WEBSOCKET_PATH}", location.host()?))
}
