use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use viva_protocol::problem::{PROBLEM_JSON, Problem};
use viva_protocol::rest::{
    AuditEntry, Credential, CredentialContent, CredentialList, DuplicateTemplate, LatencyStats, Page,
    ProviderList, SelfTest, SessionDeletion, SessionDeletions, SessionDetail, SessionPage, SessionSelection,
    Template, TemplateContent, Turn, VoiceList,
};

use crate::ClientError;

/// How long the server may take to accept a connection.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long a REST answer may take, recordings included.
const REQUEST_LIMIT: Duration = Duration::from_mins(1);

/// Items per page when a whole list is wanted: as many as the server gives.
const PAGE_SIZE: &str = "100";

/// Where templates are.
const TEMPLATES: &str = "/api/v1/interaction/templates";

/// Where provider keys are.
const CREDENTIALS: &str = "/api/v1/credentials";

/// Talks to one server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    /// The value of the `Authorization` header; marked as sensitive, so that nothing prints it.
    pub(crate) authorization: Option<HeaderValue>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// Whose recording of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What the user said.
    User,
    /// What the AI answered.
    Ai,
}

impl Client {
    /// Prepares a client for the server at `base_url`, such as `http://127.0.0.1:8080`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::Address`] when `base_url` is no `http://` or `https://` URL, [`ClientError::Answer`] when it is
    /// `https://` and the system has no certificates to trust.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let invalid = || ClientError::Address {
            address: base_url.to_owned(),
        };
        let base = Url::parse(base_url).map_err(|_| invalid())?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(invalid());
        }
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("viva-client/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_LIMIT)
            .timeout(REQUEST_LIMIT);
        if base.scheme() == "http" {
            // Nothing is encrypted, so nobody has to be trusted; a small system has no certificates at all.
            http = http.tls_certs_only([]);
        }
        let http = http
            .build()
            .map_err(|err| ClientError::Answer { source: err.into() })?;
        Ok(Self {
            http,
            base,
            authorization: None,
        })
    }

    /// The same client, signed in with an API token.
    ///
    /// # Errors
    /// [`ClientError::Token`] when a header cannot carry the token.
    pub fn with_token(mut self, token: &str) -> Result<Self, ClientError> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| ClientError::Token)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// Answers where the server can take sessions.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 503 where it cannot, and as every request.
    pub async fn ready(&self) -> Result<(), ClientError> {
        self.send(self.http.get(self.url("/readyz")?)).await.map(drop)
    }

    /// Who can play which role.
    ///
    /// # Errors
    /// [`ClientError`], like every request.
    pub async fn providers(&self) -> Result<ProviderList, ClientError> {
        self.get("/api/v1/interaction/providers").await
    }

    /// The voices of a text-to-speech provider, as it lists them itself where it does.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 404 when there is no such provider.
    pub async fn voices(&self, provider: &str) -> Result<VoiceList, ClientError> {
        self.get(&format!("/api/v1/interaction/providers/{provider}/voices"))
            .await
    }

    /// One page of one's own sessions, newest first. `wanted` are the parameters of the request, such as `page` and `q`.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 400 when one makes no sense.
    pub async fn sessions(&self, wanted: &[(&str, &str)]) -> Result<SessionPage, ClientError> {
        let mut url = self.url("/api/v1/interaction/sessions")?;
        url.query_pairs_mut().extend_pairs(wanted);
        understood(&self.send(self.http.get(url)).await?)
    }

    /// A session with its turns.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 404 when the id is unknown or somebody else's.
    pub async fn session(&self, id: Uuid) -> Result<SessionDetail, ClientError> {
        self.get(&format!("/api/v1/interaction/sessions/{id}")).await
    }

    /// Deletes a session with its turns and recordings.
    ///
    /// # Errors
    /// As [`Client::session`], and [`ClientError::Problem`] with status 409 when it goes on.
    pub async fn delete_session(&self, id: Uuid) -> Result<(), ClientError> {
        let url = self.url(&format!("/api/v1/interaction/sessions/{id}"))?;
        self.send(self.http.delete(url)).await.map(|_| ())
    }

    /// Deletes up to 100 sessions, and says what came of each.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 400 when there are none or too many.
    pub async fn delete_sessions(&self, ids: Vec<Uuid>) -> Result<Vec<SessionDeletion>, ClientError> {
        let url = self.url("/api/v1/interaction/sessions/deletions")?;
        let request = self.http.post(url).json(&SessionSelection { ids });
        let done: SessionDeletions = understood(&self.send(request).await?)?;
        Ok(done.items)
    }

    /// All turns of a session, in order.
    ///
    /// # Errors
    /// As [`Client::session`].
    pub async fn turns(&self, id: Uuid) -> Result<Vec<Turn>, ClientError> {
        self.get_all(&format!("/api/v1/interaction/sessions/{id}/turns"), &[])
            .await
    }

    /// One side of one turn as a WAV file; [`viva_audio::Clip::read`] decodes it.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 404 when there is no such recording.
    pub async fn turn_audio(&self, session: Uuid, turn: Uuid, side: Side) -> Result<Bytes, ClientError> {
        let side = match side {
            Side::User => "user",
            Side::Ai => "ai",
        };
        let path = format!("/api/v1/interaction/sessions/{session}/turns/{turn}/audio?type={side}");
        self.send(self.http.get(self.url(&path)?)).await
    }

    /// Statistics of a session's latencies.
    ///
    /// # Errors
    /// As [`Client::session`].
    pub async fn latency_stats(&self, id: Uuid) -> Result<LatencyStats, ClientError> {
        self.get(&format!("/api/v1/interaction/sessions/{id}/latency-stats"))
            .await
    }

    /// Whether a self-test runs, and the newest certificate.
    ///
    /// # Errors
    /// As [`Client::session`].
    pub async fn self_test(&self) -> Result<SelfTest, ClientError> {
        self.get("/api/v1/selftest").await
    }

    /// The templates to choose from, the built-in ones first: those of a category, and those in a language or a variant of
    /// it.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 400 when no template can have the category or the language.
    pub async fn templates(
        &self,
        category: Option<&str>,
        language: Option<&str>,
    ) -> Result<Vec<Template>, ClientError> {
        let wanted = [("category", category), ("language", language)];
        let wanted: Vec<_> = wanted
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        self.get_all(TEMPLATES, &wanted).await
    }

    /// One template.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 404 when the id is unknown or somebody else's.
    pub async fn template(&self, id: Uuid) -> Result<Template, ClientError> {
        self.get(&format!("{TEMPLATES}/{id}")).await
    }

    /// Makes a template of one's own.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 400 when a text cannot be kept, 409 when another one has the name.
    pub async fn create_template(&self, content: &TemplateContent) -> Result<Template, ClientError> {
        let request = self.http.post(self.url(TEMPLATES)?).json(content);
        understood(&self.send(request).await?)
    }

    /// Gives a template of one's own another content.
    ///
    /// # Errors
    /// As [`Client::template`] and [`Client::create_template`], and [`ClientError::Problem`] with status 409 when it is
    /// built in.
    pub async fn replace_template(
        &self,
        id: Uuid,
        content: &TemplateContent,
    ) -> Result<Template, ClientError> {
        let url = self.url(&format!("{TEMPLATES}/{id}"))?;
        understood(&self.send(self.http.put(url).json(content)).await?)
    }

    /// Makes a template of one's own that says the same as another one.
    ///
    /// # Errors
    /// As [`Client::template`] and [`Client::create_template`].
    pub async fn duplicate_template(&self, id: Uuid, name: &str) -> Result<Template, ClientError> {
        let body = DuplicateTemplate {
            name: name.to_owned(),
        };
        let url = self.url(&format!("{TEMPLATES}/{id}/duplicate"))?;
        understood(&self.send(self.http.post(url).json(&body)).await?)
    }

    /// Forgets a template of one's own.
    ///
    /// # Errors
    /// As [`Client::template`], and [`ClientError::Problem`] with status 409 when it is built in.
    pub async fn delete_template(&self, id: Uuid) -> Result<(), ClientError> {
        let url = self.url(&format!("{TEMPLATES}/{id}"))?;
        self.send(self.http.delete(url)).await.map(|_| ())
    }

    /// The providers that take a key of one's own, and that key as far as it is shown.
    ///
    /// # Errors
    /// [`ClientError`], like every request.
    pub async fn credentials(&self) -> Result<CredentialList, ClientError> {
        self.get(CREDENTIALS).await
    }

    /// Gives a key of one's own for a provider, in place of the one before; the provider is asked first.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 404 when there is no such provider, 400 when it can have no such key, 422 when
    /// it does not accept it, 502 or 503 when it could not be asked.
    pub async fn put_credential(
        &self,
        provider: &str,
        content: &CredentialContent,
    ) -> Result<Credential, ClientError> {
        let url = self.url(&format!("{CREDENTIALS}/{provider}"))?;
        understood(&self.send(self.http.put(url).json(content)).await?)
    }

    /// Asks a provider again what it thinks of one's own key.
    ///
    /// # Errors
    /// As [`Client::put_credential`]; 404 also when there is no key.
    pub async fn validate_credential(&self, provider: &str) -> Result<Credential, ClientError> {
        let url = self.url(&format!("{CREDENTIALS}/{provider}/validate"))?;
        understood(&self.send(self.http.post(url)).await?)
    }

    /// Forgets one's own key for a provider.
    ///
    /// # Errors
    /// [`ClientError::Problem`] with status 404 when there is none.
    pub async fn delete_credential(&self, provider: &str) -> Result<(), ClientError> {
        let url = self.url(&format!("{CREDENTIALS}/{provider}"))?;
        self.send(self.http.delete(url)).await.map(|_| ())
    }

    /// What was done with one's own provider keys, newest first.
    ///
    /// # Errors
    /// [`ClientError`], like every request.
    pub async fn audit(&self) -> Result<Vec<AuditEntry>, ClientError> {
        self.get_all("/api/v1/audit-log", &[]).await
    }

    /// All items of a list, page by page.
    async fn get_all<T: DeserializeOwned>(
        &self,
        path: &str,
        wanted: &[(&str, &str)],
    ) -> Result<Vec<T>, ClientError> {
        let mut items = Vec::new();
        for page in 1_u32.. {
            let mut url = self.url(path)?;
            url.query_pairs_mut()
                .extend_pairs(wanted)
                .append_pair("page", &page.to_string())
                .append_pair("page_size", PAGE_SIZE);
            let answer: Page<T> = understood(&self.send(self.http.get(url)).await?)?;
            let is_last = answer.items.is_empty() || u64::from(page) >= answer.total_pages;
            items.extend(answer.items);
            if is_last {
                break;
            }
        }
        Ok(items)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        understood(&self.send(self.http.get(self.url(path)?)).await?)
    }

    /// The body of the answer, which is a success.
    async fn send(&self, mut request: RequestBuilder) -> Result<Bytes, ClientError> {
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send().await.map_err(|err| self.unreachable(err))?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        let url = response.url().clone();
        let body = response.bytes().await;
        body.map_err(|err| self.unreachable(err.with_url(url)))
    }

    /// The URL of `path` below the server's root, which may itself be a folder behind a proxy.
    pub(crate) fn url(&self, path: &str) -> Result<Url, ClientError> {
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        Url::parse(&url).map_err(|_| ClientError::Address { address: url })
    }

    fn unreachable(&self, err: reqwest::Error) -> ClientError {
        let mut url = err.url().unwrap_or(&self.base).clone();
        // The query may carry what no log should.
        url.set_query(None);
        ClientError::Unreachable {
            url: url.into(),
            source: err.without_url().into(),
        }
    }
}

fn understood<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|err| ClientError::Answer { source: err.into() })
}

async fn refusal(response: Response) -> ClientError {
    let status = response.status().as_u16();
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(PROBLEM_JSON));
    let body = if is_problem {
        response.bytes().await.unwrap_or_default()
    } else {
        Bytes::new()
    };
    refusal_of(status, &body)
}

/// What a refused request means: a problem when the body is one.
pub(crate) fn refusal_of(status: u16, body: &[u8]) -> ClientError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => ClientError::Problem(problem),
        Err(_) => ClientError::Status { status },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("localhost:8080")]
    #[case("ftp://localhost")]
    #[case("ws://localhost")]
    #[case("")]
    fn an_address_that_is_no_http_url_is_refused(#[case] address: &str) {
        let err = Client::new(address).unwrap_err();
        assert!(matches!(err, ClientError::Address { address: given } if given == address));
    }

    #[rstest]
    #[case("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1/x?y=1")]
    #[case("http://127.0.0.1:8080/", "http://127.0.0.1:8080/api/v1/x?y=1")]
    #[case("https://example.org/viva/", "https://example.org/viva/api/v1/x?y=1")]
    fn paths_are_below_the_base(#[case] base: &str, #[case] url: &str) {
        assert_eq!(
            Client::new(base).unwrap().url("/api/v1/x?y=1").unwrap().as_str(),
            url
        );
    }

    #[test]
    fn the_token_is_never_printed() {
        let client = Client::new("http://127.0.0.1:8080")
            .unwrap()
            .with_token("viva_secret")
            .unwrap();
        assert!(!format!("{client:?} {:?}", client.authorization).contains("viva_secret"));
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused() {
        let client = Client::new("http://127.0.0.1:8080").unwrap();
        assert!(matches!(
            client.with_token("line\nbreak"),
            Err(ClientError::Token)
        ));
    }
}
