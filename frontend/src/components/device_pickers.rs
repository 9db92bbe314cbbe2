use leptos::prelude::*;

use super::{Choice, Picker};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::{Device, Preferences, Talk};
use crate::words::talk::{Words, say};

/// Which microphone listens and, where the browser can choose, which loudspeaker plays.
#[component]
pub fn DevicePickers() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let controls = expect_context::<Controls>();
    let preferences = expect_context::<Preferences>();
    let choices = move |devices: Vec<Device>, chosen: String| {
        let system = Choice::new("", Words::now(preferences).default_device);
        let is_there = chosen.is_empty() || devices.iter().any(|device| device.id == chosen);
        let earlier = (!is_there).then(|| Choice::new(chosen, Words::now(preferences).earlier_device));
        let there = devices
            .into_iter()
            .map(|device| Choice::new(device.id, device.name));
        std::iter::once(system).chain(earlier).chain(there).collect()
    };
    let microphones = Signal::derive(move || {
        let devices = talk.devices.with(|devices| devices.microphones.clone());
        choices(devices, talk.microphone.get())
    });
    let speakers = Signal::derive(move || {
        let devices = talk.devices.with(|devices| devices.speakers.clone());
        choices(devices, talk.speaker.get())
    });
    let choose_microphone = Callback::new(move |id: String| {
        talk.microphone.set(id);
        controls.use_microphone();
    });
    let choose_speaker = Callback::new(move |id: String| {
        talk.speaker.set(id);
        controls.use_speaker();
    });
    view! {
        <div class="vv-devices">
            <Picker
                label=Signal::derive(say(|words| words.microphone))
                choices=microphones
                chosen=talk.microphone
                on_choose=choose_microphone
            />
            <Show when=move || talk.devices.with(|devices| !devices.speakers.is_empty())>
                <Picker
                    label=Signal::derive(say(|words| words.speaker))
                    choices=speakers
                    chosen=talk.speaker
                    on_choose=choose_speaker
                />
            </Show>
        </div>
    }
    .erase()
}
