// The audio worker: resamples, cuts frames and measures levels, so that the page itself never waits for audio.
// The first message says where the page's bundle is and carries the compiled module; the rest is Rust. What does not load
// is told as { failed }: an exception in here would reach nobody.
self.onmessage = async ({ data: { script, module } }) => {
  try {
    const app = await import(script);
    app.initSync({ module });
    app.audio_worker_main();
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};
