use rstest::rstest;

use super::*;

fn account() -> Account {
    Account {
        provider: "acme".to_owned(),
        base_url: "https://a.example".parse().unwrap(),
        api_key: Some("sk-hidden".into()),
        organization: None,
    }
}

fn kind(status: u16, body: &str) -> ProviderErrorKind {
    let status = StatusCode::from_u16(status).ok();
    let err = Complaint::parse(body.as_bytes()).into_error(&account(), status);
    assert_eq!(err.provider, "acme");
    err.kind
}

#[rstest]
#[case::openai(401, r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#, ProviderErrorKind::CredentialInvalid)]
#[case::openai(429, r#"{"error":{"message":"You exceeded your quota","type":"insufficient_quota","code":"insufficient_quota"}}"#, ProviderErrorKind::QuotaExceeded)]
#[case::openai(
    429,
    r#"{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}"#,
    ProviderErrorKind::RateLimited
)]
#[case::openai(404, r#"{"error":{"message":"no x","type":"invalid_request_error","code":"model_not_found"}}"#, ProviderErrorKind::InvalidConfig("no x".into()))]
#[case::openai(400, r#"{"error":{"message":"bad","type":"invalid_request_error","param":"temperature","code":null}}"#, ProviderErrorKind::InvalidConfig("bad".into()))]
#[case::openai(400, r#"{"error":{"message":"bad","param":"session.audio.input.transcription.delay","code":"invalid_value"}}"#, ProviderErrorKind::InvalidConfig("bad".into()))]
#[case::openai(400, r#"{"error":{"message":"bad","param":"messages[0].content"}}"#, ProviderErrorKind::Failed("bad".into()))]
#[case::openai(
    429,
    r#"{"error":{"message":"x","type":"invalid_request_error","code":"credit_balance_exhausted"}}"#,
    ProviderErrorKind::QuotaExceeded
)]
#[case::openai(
    400,
    r#"{"error":{"message":"x","type":"invalid_request_error","code":"account_deactivated"}}"#,
    ProviderErrorKind::CredentialInvalid
)]
#[case::openai(
    500,
    r#"{"error":{"message":"oops","type":"server_error"}}"#,
    ProviderErrorKind::Unavailable
)]
#[case::gemini(400, r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}"#, ProviderErrorKind::CredentialInvalid)]
#[case::gemini(
    429,
    r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"x"}}]"#,
    ProviderErrorKind::RateLimited
)]
#[case::gemini(404, r#"{"error":{"code":404,"status":"NOT_FOUND","message":"models/x is not found"}}"#, ProviderErrorKind::InvalidConfig("models/x is not found".into()))]
#[case::gemini(
    503,
    r#"{"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}"#,
    ProviderErrorKind::Unavailable
)]
#[case::anthropic(404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#, ProviderErrorKind::InvalidConfig("model: x".into()))]
#[case::anthropic(
    400,
    r#"{"type":"error","error":{"type":"billing_error","message":"x"}}"#,
    ProviderErrorKind::QuotaExceeded
)]
#[case::anthropic(
    529,
    r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#,
    ProviderErrorKind::Unavailable
)]
#[case::elevenlabs(
    401,
    r#"{"detail":{"status":"quota_exceeded","message":"x"}}"#,
    ProviderErrorKind::QuotaExceeded
)]
#[case::elevenlabs(404, r#"{"detail":{"status":"voice_not_found","message":"A voice"}}"#, ProviderErrorKind::InvalidConfig("A voice".into()))]
#[case::azure(400, "Unsupported voice en-US-Nobody.", ProviderErrorKind::InvalidConfig("Unsupported voice en-US-Nobody.".into()))]
#[case::azure(400, "Invalid SSML", ProviderErrorKind::Failed("Invalid SSML".into()))]
#[case::cartesia(
    429,
    r#"{"title":"Stop","message":"x","error_code":"quota_exceeded"}"#,
    ProviderErrorKind::QuotaExceeded
)]
#[case::fastapi(422, r#"{"detail":[{"loc":["body"],"msg":"field required","type":"missing"}]}"#, ProviderErrorKind::Failed("field required".into()))]
#[case::deepgram(
    401,
    r#"{"err_code":"INVALID_AUTH","err_msg":"x"}"#,
    ProviderErrorKind::CredentialInvalid
)]
#[case::deepgram(
    402,
    r#"{"err_code":"ASR_PAYMENT_REQUIRED","err_msg":"x"}"#,
    ProviderErrorKind::QuotaExceeded
)]
#[case::ollama(404, r#"{"error":"model 'x' not found"}"#, ProviderErrorKind::InvalidConfig("model 'x' not found".into()))]
#[case::speaches(
    403,
    r#"{"detail":"Invalid API key. The provided API key is incorrect."}"#,
    ProviderErrorKind::CredentialInvalid
)]
#[case::kokoro(400, r#"{"detail":{"error":"invalid_model","message":"Unsupported model: x","type":"invalid_request_error"}}"#, ProviderErrorKind::InvalidConfig("Unsupported model: x".into()))]
#[case::vllm(404, r#"{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":"model","code":404}}"#, ProviderErrorKind::InvalidConfig("The model `x` does not exist.".into()))]
#[case::llama_cpp(
    503,
    r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
    ProviderErrorKind::Unavailable
)]
#[case::llama_cpp(501, r#"{"error":{"code":501,"message":"no audio","type":"not_supported_error"}}"#, ProviderErrorKind::InvalidConfig("no audio".into()))]
#[case::whisper_cpp(400, r#"{"error":"no 'file' field in the request"}"#, ProviderErrorKind::Failed("no 'file' field in the request".into()))]
#[case::proxy(502, "<html>Bad gateway</html>", ProviderErrorKind::Unavailable)]
#[case::proxy(404, "<html>Not found</html>", ProviderErrorKind::Failed("<html>Not found</html>".into()))]
#[case::redirect(302, "", ProviderErrorKind::Failed("it answered 302 without a reason".into()))]
#[case::timeout(408, "", ProviderErrorKind::Unavailable)]
#[case::conflict(409, "", ProviderErrorKind::Unavailable)]
#[case::forbidden(403, "", ProviderErrorKind::CredentialForbidden)]
#[case::openai(403, r#"{"error":{"message":"no access to x","type":"invalid_request_error","code":"model_not_found"}}"#, ProviderErrorKind::InvalidConfig("no access to x".into()))]
#[case::openai(
    403,
    r#"{"error":{"message":"x","type":"invalid_request_error","code":"invalid_api_key"}}"#,
    ProviderErrorKind::CredentialInvalid
)]
#[case::anthropic(
    403,
    r#"{"type":"error","error":{"type":"permission_error","message":"x"}}"#,
    ProviderErrorKind::CredentialForbidden
)]
#[case::elevenlabs(
    401,
    r#"{"detail":{"status":"missing_permissions","message":"x"}}"#,
    ProviderErrorKind::CredentialForbidden
)]
#[case::too_many(429, "null", ProviderErrorKind::RateLimited)]
fn failures_are_sorted(#[case] status: u16, #[case] body: &str, #[case] expected: ProviderErrorKind) {
    assert_eq!(kind(status, body), expected);
}

#[rstest]
#[case("overloaded_error", ProviderErrorKind::Unavailable)]
#[case("INVALID_AUTH", ProviderErrorKind::CredentialInvalid)]
#[case("rate_limit_exceeded", ProviderErrorKind::RateLimited)]
#[case("voice_not_found", ProviderErrorKind::InvalidConfig("why".into()))]
#[case("odd", ProviderErrorKind::Failed("why".into()))]
fn complaints_without_a_status_are_sorted_by_their_code(
    #[case] code: &str,
    #[case] expected: ProviderErrorKind,
) {
    assert_eq!(Complaint::new(code, "why").kind(None), expected);
}

#[test]
fn keys_and_long_messages_do_not_get_out() {
    let body = format!("bad key sk-hidden\n\u{7}{}sk-hidden", "é".repeat(400));
    let err = Complaint::parse(body.as_bytes()).into_error(&account(), Some(StatusCode::BAD_REQUEST));
    let ProviderErrorKind::Failed(message) = &err.kind else {
        panic!("{err:?}");
    };
    assert!(message.starts_with("bad key [key] é"), "{message}");
    assert_eq!(message.chars().count(), MAX_MESSAGE_CHARS + 1);
    let source = err.source.as_ref().unwrap().to_string();
    assert!(
        source.starts_with("it answered 400 Bad Request: bad key [key]"),
        "{source}"
    );
    assert!(!format!("{err:?}").contains("hidden"));
}

#[test]
fn a_delay_in_the_message_is_found() {
    let body = r#"{"error":{"details":[{"x":1},{"retryDelay":"1.5s"}]}}"#;
    assert_eq!(
        Complaint::parse(body.as_bytes()).retry_after,
        Some(Duration::from_millis(1_500))
    );
}

#[test]
fn words_in_malformed_messages_do_not_get_out() {
    let source = serde_json::from_str::<u8>("\"secret\"").unwrap_err();
    let err = malformed("acme", &source);
    assert!(!format!("{err:?}").contains("secret"), "{err:?}");
}
