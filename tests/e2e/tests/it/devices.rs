//! Microphones and loudspeakers that come, go and are changed while a session runs.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// The track ends as it does when its device is unplugged.
const UNPLUG: &str = "(() => {
    const track = notes.tracks.at(-1);
    track.stop();
    track.dispatchEvent(new Event('ended'));
})()";

/// There is no other microphone when the page asks next.
const HAVE_NO_OTHER: &str = "(() => {
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia;
    devices.getUserMedia = async () => {
        devices.getUserMedia = ask;
        throw new DOMException('no microphone', 'NotFoundError');
    };
})()";

const PLUG_IN: &str = "navigator.mediaDevices.dispatchEvent(new Event('devicechange'))";

/// Chooses a microphone by its own name, as a person does who knows the list; the browser's list is not part of the page.
const CHOOSE_ANOTHER: &str = "(() => {
    const list = document.querySelector('.vv-controls .vv-devices select');
    const ids = [...list.options].map(option => option.value);
    list.value = ids.findLast(id => !['', 'default'].includes(id));
    list.dispatchEvent(new Event('change', {bubbles: true}));
    return list.value;
})()";

/// The browser tells of these loudspeakers and plays through any.
const HAVE_TWO_SPEAKERS: &str = "(() => {
    window.speakers = ['kitchen', 'hall'];
    const speaker = (id) => Object.create(MediaDeviceInfo.prototype, {
        kind: { value: 'audiooutput' },
        deviceId: { value: id },
        label: { value: id },
    });
    const devices = navigator.mediaDevices;
    const list = devices.enumerateDevices.bind(devices);
    devices.enumerateDevices = async () => {
        const others = (await list()).filter(({ kind }) => kind !== 'audiooutput');
        return [...others, ...speakers.map(speaker)];
    };
    // Below the notes.
    Object.getPrototypeOf(AudioContext.prototype).setSinkId = async () => {};
})()";

const REFUSE_SPEAKERS: &str = "(() => {
    Object.getPrototypeOf(AudioContext.prototype).setSinkId = async () => {
        throw new DOMException('it is in use', 'AbortError');
    };
})()";

const UNPLUG_THE_HALL: &str = "(() => {
    window.speakers = ['kitchen'];
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
})()";

const PLUG_IN_THE_HALL: &str = "(() => {
    window.speakers = ['kitchen', 'hall'];
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
})()";

const THE_HALL: &str = ".vv-controls .vv-devices option[value=hall]";

/// Chooses the loudspeaker in the list in which it is.
const CHOOSE_THE_HALL: &str = "(() => {
    const list = document.querySelector('.vv-controls .vv-devices option[value=hall]').closest('select');
    list.value = 'hall';
    list.dispatchEvent(new Event('change', {bubbles: true}));
})()";

const SPEAKER_UNUSABLE: &str = "document.querySelector('.vv-message[data-severity=warning]')
    ?.textContent.includes('speaker cannot be used')";

const SPEAKER_CHANGED: &str = "document.querySelector('.vv-message[data-severity=info]')
    ?.textContent.includes('speaker is not connected')";

const CHANGED: &str =
    "document.querySelector('.vv-message[data-severity=info]')?.textContent.includes('microphone changed')";

/// Starts a session and changes the microphone after the first turn, which must be answered with the new one.
async fn the_session_goes_on_after(change: impl AsyncFnOnce(&Page) -> Result<()>) -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.click(".vv-main-action").await?;
            page.until_more_turns_than(0, 40).await?;
            let session = page.stage("session").await?;
            change(page).await?;
            page.until(CHANGED, 10).await?;
            let tracks = page.value("notes.tracks.map(track => track.readyState)").await?;
            ensure!(tracks == json!(["ended", "live"]), "the tracks are {tracks}");
            let cancelled = page
                .value("notes.wanted.map(audio => audio.echoCancellation)")
                .await?;
            ensure!(
                cancelled == json!([true, true]),
                "echo was to be cancelled: {cancelled}"
            );
            another_answer_is_heard(page).await?;
            ensure!(
                page.stage("session").await? == session,
                "another session was begun"
            );
            Ok(())
        })
        .await
}

/// What is asked from now on is answered.
async fn another_answer_is_heard(page: &Page) -> Result<()> {
    let turns = page.turns().await?;
    // One of them was asked before.
    page.until_more_turns_than(turns + 1, 40).await
}

/// Starts a session that plays through the system's loudspeaker and has two more to choose from.
async fn with_two_speakers(test: impl AsyncFnOnce(&Page) -> Result<()>) -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.load_after(HAVE_TWO_SPEAKERS).await?;
            page.click(".vv-main-action").await?;
            page.until_phase("hearing", 20).await?;
            page.until_shown(THE_HALL, 10).await?;
            the_speakers_were(page, &json!([""])).await?;
            test(page).await
        })
        .await
}

async fn choose_the_hall(page: &Page) -> Result<()> {
    page.value(CHOOSE_THE_HALL).await?;
    page.until("notes.sinks.length === 2", 10).await?;
    the_speakers_were(page, &json!(["", "hall"])).await
}

/// Which loudspeakers were asked for, in this order; the system's has no name.
async fn the_speakers_were(page: &Page, expected: &Value) -> Result<()> {
    let sinks = page.value("notes.sinks").await?;
    ensure!(sinks == *expected, "asked for {sinks}, not for {expected}");
    Ok(())
}

#[tokio::test]
async fn a_microphone_that_is_unplugged_is_replaced() -> Result<()> {
    the_session_goes_on_after(async |page| {
        page.value(UNPLUG).await?;
        page.until("notes.asked.length === 2", 10).await
    })
    .await
}

#[tokio::test]
async fn a_microphone_that_is_plugged_in_replaces_the_lost_one() -> Result<()> {
    the_session_goes_on_after(async |page| {
        page.value(HAVE_NO_OTHER).await?;
        page.value(UNPLUG).await?;
        page.until_shown(".vv-message[data-severity=failure]", 10).await?;
        let told = page.text(".vv-message").await?;
        ensure!(told.contains("microphone went away"), "it says {told:?}");
        page.value(PLUG_IN).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_device_that_is_plugged_in_does_not_replace_a_microphone_that_works() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.click(".vv-main-action").await?;
            page.until_phase("hearing", 20).await?;
            page.value(PLUG_IN).await?;
            page.until_phase("speaking", 20).await?;
            let asked = page.value("notes.asked.length").await?;
            ensure!(asked == 1, "a microphone was asked for {asked} times");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_microphone_that_is_chosen_is_asked_for_and_remembered() -> Result<()> {
    the_session_goes_on_after(async |page| {
        let chosen = page.value(CHOOSE_ANOTHER).await?;
        page.until("notes.tracks.length === 2", 10).await?;
        let asked = page.value("notes.asked").await?;
        ensure!(
            asked == json!(["", chosen]),
            "asked for {asked}, not for {chosen}"
        );
        let remembered = page.value("localStorage['viva.microphone']").await?;
        ensure!(remembered == chosen, "{remembered} is remembered");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_loudspeaker_that_is_chosen_plays_and_is_remembered() -> Result<()> {
    with_two_speakers(async |page| {
        choose_the_hall(page).await?;
        another_answer_is_heard(page).await?;
        ensure!(page.value(SPEAKER_UNUSABLE).await? != true, "the page complains");
        page.click(".vv-main-action").await?;
        page.until_phase("ended", 10).await?;

        page.reload().await?;
        page.click(".vv-main-action").await?;
        page.until_phase("hearing", 20).await?;
        the_speakers_were(page, &json!(["hall"])).await?;
        page.until(&format!("document.querySelector('{THE_HALL}').selected"), 5)
            .await
    })
    .await
}

#[tokio::test]
async fn a_loudspeaker_that_cannot_be_used_is_told() -> Result<()> {
    with_two_speakers(async |page| {
        page.value(REFUSE_SPEAKERS).await?;
        choose_the_hall(page).await?;
        page.until(SPEAKER_UNUSABLE, 10).await?;
        another_answer_is_heard(page).await
    })
    .await
}

#[tokio::test]
async fn a_loudspeaker_that_goes_away_is_replaced_by_the_system_s() -> Result<()> {
    with_two_speakers(async |page| {
        choose_the_hall(page).await?;
        page.value(UNPLUG_THE_HALL).await?;
        page.until(SPEAKER_CHANGED, 10).await?;
        the_speakers_were(page, &json!(["", "hall", ""])).await?;
        another_answer_is_heard(page).await?;
        // It is still the one that was chosen.
        page.value(PLUG_IN_THE_HALL).await?;
        page.until("notes.sinks.length === 4", 10).await?;
        the_speakers_were(page, &json!(["", "hall", "", "hall"])).await
    })
    .await
}

#[tokio::test]
async fn a_remembered_loudspeaker_that_is_not_there_is_told_and_not_tried() -> Result<()> {
    with_two_speakers(async |page| {
        choose_the_hall(page).await?;
        page.click(".vv-main-action").await?;
        page.until_phase("ended", 10).await?;

        page.load_after(UNPLUG_THE_HALL).await?;
        page.click(".vv-main-action").await?;
        page.until(SPEAKER_CHANGED, 20).await?;
        page.until_phase("hearing", 20).await?;
        the_speakers_were(page, &json!([""])).await
    })
    .await
}

#[tokio::test]
async fn of_a_headset_that_goes_away_the_microphone_is_told() -> Result<()> {
    with_two_speakers(async |page| {
        choose_the_hall(page).await?;
        // Once for the track that ends, and once for the list that changes.
        page.value(HAVE_NO_OTHER).await?;
        page.value(HAVE_NO_OTHER).await?;
        page.value(UNPLUG).await?;
        page.until_shown(".vv-message[data-severity=failure]", 10).await?;
        page.value(UNPLUG_THE_HALL).await?;
        page.until("notes.sinks.length === 3", 10).await?;
        the_speakers_were(page, &json!(["", "hall", ""])).await?;
        let told = page.text(".vv-message").await?;
        ensure!(told.contains("microphone went away"), "it says {told:?}");
        Ok(())
    })
    .await
}
