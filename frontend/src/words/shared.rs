//! The words that every page has.

words! {
    title: "{page} – Viva", "{page} – Viva";
    pages: "Pages", "頁面";
    talk: "Talk", "對話";
    history: "History", "紀錄";
    compare: "Compare", "比較";
    providers: "Providers", "服務";
    conversation: "Conversation", "對話內容";
    tagline: "voice AI test bench", "語音 AI 測試台";
    other_language: "中文", "English";
    switch_language: "Switch to Traditional Chinese", "切換為英文";
    theme_auto: "Theme: as the system", "外觀：跟隨系統";
    theme_light: "Theme: light", "外觀：淺色";
    theme_dark: "Theme: dark", "外觀：深色";
    not_live: "This page did not load completely, so nothing on it works. Is the server running? Reload the page.", "此頁面未完整載入，因此無法操作。伺服器是否在執行？請重新載入。";
}
