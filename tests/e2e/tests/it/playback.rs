//! The playback worklet, sample by sample, in a context that runs as fast as it can.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

/// In the worklet's own scope, around it: takes each step at its frame of the context. The samples of an answer are a ramp, whose
/// values are exact; every other answer's falls.
const DRIVER: &str = "
    const register = registerProcessor;
    globalThis.registerProcessor = (name, Playback) => register(name, class extends Playback {
        constructor({ processorOptions }) {
            super();
            this.steps = processorOptions;
            this.audioWorker = { postMessage: (worker) => this.port.postMessage({ worker }) };
            this.port.onmessage({ data: { port: this.audioWorker } });
        }
        process(inputs, outputs) {
            while (this.steps.length > 0 && this.steps[0].at <= currentFrame) this.take(this.steps.shift());
            const goesOn = super.process(inputs, outputs);
            if (!goesOn) this.port.postMessage({ closed: true });
            return goesOn;
        }
        take({ page, worker, turn, from, count, last }) {
            if (page) this.port.onmessage({ data: page });
            if (worker) this.audioWorker.onmessage({ data: worker });
            if (turn) {
                const sign = turn % 2 === 0 ? -1 : 1;
                const samples = Float32Array.from({ length: count }, (_, i) => sign * (from + i) / 1048576);
                this.audioWorker.onmessage({ data: { turn, samples, last } });
            }
        }
    });
";

/// Takes the steps up to the one that closes and keeps what was played and reported.
const PERFORM: &str = "async (driver, steps) => {
    const context = new OfflineAudioContext(1, steps.at(-1).at + 1024, 48000);
    const modules = JSON.parse(document.querySelector('meta[name=viva-assets]').content);
    const around = URL.createObjectURL(new Blob([driver], { type: 'text/javascript' }));
    await context.audioWorklet.addModule(around);
    await context.audioWorklet.addModule(modules['playback-worklet.js']);
    const node = new AudioWorkletNode(context, 'viva-playback', { processorOptions: steps });
    node.connect(context.destination);
    window.reports = [];
    const closed = new Promise(resolve => {
        node.port.onmessage = ({ data }) => data.closed ? resolve() : reports.push(data);
    });
    window.played = (await context.startRendering()).getChannelData(0);
    await closed;
    return true;
}";

/// The first sample that is not one of these pieces, nor silence outside of them; `null` when there is none.
const DIFFERENCE: &str = "(pieces) => {
    const expected = new Float32Array(played.length);
    for (const { at, turn, from, count, fade } of pieces) {
        for (let i = 0; i < count; i += 1) {
            const gain = { out: 1 - (i + 1) / count, in: (i + 1) / count }[fade] ?? 1;
            expected[at + i] = (turn % 2 === 0 ? -1 : 1) * (from + i) / 1048576 * gain;
        }
    }
    const at = played.findIndex((sample, i) => sample !== expected[i]);
    return at === -1 ? null : { at, is: played[at], expected: expected[at] };
}";

/// The first report about levels that does not tell what was played; they come every 8 quanta of 128 frames.
const LEVEL_DIFFERENCE: &str = "(() => {
    const power = (part) => part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
    const close = (one, other) => Math.abs(one - other) < 1e-9;
    const levels = reports.filter(({ level }) => level !== undefined);
    const toWorker = reports.filter(({ worker }) => worker !== undefined);
    if (levels.length !== Math.floor(played.length / 1024) - 1 || levels.length !== toWorker.length) return levels.length;
    const at = levels.findIndex(({ level, peak }, i) => {
        const part = played.subarray(i * 1024, (i + 1) * 1024);
        const quanta = Array.from({ length: 8 }, (_, i) => power(part.subarray(i * 128, (i + 1) * 128)));
        return !close(level, Math.sqrt(power(part)))
            || peak !== part.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)
            || !close(toWorker[i].worker.loudest, Math.sqrt(Math.max(...quanta)));
    });
    return at === -1 ? null : { at, ...levels[at], ...toWorker[at].worker };
})()";

/// What happened to answers, and when the worker was told that one is heard or none is any more.
const HAPPENED: &str = "(() => {
    let heard = false;
    return reports.flatMap(({ event, turn, frame, played, worker }) => {
        if (event) return [`${event} ${turn} at ${frame} after ${played}`];
        if (!worker || worker.heard === heard) return [];
        heard = worker.heard;
        return [heard ? 'heard' : 'silent'];
    });
})()";

/// Has the page's worklet take the steps, and wants these pieces to be played and these reports.
async fn expect(steps: &Value, pieces: &Value, reports: &[String]) -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            // The driver is none of the page's own files.
            page.devtools("Page.setBypassCSP", json!({"enabled": true}))
                .await?;
            page.reload().await?;
            page.value(&format!("({PERFORM})({}, {steps})", json!(DRIVER)))
                .await?;
            let difference = page.value(&format!("({DIFFERENCE})({pieces})")).await?;
            ensure!(difference.is_null(), "another sample was played: {difference}");
            let difference = page.value(LEVEL_DIFFERENCE).await?;
            ensure!(difference.is_null(), "another level was told: {difference}");
            let happened = page.value(HAPPENED).await?;
            ensure!(happened == json!(reports), "what happened is {happened:#}");
            Ok(())
        })
        .await
}

fn all(reports: &[&str]) -> Vec<String> {
    reports.iter().map(|report| (*report).to_owned()).collect()
}

#[tokio::test]
async fn a_long_answer_is_played_as_it_came_while_the_ring_wraps_and_grows() -> Result<()> {
    let steps = json!([
        {"at": 0, "turn": 1, "from": 0, "count": 400_000},
        // The ring of 524,288 samples has room for it, if it begins anew at its front.
        {"at": 300_032, "turn": 1, "from": 400_000, "count": 400_000},
        // Now it has not: what waits begins near its end.
        {"at": 350_080, "turn": 1, "from": 800_000, "count": 240_100, "last": true},
        {"at": 1_041_408, "page": {"close": true}},
    ]);
    let pieces = json!([{"at": 0, "turn": 1, "from": 0, "count": 1_040_100}]);
    // −50 dBFS is sample 3,328 of the ramp. Progress is told every 200 ms.
    let mut reports = all(&["started 1 at 3328 after 3328", "heard"]);
    reports.extend((1..=108).map(|i| format!("progress 1 at {0} after {0}", i * 9_600)));
    reports.extend(all(&["finished 1 at 1040100 after 1040100", "silent"]));
    expect(&steps, &pieces, &reports).await
}

#[tokio::test]
async fn an_answer_that_is_cut_fades_and_the_next_one_begins() -> Result<()> {
    let steps = json!([
        {"at": 0, "turn": 1, "from": 100_000, "count": 96_000},
        {"at": 0, "turn": 2, "from": 200_000, "count": 30_000, "last": true},
        {"at": 24_064, "page": {"flush": 1}},
        // It was under way.
        {"at": 24_320, "turn": 1, "from": 196_000, "count": 4_800, "last": true},
        {"at": 61_440, "page": {"close": true}},
    ]);
    let pieces = json!([
        {"at": 0, "turn": 1, "from": 100_000, "count": 24_064},
        {"at": 24_064, "turn": 1, "from": 124_064, "count": 128, "fade": "out"},
        {"at": 24_192, "turn": 2, "from": 200_000, "count": 30_000},
    ]);
    let reports = all(&[
        "started 1 at 0 after 0",
        "heard",
        "progress 1 at 9600 after 9600",
        "progress 1 at 19200 after 19200",
        "stopped 1 at 24064 after 24064",
        "started 2 at 24192 after 0",
        "progress 2 at 33792 after 9600",
        "progress 2 at 43392 after 19200",
        "progress 2 at 52992 after 28800",
        "finished 2 at 54192 after 30000",
        "silent",
    ]);
    expect(&steps, &pieces, &reports).await
}

#[tokio::test]
async fn answers_that_wait_together_are_played_without_a_gap() -> Result<()> {
    let steps = json!([
        {"at": 0, "turn": 1, "from": 100_000, "count": 1_000},
        {"at": 0, "turn": 2, "from": 200_000, "count": 2_000, "last": true},
        // Nothing of it is above −50 dBFS.
        {"at": 0, "turn": 3, "from": 0, "count": 1_000, "last": true},
        {"at": 8_192, "page": {"close": true}},
    ]);
    let pieces = json!([
        {"at": 0, "turn": 1, "from": 100_000, "count": 1_000},
        {"at": 1_000, "turn": 2, "from": 200_000, "count": 2_000},
        {"at": 3_000, "turn": 3, "from": 0, "count": 1_000},
    ]);
    let reports = all(&[
        "started 1 at 0 after 0",
        "finished 1 at 1000 after 1000",
        "started 2 at 1000 after 0",
        "heard",
        "finished 2 at 3000 after 2000",
        "silent",
        "started 3 at 4000 after 1000",
        "finished 3 at 4000 after 1000",
    ]);
    expect(&steps, &pieces, &reports).await
}

#[tokio::test]
async fn an_answer_that_runs_dry_goes_on_with_enough_in_hand() -> Result<()> {
    let steps = json!([
        // 40 ms are needed to begin; this is half of it.
        {"at": 0, "turn": 1, "from": 100_000, "count": 960},
        {"at": 2_560, "turn": 1, "from": 100_960, "count": 1_000},
        // 80 ms are needed to go on; 40 samples are missing.
        {"at": 6_400, "turn": 1, "from": 101_960, "count": 3_800},
        {"at": 8_960, "turn": 1, "from": 105_760, "count": 40},
        {"at": 12_800, "turn": 1, "from": 105_800, "count": 0, "last": true},
        {"at": 16_384, "page": {"close": true}},
    ]);
    let pieces = json!([
        {"at": 2_560, "turn": 1, "from": 100_000, "count": 1_960},
        {"at": 8_960, "turn": 1, "from": 101_960, "count": 3_840},
    ]);
    let reports = all(&[
        "started 1 at 2560 after 0",
        "heard",
        "underrun 1 at 4520 after 1960",
        "finished 1 at 12800 after 5800",
        "silent",
    ]);
    expect(&steps, &pieces, &reports).await
}

#[tokio::test]
async fn a_paused_answer_goes_on_where_it_stood_also_when_nobody_says_so() -> Result<()> {
    let steps = json!([
        // Nothing is heard that could pause.
        {"at": 0, "worker": {"pause": true}},
        {"at": 0, "turn": 1, "from": 100_000, "count": 60_000},
        {"at": 12_800, "worker": {"pause": true}},
        {"at": 25_600, "worker": {"resume": true}},
        // It goes on by itself after five seconds.
        {"at": 38_400, "worker": {"pause": true}},
        // What is cut now is silent already.
        {"at": 291_200, "worker": {"pause": true}},
        {"at": 300_032, "page": {"flush": 1}},
        {"at": 305_152, "page": {"close": true}},
    ]);
    let pieces = json!([
        {"at": 0, "turn": 1, "from": 100_000, "count": 12_800},
        {"at": 12_800, "turn": 1, "from": 112_800, "count": 128, "fade": "out"},
        {"at": 25_600, "turn": 1, "from": 112_800, "count": 128, "fade": "in"},
        {"at": 25_728, "turn": 1, "from": 112_928, "count": 12_672},
        {"at": 38_400, "turn": 1, "from": 125_600, "count": 128, "fade": "out"},
        {"at": 278_400, "turn": 1, "from": 125_600, "count": 128, "fade": "in"},
        {"at": 278_528, "turn": 1, "from": 125_728, "count": 12_672},
        {"at": 291_200, "turn": 1, "from": 138_400, "count": 128, "fade": "out"},
    ]);
    let reports = all(&[
        "started 1 at 0 after 0",
        "heard",
        "progress 1 at 9600 after 9600",
        "paused 1 at 12800 after 12800",
        "silent",
        "resumed 1 at 25600 after 12800",
        "heard",
        "progress 1 at 32000 after 19200",
        "paused 1 at 38400 after 25600",
        "silent",
        "resumed 1 at 278400 after 25600",
        "heard",
        "progress 1 at 281600 after 28800",
        "progress 1 at 291200 after 38400",
        "paused 1 at 291200 after 38400",
        "silent",
        "stopped 1 at 300032 after 38400",
    ]);
    expect(&steps, &pieces, &reports).await
}
