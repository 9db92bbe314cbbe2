//! PCM16 as vendors send it: signed, 16 bit, little-endian, in pieces that may end within a sample.

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
}

/// The bytes of samples.
pub fn encode(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
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
