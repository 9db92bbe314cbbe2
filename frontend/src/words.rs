//! Every word of the page, in both languages, side by side. A key without a translation does not compile.

use leptos::prelude::expect_context;

use crate::Language;
use crate::state::context::Preferences;

macro_rules! words {
    ($($key:ident: $english:literal, $chinese:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub struct Words {
            $(
                #[doc = concat!("`", stringify!($key), "`")]
                pub $key: &'static str,
            )*
        }

        const ENGLISH: Words = Words { $($key: $english,)* };
        const CHINESE: Words = Words { $($key: $chinese,)* };

        #[cfg(test)]
        const PAIRS: &[(&str, &str, &str)] = &[$((stringify!($key), $english, $chinese),)*];
    };
}

words! {
    title: "Talk – Viva", "對話 – Viva";
    tagline: "voice AI test bench", "語音 AI 測試台";
    other_language: "中文", "English";
    switch_language: "Switch to Traditional Chinese", "切換為英文";
    theme_auto: "Theme: as the system", "外觀：跟隨系統";
    theme_light: "Theme: light", "外觀：淺色";
    theme_dark: "Theme: dark", "外觀：深色";

    setup: "Setup", "設定";
    close: "Close", "關閉";
    mode: "Mode", "模式";
    mode_realtime: "Realtime", "即時";
    mode_realtime_hint: "One provider hears and speaks.", "由同一個服務聆聽並說話。";
    mode_cascade: "Cascade", "串接";
    mode_cascade_hint: "Three parts, each chosen by itself: one hears, one thinks, one speaks.", "三個環節分別選擇：聆聽、思考、說話。";
    part_realtime: "Realtime voice", "即時語音";
    part_stt: "Speech to text", "語音轉文字";
    part_llm: "Language model", "語言模型";
    part_tts: "Voice", "語音";
    provider: "Provider", "服務";
    model: "Model", "模型";
    voice: "Voice", "聲音";
    language: "Spoken language", "對話語言";
    language_heard: "Language it hears", "聆聽的語言";
    language_spoken: "Language it speaks", "說話的語言";
    default_choice: "Provider’s default", "服務預設";
    same_language: "As the conversation", "與對話相同";
    until: "{name} – until {day}", "{name}（至 {day} 止）";
    part_is: "{part}: {what}", "{part}：{what}";
    available: "Ready to use.", "可以使用。";
    key_missing: "needs a key", "需要金鑰";
    key_missing_hint: "The server has no key for this provider. Add one there and reload the page, or choose Offline.", "伺服器沒有此服務的金鑰。請在伺服器加入金鑰後重新載入本頁，或改選 Offline。";
    key_invalid: "key refused", "金鑰遭拒";
    key_invalid_hint: "The provider refused the key. Replace it and reload the page, or choose Offline.", "此服務拒絕了金鑰。請更換金鑰後重新載入本頁，或改選 Offline。";
    unavailable: "not available now", "目前無法使用";
    unavailable_hint: "The server cannot use this provider now. Reload the page later, or choose Offline.", "伺服器目前無法使用此服務。請稍後重新載入本頁，或改選 Offline。";
    no_key_needed: "Needs no key.", "不需金鑰。";
    providers_loading: "Asking the server for providers…", "正在向伺服器查詢可用服務…";
    providers_failed: "The list of providers did not load. The offline provider works all the same.", "無法載入服務清單，仍可使用離線服務。";
    conversation_group: "Conversation", "對話";
    barge_in: "Barge-in", "插話";
    barge_in_hint: "Your voice stops the AI.", "你一開口，AI 就停下。";
    greeting: "AI speaks first", "AI 先開口";
    greeting_hint: "It greets you once it can be heard.", "準備好播放後由 AI 先問候。";
    turn_group: "Turn taking", "輪替";
    silence: "Silence that ends your turn", "多久靜音算說完";
    min_speech: "Shortest speech", "最短語音";
    barge_in_threshold: "Certainty to interrupt", "插話的確信度";
    barge_in_threshold_hint: "How sure it must be that you speak while the AI speaks. Higher helps where the AI hears itself.", "AI 說話時，要多確定是你在說話才停下。若 AI 會聽到自己，請調高。";
    percent: "%", "%";
    eager: "Eager answers", "提早準備回答";
    eager_hint: "The model starts at half the silence; if you go on, its answer is thrown away.", "靜音過半就先請模型作答；若你繼續說，該回答會捨棄。";
    prompt_group: "Prompt and roles", "提示詞與角色";
    system_prompt: "System prompt", "系統提示詞";
    system_prompt_hint: "What the AI should be and do", "AI 該扮演什麼、做什麼";
    user_role: "My role", "我的角色";
    ai_role: "AI role", "AI 的角色";
    scenario: "Scenario", "情境";
    ms: "ms", "毫秒";

    you: "You", "你";
    ai: "AI", "AI";
    state_ready: "Ready", "就緒";
    state_ready_hint: "Press Start and talk.", "按下「開始」就能說話。";
    state_asking: "Asking for the microphone", "正在請求麥克風";
    state_asking_hint: "Choose Allow in the browser’s question.", "請在瀏覽器的詢問中選擇「允許」。";
    state_connecting: "Connecting", "連線中";
    state_connecting_hint: "Opening the session.", "正在建立對話。";
    state_listening: "Listening", "聆聽中";
    state_listening_hint: "Say something.", "請說話。";
    state_hearing: "Hearing you", "聽到你了";
    state_hearing_hint: "Pause when you are done.", "說完後停頓一下。";
    state_thinking: "Thinking", "思考中";
    state_thinking_hint: "The answer is on its way.", "回答馬上就來。";
    state_speaking: "AI speaking", "AI 說話中";
    state_speaking_hint: "Talk over it or press Esc to interrupt.", "直接開口或按 Esc 即可打斷。";
    state_speaking_hint_no_barge_in: "Press Esc to interrupt.", "按 Esc 即可打斷。";
    state_interrupted: "Interrupted", "已打斷";
    state_interrupted_hint: "Go on, it listens.", "請繼續說，它在聽。";
    state_reconnecting: "Reconnecting", "重新連線中";
    state_reconnecting_hint: "Of what you say now, the last five seconds are kept. Attempt {attempt} of {of}", "現在說的話會保留最後五秒。第 {attempt} 次，共 {of} 次";
    state_reconnecting_in: ", in {seconds} s", "，{seconds} 秒後開始";
    state_reconnecting_now: ", now", "，正在進行";
    state_offered: "Your choice", "等你選擇";
    state_offered_hint: "Choose above how to go on.", "請在上方選擇如何繼續。";
    state_ending: "Ending", "結束中";
    state_ending_hint: "Waiting for the summary.", "等待摘要。";
    state_ended: "Ended", "已結束";
    state_ended_hint: "Press Start to talk again.", "按「開始」再次對話。";
    state_failed: "Stopped", "已中止";
    state_failed_hint: "The message above says why.", "原因請見上方訊息。";
    session_time: "Session time", "對話時間";

    level: "Microphone level", "麥克風音量";
    level_off: "The microphone is off.", "麥克風未開啟。";
    level_muted: "Muted: nothing is sent but silence.", "已靜音：只送出無聲。";
    level_waiting: "Nothing heard yet – say something.", "還沒聽到聲音，請說話。";
    level_fine: "Level is fine.", "音量適中。";
    level_quiet: "Too quiet – come closer or raise the input level.", "太小聲，請靠近麥克風或調高輸入音量。";
    level_clipping: "Clipping – move away or lower the input level.", "爆音，請離遠一點或調低輸入音量。";
    level_echo: "We hear the AI in your microphone – use headphones or turn it down.", "麥克風收到了 AI 的聲音，請使用耳機或調低音量。";
    level_dead: "No sound arrives – is the right microphone chosen?", "沒有收到聲音，是否選對麥克風？";
    strip: "Levels of both sides over the last twelve seconds", "最近十二秒雙方的音量";

    transcript: "Transcript", "逐字稿";
    transcript_empty: "Both sides appear here as they speak.", "雙方說的話會即時顯示在這裡。";
    turn: "Turn {n}", "第 {n} 輪";
    no_words: "(speech without transcript)", "（有語音，無文字）";
    unheard: "not heard", "未聽到";
    cut_at: "interrupted at {s} s", "於 {s} 秒處被打斷";
    cut_at_by_client: "interrupted by hand at {s} s", "於 {s} 秒處手動打斷";
    false_interruptions: "paused for noise: {n}", "因雜音暫停：{n} 次";
    play_recording: "Play the recording: {side}, turn {n}", "播放錄音：{side}，第 {n} 輪";

    latency: "Latency", "延遲";
    latency_empty: "Each answer’s delay appears here, from your last sound to the first sound you hear, part by part.", "每次回答的延遲會顯示在這裡：從你最後的聲音到你聽到的第一個聲音，逐段列出。";
    latency_hint: "Point at a part of a bar, or tab to it, to see what it is.", "將游標移到長條的某一段，或用 Tab 選取，即可查看說明。";
    total: "Total", "總計";
    from_to: "From {from} to {to}.", "從{from}到{to}。";
    stage_endpointing: "Endpointing", "端點偵測";
    stage_stt: "Speech to text", "語音轉文字";
    stage_llm: "Model: first token", "模型：首個詞元";
    stage_llm_text: "Model: first words", "模型：首批詞語";
    stage_tts: "Speech: first byte", "語音：首個位元組";
    stage_provider: "Provider", "服務";
    stage_viva: "Viva", "Viva";
    stage_network: "Network, playout", "網路與播放";
    stage_silence: "Leading silence", "開頭靜音";
    stage_unexplained: "Unexplained", "無法解釋";
    mark_last_voice: "your last voiced sample", "你最後一個有聲樣本";
    mark_turn_over: "the decision that your turn is over", "判定你已說完";
    mark_transcript: "the final transcript", "最終逐字稿";
    mark_llm_asked: "the request to the model", "送出模型請求";
    mark_first_token: "the model's first token", "第一個詞元";
    mark_first_words: "as many words as are spoken at once", "足夠一次說出的詞語";
    mark_tts_asked: "the request for speech", "送出語音請求";
    mark_first_byte: "the first byte of speech", "語音第一個位元組";
    mark_handed_over: "handing your turn over", "交出你的發言";
    mark_first_audio: "the provider's first audio", "服務的第一段聲音";
    mark_gaps: "The gaps between the other parts.", "其他各段之間的間隙。";
    mark_sent: "sending the first audio", "送出第一段聲音";
    mark_played: "its playback by your device", "你的裝置開始播放";
    mark_audible: "the first audible one", "第一個聽得到的樣本";
    mark_first_sample: "the first sample of the answer", "回答的第一個樣本";
    mark_rest: "What no mark explains.", "沒有標記能說明的部分。";
    interrupted_turn: "interrupted", "被打斷";
    interrupt_after: "silent after {ms} ms", "{ms} 毫秒後靜音";
    server_side: "server-side", "伺服器端";
    server_side_hint: "The browser reported no playback: this ends where audio left the server.", "瀏覽器未回報播放，數值計算至聲音離開伺服器為止。";
    no_answer_time: "no answer delay", "無回答延遲";
    average: "avg", "平均";
    minimum: "min", "最小";
    maximum: "max", "最大";
    turns_counted: "Turns counted: {n}", "計入 {n} 輪";
    selftest: "How true are these figures?", "這些數字有多準？";
    selftest_none: "Not tested on this server yet.", "此伺服器尚未測試。";
    selftest_start: "Run the self-test", "執行自我測試";
    selftest_running: "Testing: {done} of {total} turns", "測試中：{done}／{total} 輪";
    selftest_unreachable: "The server could not be asked.", "無法詢問伺服器。";
    selftest_failed: "The last self-test failed; the server's log says why.", "上次自我測試失敗，原因見伺服器記錄。";
    selftest_summary: "Total: bias {bias} ms, 95 % within {p95} ms, {turns} turns", "總計：偏差 {bias} 毫秒，95 % 在 {p95} 毫秒內，{turns} 輪";
    selftest_certificate: "Certificate", "測試證明";
    selftest_taken: "{date}, Viva {version}", "{date}，Viva {version}";
    selftest_turns_failed: "Turns that failed: {n}", "失敗 {n} 輪";
    selftest_bias: "bias", "偏差";
    selftest_worst: "worst", "最差";
    selftest_explained: "Reported less programmed, with providers whose delays are known; the total against what a caller heard. Your microphone and loudspeaker are not in it.", "回報值減去設定值，供應者的延遲為已知；總計則與呼叫端所聽到的相比。不含你的麥克風與喇叭。";
    turns_estimated: "Estimated by the server, because no playback was reported: {n}", "{n} 輪因未回報播放而由伺服器估計";
    totals_short: "It is not known when your voice was captured, so totals are too short.", "無法得知你的聲音何時收錄，因此總計偏短。";
    statistics: "All turns", "所有回合";
    chart_label: "Total latency of the last {n} turns, at most {max} ms", "最近 {n} 輪的總延遲，最高 {max} 毫秒";
    total_of_interrupted: "Total, interrupted", "總計（被打斷）";
    time_to_silence: "Until silence", "到靜音為止";
    turns_interrupted: "interrupted, counted apart: {n}", "{n} 輪被打斷，另計";

    summary: "Session summary", "對話摘要";
    summary_turns: "Turns", "輪數";
    summary_duration: "Duration", "時長";
    summary_interrupted: "Interrupted", "被打斷";
    summary_none: "No answer was timed in this session.", "本次沒有測到回答延遲。";

    start: "Start", "開始";
    start_again: "Start again", "重新開始";
    end: "End", "結束";
    cancel: "Cancel", "取消";
    interrupt: "Interrupt", "打斷";
    mute: "Mute", "靜音";
    microphone: "Microphone", "麥克風";
    speaker: "Speaker", "喇叭";
    earlier_device: "Chosen earlier, not connected", "先前選擇的裝置（未連接）";
    default_device: "System default", "系統預設";
    devices_group: "Devices", "裝置";
    shortcuts: "Space: start, or end your turn · Esc: interrupt · M: mute", "空白鍵：開始/說完 · Esc：打斷 · M：靜音";
    controls: "Controls", "控制列";

    problem_denied: "The browser does not let this page use the microphone", "瀏覽器不允許此頁面使用麥克風";
    problem_denied_hint: "Nothing is broken and nothing was recorded. Allow the microphone as below, then try again.", "沒有任何損壞，也沒有錄音。請依下列步驟允許麥克風，然後再試一次。";
    problem_missing: "No microphone was found", "找不到麥克風";
    problem_missing_hint: "Plug one in or switch it on, check the system’s sound settings, then try again.", "請接上或開啟麥克風，檢查系統的音效設定，然後再試一次。";
    problem_busy: "The microphone is busy", "麥克風正被使用";
    problem_busy_hint: "Another program holds it. Close calls and recorders, then try again.", "其他程式正在使用。請關閉通話或錄音程式，然後再試一次。";
    problem_insecure: "This address cannot use a microphone", "此網址無法使用麥克風";
    problem_insecure_hint: "Browsers allow microphones only over https:// or on this computer (http://127.0.0.1). Open the page there.", "瀏覽器只允許 https:// 或本機（http://127.0.0.1）使用麥克風，請改用該網址。";
    help_chrome: "Click the icon at the left of the address. Switch Microphone on. On Android: the lock, then Permissions.", "點選網址左側的圖示，開啟「麥克風」。Android：點鎖頭，再點「權限」。";
    help_edge: "Click the lock at the left of the address, then Permissions for this site. Set Microphone to Allow.", "點選網址左側的鎖頭，再點「此網站的權限」，將麥克風設為「允許」。";
    help_firefox: "Click the crossed-out microphone at the left of the address and remove the block with the ×.", "點選網址左側畫斜線的麥克風圖示，按 × 移除封鎖。";
    help_safari: "Menu Safari → Settings → Websites → Microphone. Set this site to Allow. Check also System Settings → Privacy & Security → Microphone.", "選單 Safari → 設定 → 網站 → 麥克風，將此網站設為「允許」。並檢查系統設定 → 隱私權與安全性 → 麥克風。";
    help_ios: "Tap the icon at the left of the address → Website Settings → Microphone → Allow. Other browsers: Settings → the browser → Microphone.", "點網址左側圖示 → 網站設定 → 麥克風 → 允許。其他瀏覽器：設定 → 該瀏覽器 → 麥克風。";
    this_browser: "this browser", "目前的瀏覽器";
    try_again: "Try again", "再試一次";
    dismiss: "Dismiss", "知道了";

    not_live: "This page did not load completely, so nothing on it works. Is the server running? Reload the page.", "此頁面未完整載入，因此無法操作。伺服器是否在執行？請重新載入。";
    kept_all: "What was said and measured is kept on this page.", "已說的內容與測得的數據仍保留在本頁。";
    msg_utterance_near: "You have spoken for long: in ten seconds your turn ends by itself.", "你已說了很久，十秒後將自動結束這一輪。";
    msg_utterance_reached: "Your turn reached its limit and was ended.", "這一輪已達時間上限，自動結束。";
    msg_microphone_quiet: "Your voice is too quiet to be understood well.", "你的聲音太小，難以辨識。";
    msg_slow_client: "This computer or its network does not keep up.", "此電腦或網路跟不上。";
    msg_audio_dropped: "Some of your audio came too fast and was dropped.", "部分語音傳送過快而被捨棄。";
    msg_recording_failed: "This turn’s audio could not be stored. The conversation goes on.", "本輪語音無法儲存，對話仍繼續。";
    msg_storage_delayed: "A finished turn is not stored yet; it is kept and tried again.", "已完成的一輪尚未儲存，會保留並重試。";
    msg_idle_near: "Nothing happens; the session ends soon.", "沒有動靜，對話即將結束。";
    msg_answer_stalled: "The AI is speaking, but no audio comes. Still waiting for it.", "AI 正在回答，但沒有聲音傳來，仍在等待。";
    msg_resume_incomplete: "The connection is back; some of what was sent meanwhile is lost.", "已恢復連線，期間部分內容遺失。";
    msg_model_retired: "The provider’s last day for this model is over. It may stop to answer; choose another one.", "服務已公告停用此模型，可能隨時無法回應，請改選其他模型。";
    msg_unreachable: "The server cannot be reached. Is it running?", "無法連上伺服器，它是否在執行？";
    msg_lost: "The connection is lost: three attempts failed.", "連線中斷：三次重試皆失敗。";
    msg_signed_out: "You are signed out.", "你已登出。";
    sign_in: "Sign in", "登入";
    msg_expired: "The connection is back, but the session is over.", "已恢復連線，但對話已結束。";
    msg_replaced: "This session goes on in another window.", "此對話已在另一個視窗繼續。";
    msg_ended_disconnected: "The server ended the session.", "伺服器結束了對話。";
    msg_ended_idle: "Nothing happened for a long time, so the session ended.", "長時間沒有動靜，對話已結束。";
    msg_ended_error: "The session could not go on.", "對話無法繼續。";
    msg_ended_superseded: "Another session was started, so this one ended.", "已開始另一場對話，因此本場結束。";
    msg_audio_unsupported: "This browser cannot record and play as the page needs it. Use a current Chrome, Edge, Firefox or Safari.", "此瀏覽器無法依本頁需要錄放音，請使用最新的 Chrome、Edge、Firefox 或 Safari。";
    msg_microphone_changed: "The microphone changed. The session goes on with the new one.", "麥克風已更換，對話以新的麥克風繼續。";
    msg_microphone_lost: "The microphone went away. Plug one in and choose it; the session is still open.", "麥克風已中斷。請接上並選擇一個；對話仍在進行。";
    msg_microphone_denied: "The microphone is no longer allowed. Allow it again in the browser, then try again; the session is still open.", "麥克風不再被允許。請在瀏覽器重新允許後再試一次；對話仍在進行。";
    msg_microphone_busy: "Another program holds the microphone. Close it, then try again; the session is still open.", "其他程式正在使用麥克風。請關閉該程式後再試一次；對話仍在進行。";
    msg_speaker_changed: "The chosen speaker is not connected. The sound went over to the system default.", "所選的喇叭未連接，聲音已改由系統預設的喇叭播放。";
    msg_speaker_unusable: "The chosen speaker cannot be used. Sound plays where it did before.", "無法使用所選的喇叭，聲音仍由原來的裝置播放。";
    msg_audio_stopped: "The browser has stopped the sound, as it does during a call. It goes on by itself as soon as it may.", "瀏覽器已暫停聲音（例如通話中），可用時會自動繼續。";
    msg_echo_not_cancelled: "The browser does not cancel echo on this microphone. Use headphones, or the AI may interrupt itself.", "瀏覽器未對此麥克風消除回音。請使用耳機，否則 AI 可能被自己的聲音打斷。";
    msg_not_loaded: "The page’s files for audio did not load. Is the server running?", "無法載入本頁的音訊檔案，伺服器是否在執行？";
    offer: "The realtime provider cannot go on.", "即時服務無法繼續。";
    offer_kept: "What was said so far is carried over, also the turn you are in.", "目前的對話與你正在說的這一輪都會保留並接續。";
    go_on_cascade: "Go on in cascade", "以串接模式繼續";
    go_on_realtime: "Go on in realtime", "以即時模式繼續";
    msg_switched: "The conversation goes on with another setup.", "對話已改用另一組設定繼續。";
    msg_replay_failed: "This recording cannot be played.", "無法播放此錄音。";
    err_auth: "You are not signed in.", "尚未登入。";
    err_config: "This setup cannot work. Change it and start again.", "此設定無法運作，請修改後重新開始。";
    err_credential_missing: "The provider needs a key and none is stored.", "此服務需要金鑰，但尚未儲存。";
    err_credential_invalid: "The provider refused the key.", "服務拒絕了金鑰。";
    err_provider_unavailable: "The provider cannot be reached.", "無法連上服務。";
    err_provider: "The provider failed.", "服務發生錯誤。";
    err_quota: "The provider’s quota is used up.", "服務的額度已用完。";
    err_rate: "Too many requests. Wait a moment.", "請求過多，請稍候。";
    err_other: "The server reported a problem.", "伺服器回報了問題。";
}

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::TraditionalChinese => &CHINESE,
        }
    }
}

/// What a view says in the language of the page, now and when it changes.
pub fn say(pick: fn(&Words) -> &'static str) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
    let preferences = expect_context::<Preferences>();
    move || pick(preferences.words())
}

/// Puts values into the `{places}` of a text.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn both_languages_have_the_same_places() {
        for (key, english, chinese) in PAIRS {
            assert_eq!(places(english), places(chinese), "{key}");
        }
    }

    #[test]
    fn nothing_is_empty_and_chinese_has_full_width_punctuation() {
        for (key, english, chinese) in PAIRS {
            assert!(!english.is_empty() && !chinese.is_empty(), "{key}");
            let wide = !chinese.is_ascii();
            assert!(!(wide && chinese.ends_with('.')), "{key}");
        }
    }

    #[test]
    fn places_are_filled() {
        assert_eq!(fill("{a} of {b}", &[("a", "1"), ("b", "3")]), "1 of 3");
    }
}
