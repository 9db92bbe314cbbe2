//! What answers mean.

use std::time::Duration;

use rstest::rstest;
use viva_domain::credentials::CredentialRefusal::{self, BadKey, Forbidden, QuotaExceeded};
use viva_fakes::vendors::keys::KeyVendor::{
    Anthropic, AssemblyAi, AzureOpenAi, AzureSpeech, Cartesia, Deepgram, ElevenLabs, Gemini, GoogleSpeech,
    OpenAi, Speechmatics, VoAi,
};
use viva_fakes::vendors::keys::{KeyAnswer, KeyVendor};

use super::answered;
use crate::providers::check::WrongAddress::{self, NotFound, NotTheVendor, Redirect, Region};
use crate::providers::check::answer::VENDOR_TROUBLE;

fn trouble() -> CredentialRefusal {
    CredentialRefusal::Failed(VENDOR_TROUBLE.to_owned())
}

#[rstest]
#[case(OpenAi, 401, "invalid_api_key", BadKey)]
#[case(OpenAi, 401, "account_deactivated", BadKey)]
#[case(OpenAi, 401, "ip_not_authorized", Forbidden)]
#[case(OpenAi, 403, "", Forbidden)]
#[case(OpenAi, 429, "insufficient_quota", QuotaExceeded)]
#[case(
    OpenAi,
    403,
    "unsupported_country_region_territory",
    Region.into()
)]
#[case(OpenAi, 404, "unknown_url", NotFound.into())]
#[case(OpenAi, 500, "server_error", trouble())]
#[case(AzureOpenAi, 401, "401", BadKey)]
#[case(AzureOpenAi, 403, "AccessDenied", Forbidden)]
#[case(AzureOpenAi, 404, "404", NotFound.into())]
#[case(Anthropic, 401, "authentication_error", BadKey)]
#[case(Anthropic, 403, "permission_error", Forbidden)]
#[case(Anthropic, 400, "billing_error", QuotaExceeded)]
#[case(Anthropic, 404, "not_found_error", NotFound.into())]
#[case(Anthropic, 529, "overloaded_error", trouble())]
#[case(Gemini, 400, "API_KEY_INVALID", BadKey)]
#[case(Gemini, 403, "API_KEY_SERVICE_BLOCKED", Forbidden)]
#[case(Gemini, 503, "UNAVAILABLE", trouble())]
#[case(Deepgram, 401, "INVALID_AUTH", BadKey)]
#[case(Deepgram, 402, "ASR_PAYMENT_REQUIRED", QuotaExceeded)]
#[case(Deepgram, 403, "FORBIDDEN", Forbidden)]
#[case(ElevenLabs, 401, "invalid_api_key", BadKey)]
#[case(ElevenLabs, 401, "quota_exceeded", QuotaExceeded)]
#[case(ElevenLabs, 403, "only_for_creator+", Forbidden)]
#[case(AssemblyAi, 401, "", BadKey)]
#[case(AssemblyAi, 402, "", QuotaExceeded)]
#[case(Speechmatics, 401, "", BadKey)]
#[case(Speechmatics, 403, "", Forbidden)]
#[case(Cartesia, 401, "invalid_api_key", BadKey)]
#[case(Cartesia, 402, "payment_required", QuotaExceeded)]
#[case(Cartesia, 403, "", Forbidden)]
#[case(AzureSpeech, 401, "401", BadKey)]
#[case(AzureSpeech, 403, "403", Forbidden)]
#[case(AzureSpeech, 404, "404", NotFound.into())]
#[case(GoogleSpeech, 400, "API_KEY_INVALID", BadKey)]
#[case(GoogleSpeech, 403, "API_KEY_IP_ADDRESS_BLOCKED", Forbidden)]
#[case(GoogleSpeech, 503, "UNAVAILABLE", trouble())]
#[case(VoAi, 401, "unauthorized", BadKey)]
#[case(VoAi, 500, "", trouble())]
#[tokio::test]
async fn refusals_are_told_apart(
    #[case] vendor: KeyVendor,
    #[case] status: u16,
    #[case] code: &str,
    #[case] refusal: CredentialRefusal,
) {
    let answer = KeyAnswer::refusing(status, code, "because");
    assert_eq!(answered(vendor, answer).await, Err(refusal));
}

/// A key that may not do this, and is known: what it is for it may do.
#[rstest]
#[case(OpenAi, 401, "", "You lack permissions. Missing scopes: api.model.read.")]
#[case(OpenAi, 403, "missing_scope", "no")]
#[case(Deepgram, 403, "INSUFFICIENT_PERMISSIONS", "no")]
#[case(ElevenLabs, 401, "missing_permissions", "user_read is missing")]
#[case(GoogleSpeech, 403, "API_KEY_SERVICE_BLOCKED", "no")]
#[case(GoogleSpeech, 403, "SERVICE_DISABLED", "no")]
#[tokio::test]
async fn a_restricted_key_is_no_bad_key(
    #[case] vendor: KeyVendor,
    #[case] status: u16,
    #[case] code: &str,
    #[case] message: &str,
) {
    let answer = KeyAnswer::refusing(status, code, message);
    assert_eq!(answered(vendor, answer).await, Ok(()));
}

#[rstest]
#[case(OpenAi, 401, "Wrong regional hostname, go to us.api.example")]
#[case(Gemini, 400, "User location is not supported here")]
#[tokio::test]
async fn another_region_is_told(#[case] vendor: KeyVendor, #[case] status: u16, #[case] message: &str) {
    let answer = KeyAnswer::refusing(status, "", message);
    assert_eq!(answered(vendor, answer).await, Err(Region.into()));
}

#[tokio::test]
async fn a_pause_is_passed_on_and_not_made() {
    for vendor in KeyVendor::ALL {
        let answer = KeyAnswer::refusing(429, "rate_limit_exceeded", "slower");
        let wait = Duration::from_secs(7);
        let refusal = answered(vendor, answer.clone().asking_again_after(wait)).await;
        let retry_after = Some(wait);
        assert_eq!(
            refusal,
            Err(CredentialRefusal::RateLimited { retry_after }),
            "{vendor:?}"
        );
        let refusal = answered(vendor, answer).await;
        assert_eq!(refusal, Err(CredentialRefusal::RateLimited { retry_after: None }));
    }
}

#[rstest]
#[case::page(200, "<!doctype html><title>Sign in</title>", NotTheVendor)]
#[case::nothing(200, "", NotTheVendor)]
#[case::no_content(204, "", NotTheVendor)]
#[case::text(200, "\"data\"", NotTheVendor)]
#[case::another_api(200, r#"{"status":"ok"}"#, NotTheVendor)]
#[case::an_error_as_success(200, r#"{"error":{"message":"no"}}"#, NotTheVendor)]
#[case::cut(200, r#"{"data":[{"id":"#, NotTheVendor)]
#[case::two_answers(200, r#"{"data":[]}{"data":[]}"#, NotTheVendor)]
#[case::no_page(404, "<html>Not found</html>", NotFound)]
#[case::not_that_way(405, "", NotFound)]
#[case::gone(410, "", NotFound)]
#[case::teapot(418, "", NotTheVendor)]
#[case::plain_http(400, "Client sent an HTTP request to an HTTPS server.", NotTheVendor)]
#[tokio::test]
async fn somebody_else_is_not_the_vendor(#[case] status: u16, #[case] body: &str, #[case] why: WrongAddress) {
    let answer = KeyAnswer::foreign(status, body);
    assert_eq!(answered(OpenAi, answer).await, Err(why.into()));
}

#[tokio::test]
async fn the_account_of_another_vendor_is_not_the_vendors() {
    let answer = || KeyAnswer::foreign(200, r#"{"data":[]}"#);
    for vendor in [OpenAi, AzureOpenAi, Anthropic, VoAi] {
        assert_eq!(answered(vendor, answer()).await, Ok(()), "{vendor:?}");
    }
    for vendor in [Gemini, ElevenLabs] {
        assert_eq!(
            answered(vendor, answer()).await,
            Err(NotTheVendor.into()),
            "{vendor:?}"
        );
    }
}

#[tokio::test]
async fn a_complaint_that_claims_success_is_no_answer() {
    for vendor in [OpenAi, Gemini, ElevenLabs, VoAi] {
        let answer = KeyAnswer::foreign(200, r#"{"message":"Who are you?"}"#);
        let asked = answered(vendor, answer).await;
        assert_eq!(asked, Err(NotTheVendor.into()), "{vendor:?}");
    }
}

#[tokio::test]
async fn a_compatible_server_may_send_the_list_alone() {
    let answer = KeyAnswer::foreign(200, r#"[{"id":"m"}]"#);
    assert_eq!(answered(OpenAi, answer).await, Ok(()));
    let answer = KeyAnswer::foreign(200, "[]");
    assert_eq!(answered(Deepgram, answer).await, Err(NotTheVendor.into()));
}

#[rstest]
#[tokio::test]
async fn nobody_is_followed_to_another_address(#[values(301, 302, 303, 307, 308)] status: u16) {
    for to in [
        "http://169.254.169.254/latest",
        "https://elsewhere.example/v1/models",
        "/v1/engines",
    ] {
        let answer = KeyAnswer::foreign(status, "").with("location", to);
        assert_eq!(answered(OpenAi, answer).await, Err(Redirect.into()), "{to}");
    }
}

#[rstest]
#[case(500)]
#[case(502)]
#[case(503)]
#[case(504)]
#[tokio::test]
async fn a_gateways_page_is_trouble_of_the_vendor(#[case] status: u16) {
    let answer = KeyAnswer::foreign(status, "<html>Bad gateway</html>");
    assert_eq!(answered(Gemini, answer).await, Err(trouble()));
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    assert_eq!(
        answered(OpenAi, KeyAnswer::endless()).await,
        Err(NotTheVendor.into())
    );
}
