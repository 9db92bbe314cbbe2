// Runs before the first paint: applies the remembered theme, so that nothing flashes, and starts the page's program, which
// makes it live. Its `data-program` says which one that is, its `data-failed` what to tell when that fails.
// A classic script, because modules run too late for the theme.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("viva.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; then the system's theme it is.
  }

  const { program, failed } = document.currentScript.dataset;
  const start = async () => {
    try {
      const meta = document.querySelector('meta[name="viva-assets"]');
      const assets = JSON.parse(meta.content);
      const page = await import(assets[`${program}.js`]);
      await page.default({ module_or_path: assets[`${program}.wasm`] });
      root.dataset.live = "";
    } catch (error) {
      console.error(error);
      tell(failed);
    }
  };

  // The page itself cannot tell that it did not load.
  const tell = (words) => {
    const message = document.createElement("p");
    message.className = "vv-message";
    message.dataset.severity = "failure";
    message.textContent = words;
    document.querySelector(".vv-messages")?.replaceChildren(message);
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
  else start();
})();
