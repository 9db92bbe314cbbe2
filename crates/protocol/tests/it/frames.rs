//! The binary frame, byte for byte.

use bytes::Bytes;
use proptest::prelude::*;
use rstest::rstest;
use viva_protocol::ws::{AudioFrame, FrameKind, HEADER_BYTES, InvalidFrame};

use crate::generators;

#[test]
fn a_user_frame_has_this_layout() {
    let frame = AudioFrame {
        kind: FrameKind::User,
        is_last: false,
        turn_number: 0,
        seq: 0x0403_0201,
        position: 0x1817_1615_1413_1211,
        payload: Bytes::from_static(&[0x34, 0x12, 0xff, 0xff]),
    };
    let bytes = [
        1, 0, 0, 0, // kind, flags, turn number
        0x01, 0x02, 0x03, 0x04, // sequence number
        0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, // capture time
        0x34, 0x12, 0xff, 0xff, // two samples
    ];
    assert_eq!(frame.encode(), Bytes::copy_from_slice(&bytes));
    assert_eq!(AudioFrame::decode(Bytes::copy_from_slice(&bytes)), Ok(frame));
}

#[test]
fn an_empty_last_frame_of_an_answer_has_this_layout() {
    let bytes = [2, 1, 0x02, 0x01, 5, 0, 0, 0, 0x60, 0xea, 0, 0, 0, 0, 0, 0];
    let frame = AudioFrame::decode(Bytes::copy_from_slice(&bytes)).unwrap();
    let expected = AudioFrame {
        kind: FrameKind::Ai,
        is_last: true,
        turn_number: 258,
        seq: 5,
        position: 60_000,
        payload: Bytes::new(),
    };
    assert_eq!(frame, expected);
    assert_eq!(frame.encode(), Bytes::copy_from_slice(&bytes));
}

#[test]
fn flags_of_later_versions_are_ignored() {
    let mut bytes = vec![0; HEADER_BYTES];
    (bytes[0], bytes[1]) = (2, 0b1111_1110);
    assert!(!AudioFrame::decode(bytes.clone().into()).unwrap().is_last);
    bytes[1] = 0xff;
    assert!(AudioFrame::decode(bytes.into()).unwrap().is_last);
}

#[rstest]
#[case::nothing(&[], InvalidFrame::Short(0))]
#[case::half_a_header(&[1; 15], InvalidFrame::Short(15))]
#[case::kind_zero(&[0; 16], InvalidFrame::UnknownKind(0))]
#[case::kind_three(&[3; 18], InvalidFrame::UnknownKind(3))]
#[case::half_a_sample(&[1; 17], InvalidFrame::OddPayload(1))]
fn bytes_that_are_no_frame_are_refused(#[case] bytes: &'static [u8], #[case] reason: InvalidFrame) {
    assert_eq!(AudioFrame::decode(Bytes::from_static(bytes)), Err(reason));
}

proptest! {
    #[test]
    fn any_frame_survives_the_wire(frame in generators::audio_frame()) {
        prop_assert_eq!(AudioFrame::decode(frame.encode()), Ok(frame));
    }

    #[test]
    fn no_bytes_make_the_decoder_panic_and_what_it_reads_it_writes_again(
        mut bytes in prop::collection::vec(any::<u8>(), 0..200), plausible: bool,
    ) {
        if plausible && let [kind, flags, ..] = bytes.as_mut_slice() {
            (*kind, *flags) = (*kind % 2 + 1, *flags & 1);
        }
        let bytes = Bytes::from(bytes);
        if let Ok(frame) = AudioFrame::decode(bytes.clone()) {
            prop_assert_eq!(frame.payload.len() % 2, 0);
            let written = frame.encode();
            // The unused flags are not kept.
            prop_assert_eq!((written[0], written[1], &written[2..]), (bytes[0], bytes[1] & 1, &bytes[2..]));
        } else {
            prop_assert!(bytes.len() < HEADER_BYTES || !matches!(bytes[0], 1 | 2) || bytes.len() % 2 == 1);
        }
    }
}
