// The audio worker. The first message says where its bundle is; the bundle's own `main` takes all that follow. What does not
// load is told as { failed }: an exception in here would reach nobody.
self.onmessage = async ({ data: { script, wasm } }) => {
  try {
    const worker = await import(script);
    await worker.default({ module_or_path: wasm });
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};
