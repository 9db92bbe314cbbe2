//! The words of the page History.

words! {
    heading: "Your conversations", "你的對話";
    loading: "Looking for conversations…", "正在尋找對話…";
    try_again: "Try again", "再試一次";
    sign_in: "Sign in", "登入";
    dismiss: "Dismiss", "關閉";

    filters: "Find conversations", "尋找對話";
    text: "Said or heard", "說過或聽到的話";
    text_example: "words, in any order", "字詞，順序不拘";
    more_filters: "Filters", "篩選";
    more_filters_used: "Filters: {count}", "篩選：{count}";
    from: "From", "從";
    to: "To", "到";
    mode: "Mode", "模式";
    provider: "Provider", "服務";
    status: "Status", "狀態";
    any: "Any", "全部";
    clear: "Clear filters", "清除篩選";

    mode_realtime: "Realtime", "即時";
    mode_cascade: "Cascade", "串接";

    count_one: "1 conversation", "1 場對話";
    count_many: "{total} conversations", "{total} 場對話";
    count_part: "{first}–{last} of {total} conversations", "第 {first}–{last} 場，共 {total} 場對話";

    list: "Conversations, newest first", "對話，最新的在前";
    began: "Began", "開始時間";
    providers: "Providers", "服務";
    turns: "Turns", "輪次";
    duration: "Duration", "時長";
    average: "Average", "平均";
    p95: "P95", "P95";
    interruptions: "Interruptions", "打斷";
    ms: "ms", "毫秒";
    list_separator: ", ", "、";
    choose_page: "Choose this page", "選取本頁";
    choose_one: "Choose the conversation of {when}", "選取 {when} 的對話";
    delete_one: "Delete the conversation of {when}", "刪除 {when} 的對話";

    chosen: "{count} chosen", "已選 {count} 場";
    chosen_most: "{count} chosen, the most at once", "已選 {count} 場，已達單次上限";
    choose_nothing: "Choose none", "取消選取";
    compare: "Compare", "比較";
    compare_few: "Choose two to four to compare.", "選取二到四場即可比較。";
    compare_many: "No more than four can be compared.", "最多比較四場。";
    delete: "Delete…", "刪除…";

    pages: "Pages of the list", "清單頁面";
    newer: "Newer", "較新";
    older: "Older", "較舊";
    page_of: "Page {page} of {pages}", "第 {page} 頁，共 {pages} 頁";

    empty: "No conversation has been held yet.", "還沒有任何對話。";
    empty_hint: "Whatever you say on the page Talk is kept here, with its recordings and latencies.", "你在「對話」頁面說的內容會保存在這裡，包含錄音與延遲。";
    talk: "Talk", "開始對話";
    nothing: "No conversation is like that.", "沒有符合的對話。";
    nothing_hint: "Take fewer words, or another filter.", "請減少字詞，或改用其他篩選。";
    beyond: "There is no page {page}: the list has {pages}.", "沒有第 {page} 頁：清單共有 {pages} 頁。";
    to_last: "Go to page {pages}", "前往第 {pages} 頁";
    told: "Nothing is listed: the message above says why.", "未列出任何對話：原因見上方訊息。";

    ask_one: "Delete this conversation?", "要刪除這場對話嗎？";
    ask_many: "Delete {count} conversations?", "要刪除 {count} 場對話嗎？";
    of_one: "It is of {when}.", "時間為 {when}。";
    of_same: "They are of {when}.", "時間皆為 {when}。";
    of_many: "They are from {first} to {last}.", "時間從 {first} 到 {last}。";
    goes_with_one: "Its transcript, its recordings and all its measurements go with it. This cannot be undone.", "逐字稿、錄音與所有量測都會一併刪除，且無法復原。";
    goes_with_many: "Their transcripts, recordings and measurements go with them. This cannot be undone.", "這些對話的逐字稿、錄音與量測都會一併刪除，且無法復原。";
    do_delete_one: "Delete it", "刪除";
    do_delete_many: "Delete {count}", "刪除 {count} 場";
    keep: "Keep", "保留";
    deleting: "Deleting…", "正在刪除…";
    deleted_one: "One conversation is deleted.", "已刪除 1 場對話。";
    deleted_many: "{count} conversations are deleted.", "已刪除 {count} 場對話。";
    deleted_none: "No conversation is deleted.", "沒有刪除任何對話。";
    kept_active: "{when} goes on; end it first.", "{when} 的對話仍在進行，請先結束。";
    kept_unfinished: "{when} is being deleted; the rest of it goes by itself.", "{when} 的對話正在刪除，其餘部分會自動移除。";
    kept_failed: "{when} could not be deleted; try again.", "{when} 的對話無法刪除，請再試一次。";
    kept_more_one: "One more is still there.", "另有 1 場尚未刪除。";
    kept_more: "{count} more are still there.", "另有 {count} 場尚未刪除。";

    leave_out: "Leave that out", "略過這些條件";
    flaw_from: "The first day, “{value}”, is no day such as 2026-11-30.", "起始日「{value}」不是如 2026-11-30 的日期。";
    flaw_to: "The last day, “{value}”, is no day such as 2026-11-30.", "結束日「{value}」不是如 2026-11-30 的日期。";
    flaw_reversed: "The last day comes before the first.", "結束日早於起始日。";
    flaw_mode: "There is no mode “{value}”.", "沒有「{value}」這種模式。";
    flaw_provider: "No provider can be called “{value}”.", "服務不可能名為「{value}」。";
    flaw_status: "There is no status “{value}”.", "沒有「{value}」這種狀態。";
    flaw_long: "The text has more than {most} characters.", "文字超過 {most} 個字元。";
    flaw_no_text: "The text “{value}” has no letter and no digit.", "文字「{value}」沒有任何字母、文字或數字。";
    flaw_page: "“{value}” is no number of a page.", "「{value}」不是頁碼。";

    err_no_server: "The server did not answer. Is it running?", "伺服器沒有回應，它是否在執行？";
    err_signed_out: "You are signed out.", "你已登出。";
    err_too_many: "Too many requests. Wait a moment.", "請求過多，請稍候。";
    err_senseless: "The server finds no sense in this.", "伺服器無法理解此要求。";
    err_other: "The server reported a problem.", "伺服器回報了問題。";
    wait: "Try again in {s} s.", "請在 {s} 秒後再試。";
}
