//! PCM16 as vendors send it: signed, 16 bit, little-endian, in pieces that may end within a sample.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Joins bytes to samples.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    /// The first byte of a sample whose second is still to come.
    low: Option<u8>,
}

impl Decoder {
    /// The samples that are complete by now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<i16> {
        let mut samples = Vec::with_capacity(bytes.len() / 2 + 1);
        let mut rest = bytes;
        if let (Some(low), Some((high, tail))) = (self.low, rest.split_first()) {
            samples.push(i16::from_le_bytes([low, *high]));
            self.low = None;
            rest = tail;
        }
        let (pairs, odd) = rest.as_chunks::<2>();
        samples.extend(pairs.iter().map(|pair| i16::from_le_bytes(*pair)));
        self.low = odd.first().copied().or(self.low);
        samples
    }

    /// The same of bytes in base64.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn push_base64(&mut self, data: &str) -> Result<Vec<i16>, String> {
        let bytes = STANDARD.decode(data);
        bytes
            .map(|bytes| self.push(&bytes))
            .map_err(|_| "it sent audio that is none".to_owned())
    }
}

/// The bytes of samples.
pub fn encode(samples: &[i16]) -> Vec<u8> {
    viva_audio::pcm::to_le_bytes(samples)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_odd_byte_waits_for_its_other_half() {
        let mut decoder = Decoder::default();
        assert!(decoder.push(&[0x01]).is_empty());
        assert!(decoder.push(&[]).is_empty());
        assert_eq!(decoder.push(&[0x02, 0xff]), [0x0201]);
        assert_eq!(decoder.push(&[0xff, 0x00, 0x80]), [-1, i16::MIN]);
        assert!(decoder.push(&[0x00]).is_empty());
    }

    #[test]
    fn bytes_may_come_in_base64() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push_base64("AQ=="), Ok(Vec::new()));
        assert_eq!(decoder.push_base64("Av8A"), Ok(vec![0x0201, 0x00ff]));
        assert_eq!(decoder.push_base64(""), Ok(Vec::new()));
        assert!(decoder.push_base64("no audio").is_err());
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(samples: Vec<i16>, cuts in prop::collection::vec(0_usize..9, 0..50)) {
            let bytes = encode(&samples);
            let mut rest = bytes.as_slice();
            let mut decoder = Decoder::default();
            let mut decoded = Vec::new();
            for cut in cuts {
                let (piece, tail) = rest.split_at(cut.min(rest.len()));
                decoded.extend(decoder.push(piece));
                rest = tail;
            }
            decoded.extend(decoder.push(rest));
            prop_assert_eq!(decoded, samples);
        }
    }
}
