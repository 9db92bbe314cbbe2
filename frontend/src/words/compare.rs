//! The words of the page Compare.

words! {
    heading: "Compare conversations", "比較對話";
    intro: "Choose two to four conversations. The first is the reference: what differs from it is marked.", "請選擇二至四場對話。第一場為基準，與它不同之處會標示出來。";
    one_more: "Choose at least one more to compare it with.", "請再選擇至少一場來比較。";
    ms: "ms", "毫秒";
    nothing: "–", "–";

    not_ids: "Not the id of a conversation: {ids}.", "不是對話的識別碼：{ids}。";
    repeated: "A conversation was named more than once; it is shown once.", "有對話重複出現，只顯示一次。";
    too_many: "Four at most are shown; left out: {n}.", "最多顯示四場，未顯示 {n} 場。";
    list_separator: ", ", "、";
    dismiss: "Dismiss", "知道了";
    err_no_server: "The server did not answer. Is it running?", "伺服器沒有回應，它是否在執行？";
    err_signed_out: "You are signed out.", "你已登出。";
    err_gone: "There is no such conversation: it was deleted, or it is somebody else’s.", "沒有這場對話：可能已刪除，或屬於他人。";
    err_too_many: "Too many requests. Wait a moment.", "請求過多，請稍候。";
    err_wait: "Too many requests. Try again in {s} s.", "請求過多，請在 {s} 秒後再試。";
    err_other: "The server reported a problem.", "伺服器回報了問題。";
    try_again: "Try again", "再試一次";
    sign_in: "Sign in", "登入";

    add: "Add a conversation", "加入對話";
    add_full: "Four is the most", "最多四場";
    search: "Text in transcripts", "逐字稿中的文字";
    find: "Find", "尋找";
    looking: "Asking the server for conversations…", "正在向伺服器查詢對話…";
    found: "Conversations: {n}", "對話：{n} 場";
    found_none: "Nothing found.", "找不到符合的對話。";
    none_yet: "There is no conversation yet.", "還沒有任何對話。";
    talk: "Talk now", "開始對話";
    pages: "Pages of the list", "清單頁次";
    page_of: "Page {n} of {of}", "第 {n} 頁，共 {of} 頁";
    newer: "Newer", "較新";
    older: "Older", "較舊";

    mode_realtime: "Realtime", "即時";
    mode_cascade: "Cascade", "串接";
    turns: "{n} turns", "{n} 輪";
    turn_single: "1 turn", "1 輪";
    latency_of_list: "avg {avg} · p95 {p95} ms", "平均 {avg} · p95 {p95} 毫秒";

    beside: "Conversations side by side", "並列的對話";
    part: "Conversation", "對話";
    loading: "Loading…", "載入中…";
    open: "Open the conversation {letter}: {when}", "開啟對話 {letter}：{when}";
    reference: "Reference", "基準";
    make_reference: "Make {letter} the reference", "將 {letter} 設為基準";
    remove: "Remove {letter}", "移除 {letter}";
    is_reference_now: "The reference is now the conversation of {when}.", "基準已改為 {when} 的對話。";

    configuration: "Configuration", "設定";
    differs: "differs", "不同";
    mode: "Mode", "模式";
    part_realtime: "Realtime voice", "即時語音";
    part_stt: "Speech to text", "語音轉文字";
    part_llm: "Language model", "語言模型";
    part_tts: "Text to speech", "文字轉語音";
    part_model: "{part}: model", "{part}：模型";
    part_voice: "{part}: voice", "{part}：聲音";
    part_language: "{part}: language", "{part}：語言";
    language: "Language", "語言";
    barge_in: "Barge-in", "插話";
    prompt: "System prompt", "系統提示詞";
    user_role: "User’s role", "使用者的角色";
    ai_role: "AI’s role", "AI 的角色";
    scenario: "Scenario", "情境";
    on: "on", "開";
    off: "off", "關";
    default_choice: "provider’s default", "服務預設";

    latency: "Latency", "延遲";
    latency_hint: "One dot per turn, all on one scale.", "每一點代表一輪，全部使用同一刻度。";
    scale: "Scale, ms", "刻度（毫秒）";
    legend_turn: "turn", "一輪";
    legend_estimated: "estimate of the server", "伺服器估計值";
    legend_apart: "interrupted: apart, not counted", "被打斷：另列，不計入";
    legend_p50: "median", "中位數";
    legend_p95: "95th percentile", "第 95 百分位";
    total: "Total", "總計";
    count: "n", "次數";
    average: "avg", "平均";
    less_than_reference: "difference to the reference", "與基準的差";
    not_measured: "not measured", "未測得";
    plot: "{name}, {letter}: {n} turns, {min} to {max} ms, median {p50}, 95th percentile {p95} ms", "{name}，{letter}：{n} 輪，{min} 至 {max} 毫秒，中位數 {p50}，第 95 百分位 {p95} 毫秒";
    plot_none: "{name}, {letter}: no turn that is counted", "{name}，{letter}：沒有計入的輪次";
    plot_apart: "interrupted, apart: {values} ms", "被打斷，另列：{values} 毫秒";
    estimated: "estimated by the server: {n}", "伺服器估計：{n} 輪";

    interruptions: "Interruptions", "打斷";
    interrupted_turns: "Interrupted turns", "被打斷的輪次";
    of_turns: "{n} of {of}", "{of} 輪中 {n} 輪";
    until_silence: "Until silence", "到靜音為止";
    total_of_interrupted: "Total, interrupted", "總計（被打斷）";
    false_interruptions: "Paused for noise", "因雜音暫停";

    transcripts: "Transcripts", "逐字稿";
    transcripts_none: "Nobody said anything.", "沒有任何發言。";
    turn: "Turn {n}", "第 {n} 輪";
    you: "User", "使用者";
    ai: "AI", "AI";
    no_words: "(speech without transcript)", "（有語音，無文字）";
    unheard: "not heard", "未聽到";
    cut_at: "interrupted after {s} s", "播放 {s} 秒後被打斷";
    cut: "interrupted", "被打斷";
    cut_by_client: "by hand", "手動";
    silent_after: "silent after {ms} ms", "{ms} 毫秒後靜音";
    failed: "no whole answer: {why}", "沒有完整回答：{why}";
    latency_of: "Latency of turn {n}", "第 {n} 輪的延遲";
}
