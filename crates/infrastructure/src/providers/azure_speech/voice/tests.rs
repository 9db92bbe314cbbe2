//! Against a server that speaks as Azure does.

use rstest::rstest;
use serde_json::json;
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::speech::{SpeechScript, SpeechVendor};

use super::{AzureTextToSpeech, FORMAT};
use crate::providers::Defaults;
use crate::providers::testing::{account, config};
use crate::providers::transport::HttpLimits;
use crate::providers::transport::speech_cases::{Bench, KEY, http, http_speech_tests, impatient};

fn adapter(base_url: &str, key: Option<&str>, limits: HttpLimits) -> AzureTextToSpeech {
    let defaults = Defaults {
        model: None,
        voice: Some("anna".to_owned()),
    };
    AzureTextToSpeech::new(account(base_url, key), http(limits), defaults)
}

async fn bench(script: SpeechScript, limits: HttpLimits) -> Bench {
    Bench::start(SpeechVendor::Azure, script, |base_url| {
        adapter(base_url, Some(KEY), limits)
    })
    .await
}

async fn azure(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let bench = bench(SpeechScript::default(), impatient()).await;
    case(&*bench.tts, bench.config).await;
}

text_to_speech_contract!(azure);
// A used-up quota is refused in no words that are known.
http_speech_tests!(bench:
    every_sample_arrives_wherever_the_bytes_are_cut,
    the_first_byte_comes_when_the_vendor_sends_it,
    dropping_the_speech_hangs_up_at_once,
    dropping_what_did_not_begin_hangs_up,
    cancelling_often_leaves_nothing_open,
    a_refused_key_is_told_at_once,
    a_vendor_that_asks_for_a_little_time_gets_it,
    a_vendor_that_asks_for_much_time_is_not_asked_again,
    a_failing_vendor_is_asked_again_and_then_told,
    speech_that_breaks_off_fails_once,
    speech_that_stalls_is_given_up,
    speech_can_be_empty,
    a_vendor_that_does_not_answer_is_given_up,
    nobody_there_is_unavailable,
    text_is_no_speech,
    what_was_configured_wrong_is_said,
    the_key_is_nowhere_but_in_its_header,
);

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    let (samples, _) = bench.listen("1 < 2 & \"so\"").await;
    assert_eq!(samples.len(), 12 * 1_440, "each character is spoken");
    bench.config = ProviderConfig {
        voice: Some("ben".to_owned()),
        language: Some("zh-TW".to_owned()),
        ..config(&[("speed", "1.5"), ("style", "\"cheerful\"")])
    };
    bench.listen("你好").await;
    let requests = bench.server.requests();
    assert_eq!(requests[0].target, "/cognitiveservices/v1");
    let bodies = [
        "<speak version='1.0' xml:lang='en-US'><voice name='anna'>1 &lt; 2 &amp; &quot;so&quot;</voice></speak>",
        "<speak version='1.0' xml:lang='zh-TW' xmlns:mstts='http://www.w3.org/2001/mstts'><voice \
         name='ben'><mstts:express-as style='cheerful'><prosody rate='1.5'>你好</prosody></mstts:express-as>\
         </voice></speak>",
    ];
    for (request, body) in requests.iter().zip(bodies) {
        assert_eq!(request.body, json!(body));
    }
}

#[tokio::test]
async fn azure_itself_is_not_asked_without_a_key() {
    let tts = adapter("https://eastus.api.cognitive.microsoft.com", None, impatient());
    let request = TextToSpeechRequest {
        config: config(&[]),
        text: "Hi".to_owned(),
        previous_text: String::new(),
    };
    let err = tts.speak(request).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::CredentialMissing);
}

#[rstest]
#[case(config(&[("speed", "2.1")]), "options.speed must be a number from 0.5 to 2")]
#[case(config(&[("style", "\"a'b\"")]), "options.style must be a name of letters, digits and \"-\"")]
#[case(config(&[("pitch", "1")]), "options.pitch is unknown; there are speed, style")]
#[case(ProviderConfig { model: Some("m".to_owned()), ..config(&[]) }, "model \"m\" is not taken; a voice has one of its own")]
#[case(ProviderConfig { voice: Some("a'/><b".to_owned()), ..config(&[]) }, "voice \"a'/><b\" is no voice id such as en-US-AvaMultilingualNeural")]
fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let tts = adapter("http://127.0.0.1:1", None, impatient());
    let err = tts.resolve(&config).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

/// The server is as strict as the vendor, or stricter; else these tests would prove little.
#[tokio::test]
async fn the_server_refuses_what_the_vendor_would() {
    let bench = bench(SpeechScript::default(), impatient()).await;
    let client = reqwest::Client::builder().no_proxy().user_agent("test");
    let client = client.build().unwrap();
    let url = format!("{}/cognitiveservices/v1", bench.server.base_url());
    let status = async |kind: &str, format: &str, body: &str| {
        let request = client.post(&url).header("ocp-apim-subscription-key", KEY);
        let request = request
            .header("content-type", kind)
            .header("x-microsoft-outputformat", format);
        request
            .body(body.to_owned())
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let of = |voice: &str| format!("<speak version='1.0' xml:lang='en-US'>{voice}</speak>");
    let kind = "application/ssml+xml";
    let right = of("<voice name='anna'>Hi</voice>");
    assert_eq!(status(kind, FORMAT, &right).await, 200);
    assert_eq!(status("text/plain", FORMAT, &right).await, 415);
    assert_eq!(status(kind, "riff-24khz-16bit-mono-pcm", &right).await, 400);
    for wrong in [
        of("<voice name='anna'>1 & 2</voice>"),
        of("<voice name='anna'>Hi</voice><voice name='ben'>Ho</voice>"),
        of("<voice name='nosuch'>Hi</voice>"),
        of("<voice name='anna'><mstts:express-as style='x'>Hi</mstts:express-as></voice>"),
        right.replace("en-US", "en"),
    ] {
        assert_eq!(status(kind, FORMAT, &wrong).await, 400, "{wrong}");
    }
}
