use futures_util::{StreamExt, stream};
use reqwest::Response;
use viva_domain::ports::SpeechStream;

use super::{errors, pcm};

/// The body of an answer that is PCM16 mono, little-endian, as it arrives. Dropping it closes the connection.
pub fn speech(provider: &str, response: Response) -> SpeechStream {
    let body = Some((response, pcm::Decoder::default(), provider.to_owned()));
    stream::unfold(body, move |body| async move {
        let (mut response, mut decoder, provider) = body?;
        loop {
            match response.chunk().await {
                Ok(Some(bytes)) => {
                    let samples = decoder.push(&bytes);
                    if !samples.is_empty() {
                        return Some((Ok(samples), Some((response, decoder, provider))));
                    }
                }
                Ok(None) => return None,
                // The address may hold what must not be logged.
                Err(err) => return Some((Err(errors::unavailable(&provider, err.without_url())), None)),
            }
        }
    })
    .fuse()
    .boxed()
}
