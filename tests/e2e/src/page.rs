//! What a person sees of the page and does with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::{By, TypingData, WebDriver, WebElement};
use tokio::time::{Instant, sleep};

use crate::viva::required;

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Limits are those of a quiet machine; one that builds at the same time gets so many times as long.
const BUSY: u32 = 3;

/// Asks for a microphone as it is: nothing is cancelled, suppressed or levelled.
const RAW_MICROPHONE: &str = "(() => {
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    devices.getUserMedia = ({ audio }) => ask({ audio: { ...audio, ...raw } });
})()";

/// −40 dBFS: far above rounding noise, far below speech.
const AUDIBLE_PEAK: f64 = 0.01;

/// Has the server get what `change` makes of each message of the page, and nothing where that is nothing.
const CHANGE_MESSAGES: &str = "(change) => {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        if (typeof data !== 'string') return send.call(this, data);
        const message = change(JSON.parse(data));
        if (message) send.call(this, JSON.stringify(message));
    };
}";

/// Keeps in `notes` what the page asks of the browser's audio: which microphones, in what way, and what was granted; contexts,
/// with what and in which of the person's events they were made, and when resumed; which loudspeakers; the worklets' nodes by
/// name.
const TAKE_NOTES: &str = "(() => {
    const notes = window.notes = {
        asked: [], wanted: [], tracks: [], contexts: [], given: [], unlocking: [], sinks: [], nodes: {},
    };
    const gesture = () => window.event?.isTrusted ? window.event.type : 'nothing';
    window.AudioContext = class extends AudioContext {
        constructor(...given) {
            super(...given);
            notes.contexts.push(this);
            notes.given.push(given);
            notes.unlocking.push('made in ' + gesture());
        }
        resume() {
            notes.unlocking.push('resumed in ' + gesture());
            return super.resume();
        }
        setSinkId(device) {
            notes.sinks.push(device);
            return super.setSinkId(device);
        }
    };
    window.AudioWorkletNode = class extends AudioWorkletNode {
        constructor(context, name, ...given) {
            super(context, name, ...given);
            notes.nodes[name] = this;
        }
    };
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async ({ audio }) => {
        notes.asked.push(audio.deviceId?.ideal ?? '');
        notes.wanted.push(audio);
        const stream = await ask({ audio });
        notes.tracks.push(...stream.getAudioTracks());
        return stream;
    };
})()";

/// A page in an open browser.
pub struct Page {
    driver: WebDriver,
}

/// How the page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct View {
    pub name: &'static str,
    pub width: u32,
    pub height: u32,
    pub scheme: &'static str,
}

impl View {
    pub const DESKTOP: Self = Self {
        name: "desktop-light",
        width: 1440,
        height: 900,
        scheme: "light",
    };
    pub const ALL: [Self; 4] = [
        Self::DESKTOP,
        Self {
            name: "desktop-dark",
            scheme: "dark",
            ..Self::DESKTOP
        },
        Self {
            name: "phone-light",
            width: 360,
            height: 740,
            scheme: "light",
        },
        Self {
            name: "phone-dark",
            width: 360,
            height: 740,
            scheme: "dark",
        },
    ];
}

impl Page {
    pub fn new(driver: WebDriver) -> Self {
        Self { driver }
    }

    /// Opens an address and waits until the page is live.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.look(View::DESKTOP).await?;
        self.driver.goto(url).await?;
        self.until("document.documentElement.dataset.live !== undefined", 20)
            .await
    }

    /// Opens an address that is for whoever has a token, signs in and waits until the page is live.
    pub async fn open_signed_in(&self, url: &str, token: &str) -> Result<()> {
        self.look(View::DESKTOP).await?;
        self.driver.goto(url).await?;
        self.sign_in(token).await?;
        self.until("document.documentElement.dataset.live !== undefined", 20)
            .await
    }

    /// Fills in the form and sends it.
    pub async fn sign_in(&self, token: &str) -> Result<()> {
        self.find("#token").await?.send_keys(token).await?;
        self.click("form button").await
    }

    pub async fn reload(&self) -> Result<()> {
        self.driver.refresh().await?;
        self.until("document.documentElement.dataset.live !== undefined", 20)
            .await
    }

    pub async fn look(&self, view: View) -> Result<()> {
        let View {
            width,
            height,
            scheme,
            ..
        } = view;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        // Without motion, so that no picture shows a colour on its way to another.
        let scheme = json!({"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.devtools("Emulation.setEmulatedMedia", scheme)
            .await
            .map(drop)
    }

    /// What the browser answers to a command of its `DevTools` protocol.
    pub async fn devtools(&self, command: &str, params: Value) -> Result<Value> {
        let answer = self.driver.cdp().send_raw(command, params).await;
        answer.with_context(|| command.to_owned())
    }

    /// Clicks what matches the selector; when it was replaced in between, its successor.
    pub async fn click(&self, selector: &str) -> Result<()> {
        loop {
            let element = self.find(selector).await?;
            match element.click().await {
                Err(err) if matches!(*err, WebDriverErrorInner::StaleElementReference(_)) => {}
                outcome => return outcome.with_context(|| format!("clicking {selector}")),
            }
        }
    }

    /// Clicks a link to another page of ours, and waits until that is live.
    pub async fn follow(&self, link: &str) -> Result<()> {
        self.value("window.isOld = true").await?;
        self.click(link).await?;
        self.until(
            "!window.isOld && document.documentElement.dataset.live !== undefined",
            20,
        )
        .await
    }

    /// Types into what matches the selector, after what is there.
    pub async fn write(&self, selector: &str, text: &str) -> Result<()> {
        let typed = self.find(selector).await?.send_keys(text).await;
        typed.with_context(|| format!("typing into {selector}"))
    }

    /// Clicks twice, as fast as a double click.
    pub async fn double_click(&self, selector: &str) -> Result<()> {
        let element = self.find(selector).await?;
        let actions = self.driver.action_chain().double_click_element(&element);
        Ok(actions.perform().await?)
    }

    /// Moves the mouse to what matches the selector.
    pub async fn point_at(&self, selector: &str) -> Result<()> {
        let element = self.find(selector).await?;
        let actions = self.driver.action_chain().move_to_element_center(&element);
        Ok(actions.perform().await?)
    }

    async fn find(&self, selector: &str) -> Result<WebElement> {
        let found = self.driver.find(By::Css(selector)).await;
        found.with_context(|| selector.to_owned())
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, key: impl Into<TypingData>) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(key).perform().await?)
    }

    pub async fn text(&self, selector: &str) -> Result<String> {
        Ok(self.find(selector).await?.text().await?)
    }

    /// The value of an expression in the page.
    pub async fn value(&self, expression: &str) -> Result<Value> {
        let result = self
            .driver
            .execute(format!("return {expression}"), Vec::new())
            .await?;
        Ok(result.json().clone())
    }

    /// Has the page record without the browser's voice processing from the next *Start* on.
    pub async fn take_the_microphone_as_it_is(&self) -> Result<()> {
        self.value(RAW_MICROPHONE).await.map(drop)
    }

    /// Gives the realtime provider these options from the next *Start* on; they are those of the server's documentation.
    pub async fn give_options(&self, options: &Value) -> Result<()> {
        self.change_messages(&format!(
            "(message) => {{
                if (message.type === 'start_session') message.config.options = {options};
                return message;
            }}"
        ))
        .await
    }

    /// From now on the server gets what this function of JavaScript returns for each message of the page; nothing where it
    /// returns nothing.
    pub async fn change_messages(&self, change: &str) -> Result<()> {
        self.value(&format!("({CHANGE_MESSAGES})({change})"))
            .await
            .map(drop)
    }

    /// What the server has of the session, such as its `turns`.
    pub async fn stored(&self, below: &str) -> Result<Value> {
        let path = format!(
            "/api/v1/interaction/sessions/{}/{below}",
            self.stage("session").await?
        );
        self.answer(&path).await
    }

    /// What the server answers at a path.
    pub async fn answer(&self, path: &str) -> Result<Value> {
        self.value(&format!("fetch('{path}').then(answer => answer.json())"))
            .await
    }

    /// Loads the page anew with this script before its own, which keep what they find of the browser's classes.
    pub async fn load_after(&self, script: &str) -> Result<()> {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": script}))
            .await?;
        self.reload().await
    }

    /// Loads the page anew and has it note, in `notes`, what it asks of the browser's audio.
    pub async fn take_notes(&self) -> Result<()> {
        self.load_after(TAKE_NOTES).await
    }

    /// What the stage says in a `data-` attribute.
    pub async fn stage(&self, attribute: &str) -> Result<String> {
        let expression = format!("document.querySelector('.vv-stage').dataset.{attribute}");
        Ok(self
            .value(&expression)
            .await?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// How many answers have been measured.
    pub async fn turns(&self) -> Result<u64> {
        let turns = self.value("document.querySelectorAll('.vv-turn').length").await?;
        turns.as_u64().context("a number")
    }

    /// Waits until there are more than so many.
    pub async fn until_more_turns_than(&self, turns: u64, limit_s: u64) -> Result<()> {
        self.until(
            &format!("document.querySelectorAll('.vv-turn').length > {turns}"),
            limit_s,
        )
        .await
    }

    /// The newest answer's latency, in ms, once it is shown.
    pub async fn latency_ms(&self, limit_s: u64) -> Result<f64> {
        let total = ".vv-turn .vv-turn-total .vv-number";
        self.until_shown(total, limit_s).await?;
        Ok(self.text(total).await?.replace(',', "").parse()?)
    }

    /// Waits until something audible was played.
    pub async fn until_heard(&self, limit_s: u64) -> Result<()> {
        self.until(
            &format!("Number(document.querySelector('.vv-stage').dataset.playedPeak) > {AUDIBLE_PEAK}"),
            limit_s,
        )
        .await
    }

    /// Waits until the state is this one.
    pub async fn until_phase(&self, phase: &str, limit_s: u64) -> Result<()> {
        self.until(
            &format!("document.querySelector('.vv-app').dataset.phase === '{phase}'"),
            limit_s,
        )
        .await
    }

    /// Waits until something matches the selector.
    pub async fn until_shown(&self, selector: &str, limit_s: u64) -> Result<()> {
        self.until(
            &format!("document.querySelector({}) !== null", json!(selector)),
            limit_s,
        )
        .await
    }

    /// Waits until an expression in the page is true, for so many seconds on a quiet machine. What fails is not true yet:
    /// while one page makes room for another, what is asked for may be in neither.
    pub async fn until(&self, expression: &str, limit_s: u64) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(limit_s) * BUSY;
        let attempt =
            format!("(() => {{ try {{ return {expression} }} catch (error) {{ return String(error) }} }})()");
        loop {
            let value = self.value(&attempt).await?;
            if value == Value::Bool(true) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("after {BUSY} times {limit_s} s still {value}: {expression}");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Takes a picture of every view, into `e2e` in the build folder.
    pub async fn picture(&self, name: &str) -> Result<()> {
        self.picture_after(name, "null").await
    }

    /// The same of what begins with what matches the selector, where the page is longer than the window.
    pub async fn picture_of(&self, name: &str, selector: &str) -> Result<()> {
        self.picture_after(
            name,
            &format!("document.querySelector({selector:?}).scrollIntoView()"),
        )
        .await
    }

    async fn picture_after(&self, name: &str, script: &str) -> Result<()> {
        for view in View::ALL {
            self.look(view).await?;
            self.value(script).await?;
            let wide = self
                .value(&format!("document.documentElement.scrollWidth <= {}", view.width))
                .await?;
            if wide != Value::Bool(true) {
                bail!("{name} in {} scrolls sideways", view.name);
            }
            let path = pictures()?.join(format!("{name}-{}.png", view.name));
            save(&path, &self.driver.screenshot_as_png().await?)?;
        }
        self.look(View::DESKTOP).await
    }

    /// Takes the picture of the README, when `VIVA_UPDATE_SCREENSHOT` asks for it.
    pub async fn picture_for_readme(&self) -> Result<()> {
        if std::env::var_os("VIVA_UPDATE_SCREENSHOT").is_some_and(|value| value == "1") {
            let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images/talk.png");
            save(&docs, &self.driver.screenshot_as_png().await?)?;
        }
        Ok(())
    }

    /// Where the page stands, for the message of a failure.
    pub async fn describe(&self) -> String {
        let expression = "document.querySelector('.vv-app')?.innerText ?? document.body.innerText";
        match self.value(expression).await {
            Ok(text) => format!("the page said:\n{}", text.as_str().unwrap_or_default()),
            Err(err) => format!("the page cannot be asked: {err}"),
        }
    }
}

/// Beside the page in the build folder.
fn pictures() -> Result<PathBuf> {
    Ok(required("VIVA_SITE")?.with_file_name("e2e"))
}

fn save(path: &Path, png: &[u8]) -> Result<()> {
    let folder = path.parent().context("a picture has a folder")?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(path, png).with_context(|| path.display().to_string())
}
