use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, MediaDeviceInfo, MediaDeviceKind};

use super::microphone::media_devices;
use crate::state::context::{Device, Devices};

/// The devices that the browser tells of. Before the microphone was allowed, it hides their names.
pub async fn devices() -> Devices {
    let Some(listing) = media_devices().and_then(|devices| devices.enumerate_devices().ok()) else {
        return Devices::default();
    };
    let Ok(list) = JsFuture::from(listing).await else {
        return Devices::default();
    };
    let infos: Vec<MediaDeviceInfo> = js_sys::Array::from(&list)
        .iter()
        .filter_map(|info| info.dyn_into().ok())
        .collect();
    let of = |kind: MediaDeviceKind| {
        let named = infos
            .iter()
            .filter(|info| info.kind() == kind && !info.label().is_empty());
        named
            .map(|info| Device {
                id: info.device_id(),
                name: info.label(),
            })
            .collect()
    };
    let speakers = if can_choose_speaker() {
        of(MediaDeviceKind::Audiooutput)
    } else {
        Vec::new()
    };
    Devices {
        microphones: of(MediaDeviceKind::Audioinput),
        speakers,
    }
}

/// Calls back whenever a device comes or goes, until it is dropped.
pub struct DeviceWatch {
    on_change: Closure<dyn FnMut(Event)>,
}

impl DeviceWatch {
    /// Begins to watch.
    pub fn start(on_change: impl Fn() + 'static) -> Self {
        let on_change = Closure::<dyn FnMut(Event)>::new(move |_| on_change());
        if let Some(devices) = media_devices() {
            devices.set_ondevicechange(Some(on_change.as_ref().unchecked_ref()));
        }
        Self { on_change }
    }
}

impl Drop for DeviceWatch {
    fn drop(&mut self) {
        if let Some(devices) = media_devices()
            && devices.ondevicechange().as_ref() == Some(self.on_change.as_ref().unchecked_ref())
        {
            devices.set_ondevicechange(None);
        }
    }
}

/// Whether `AudioContext.setSinkId` exists (Chromium).
fn can_choose_speaker() -> bool {
    let class = crate::browser::property(&js_sys::global(), "AudioContext");
    let prototype = crate::browser::property(&class, "prototype");
    crate::browser::property(&prototype, "setSinkId").is_function()
}
