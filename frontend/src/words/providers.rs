//! The words of the page Providers.

words! {
    heading: "Providers and your keys", "服務與你的金鑰";
    intro: "A key of your own is used in your conversations only, in place of the server’s. The provider checks it before it is kept; it is stored encrypted and never shown again.", "你自己的金鑰只用於你的對話，並取代伺服器的金鑰。儲存前會先由服務驗證；金鑰加密保存，之後不再顯示。";
    loading: "Asking the server for providers…", "正在向伺服器查詢服務…";
    try_again: "Try again", "再試一次";
    sign_in: "Sign in", "登入";

    does: "Supports", "支援";
    part_realtime: "Realtime voice", "即時語音";
    part_stt: "Speech to text", "語音轉文字";
    part_llm: "Language model", "語言模型";
    part_tts: "Text to speech", "文字轉語音";
    no_key_needed: "Works without a key.", "不需金鑰即可使用。";
    servers_key: "Ready: the server has a key.", "可以使用：伺服器已有金鑰。";
    no_key: "Needs a key.", "需要金鑰。";
    own_key: "Your key {key}. The provider accepted it: {when}.", "你的金鑰 {key}，服務於 {when} 接受。";
    refused_key: "Your key {key} is not used: the provider does not know it any more ({when}). Replace or delete it.", "你的金鑰 {key} 未使用：服務已不認得它（{when}）。請更換或刪除。";
    address_is: "Address: {address}", "網址：{address}";
    organization_is: "Organization: {organization}", "組織：{organization}";
    used_for: "In your conversations, a key of yours is used for: {parts}.", "在你的對話中，你的金鑰用於：{parts}。";
    list_separator: ", ", "、";

    add: "Add a key", "加入金鑰";
    replace: "Replace the key", "更換金鑰";
    check: "Check", "檢查";
    delete: "Delete", "刪除";
    where_made: "Get a key", "取得金鑰";
    new_window: "opens another site in a new tab", "在新分頁開啟其他網站";
    of_provider: "{what}: {name}", "{what}：{name}";

    key: "Key", "金鑰";
    base_url: "Address (base URL)", "網址（base URL）";
    organization: "Organization", "組織";
    needed: "needed", "必填";
    optional: "may be left out", "可不填";
    save: "Check and save", "檢查並儲存";
    cancel: "Cancel", "取消";
    ask_delete: "Delete your key for {name}? It cannot be brought back.", "要刪除你在 {name} 的金鑰嗎？刪除後無法復原。";
    do_delete: "Delete the key", "刪除金鑰";
    keep: "Keep it", "保留";

    saving: "The provider is checking the key…", "服務正在檢查金鑰…";
    deleting: "Deleting the key…", "正在刪除金鑰…";
    saved: "The provider accepted the key. It is used from your next conversation on.", "服務已接受金鑰，從下一場對話開始使用。";
    checked: "The provider accepts the key.", "服務接受此金鑰。";
    deleted: "Your key is deleted.", "你的金鑰已刪除。";

    err_no_server: "The server did not answer. Is it running?", "伺服器沒有回應，它是否在執行？";
    err_signed_out: "You are signed out.", "你已登出。";
    err_too_many: "Too many requests. Wait a moment.", "請求過多，請稍候。";
    err_missing: "Fill this in.", "請填寫此欄。";
    err_invalid: "This cannot be right.", "內容不正確。";
    err_bad_key: "The provider does not take this key. Copy it again, whole, or make a new one.", "服務不接受此金鑰。請重新完整複製，或建立新的金鑰。";
    err_forbidden: "The provider denies this key access. See there what the key and its project may do, or use another key.", "服務拒絕此金鑰存取。請到該服務查看此金鑰與專案的權限，或改用其他金鑰。";
    err_quota: "The credit of this key’s account is used up. Add some at the provider, then check the key again.", "此金鑰帳戶的額度已用完。請到該服務加值後再檢查。";
    url_not_http: "The address must begin with http:// or https://.", "網址必須以 http:// 或 https:// 開頭。";
    url_password: "The address must not hold a name or password. The key has a field of its own.", "網址不得含有帳號或密碼。金鑰請填在自己的欄位。";
    url_fragment: "The address must not hold a #.", "網址不得含有 #。";
    url_link_local: "The address must not lead to a link-local address.", "網址不得指向連結本機（link-local）位址。";
    url_metadata: "The address must not lead to the metadata service of a cloud.", "網址不得指向雲端的中繼資料服務。";
    url_private: "The address must not lead to a private network. Whoever runs the server can allow that with providers.allow_private_addresses.", "網址不得指向私人網路。管理伺服器的人可用 providers.allow_private_addresses 允許。";
    url_no_host: "The address must lead to a host, not to an unspecified, multicast or reserved address.", "網址必須指向一台主機，不能是未指定、多點傳送或保留的位址。";
    url_not_found: "There is no such provider at the address. See where it has to end.", "此網址沒有這項服務。請確認網址結尾的部分。";
    url_not_the_provider: "What answers at the address is not this provider. See whether it is right, from https:// to its end.", "此網址回應的不是這項服務。請檢查整段網址，從 https:// 到結尾。";
    url_redirects: "The address sends on to another one. Use the one to which it leads.", "此網址會轉址。請改用轉址後的網址。";
    url_other_region: "The key is for another region, or the provider does not serve that of this server. Use the address of the key’s region.", "此金鑰屬於其他地區，或服務不提供給這台伺服器的地區。請改用金鑰所屬地區的網址。";
    err_no_network: "The provider cannot be reached.", "無法連上服務。";
    err_rate_limited: "The provider takes no more requests for now. Try again later.", "服務目前不再接受請求，請稍後再試。";
    err_provider_failed: "The provider is out of order.", "服務發生故障。";
    err_unreadable: "The stored key cannot be read back. Enter it again.", "無法讀回已儲存的金鑰，請重新輸入。";
    err_gone: "There is no such key any more.", "此金鑰已不存在。";
    err_other: "The server reported a problem.", "伺服器回報了問題。";
    wait: "Try again in {s} s.", "請在 {s} 秒後再試。";
}
