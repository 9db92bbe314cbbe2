//! A conversation as one file: both sides lie where the stored marks say that they were said and heard.

use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::time::{Instant, sleep, sleep_until};
use viva_application::history::History;
use viva_application::sessions::{AudioRates, SessionInput, StartSession, StartedSession};
use viva_audio::level::AUDIBLE;
use viva_audio::{HEADER_LEN, SampleRate, WavHeader, pcm, resample};
use viva_domain::ids::UserId;
use viva_domain::latency::{ClientTime, SessionTime};
use viva_domain::ports::RealtimeEventKind;
use viva_domain::turns::{Basis, Event, PlaybackEvent, Turn, TurnNumber};
use viva_fakes::Answer;

use crate::bench::{Bench, Caller, Detector, RATE, request, speech};

/// What is promised.
const TOLERANCE: Duration = Duration::from_millis(10);
/// So much is silent around an edge.
const AROUND: Duration = Duration::from_millis(200);
const LOUD: i16 = 8_000;

/// What the file holds.
struct Channels {
    rate: SampleRate,
    user: Vec<i16>,
    ai: Vec<i16>,
}

impl Channels {
    async fn of(bench: &Bench, started: &StartedSession) -> Self {
        let history = History::new(bench.session_store.clone(), bench.blob_store.clone());
        let export = history.export(UserId::LOCAL, started.id).await;
        let stereo = history.stereo(&export.expect("the session is stored"));
        let stereo = stereo.expect("its recordings are kept");
        let len = stereo.file_len();
        let pieces: Result<Vec<_>, _> = stereo.into_stream().try_collect().await;
        let file = pieces.expect("the recordings are stored").concat();
        assert_eq!(file.len() as u64, len, "it is as long as was told");
        let header = file.first_chunk().expect("there is a header");
        let header = WavHeader::decode(header).expect("it is one of ours");
        assert_eq!((header.channels(), header.file_len()), (2, len));
        let samples = pcm::samples_from_le_bytes(&file[HEADER_LEN..]).expect("whole samples");
        let samples: Vec<i16> = samples.collect();
        let channel = |first: usize| samples.iter().skip(first).step_by(2).copied().collect();
        Self {
            rate: header.rate(),
            user: channel(0),
            ai: channel(1),
        }
    }

    fn sample(&self, at: SessionTime) -> usize {
        usize::try_from(self.rate.samples_in(at.elapsed())).expect("a test is short")
    }

    fn time(&self, sample: usize) -> SessionTime {
        SessionTime::new(self.rate.duration_of(sample as u64))
    }

    /// What lies around a moment, and where that begins.
    fn around<'a>(&self, channel: &'a [i16], at: SessionTime) -> (&'a [i16], usize) {
        let (from, to) = (self.sample(at.before(AROUND)), self.sample(at.after(AROUND)));
        (&channel[from..to.min(channel.len())], from)
    }

    #[track_caller]
    fn begins(&self, channel: &[i16], at: Option<SessionTime>) {
        let at = at.expect("it is marked");
        let (around, from) = self.around(channel, at);
        let first = around.iter().position(|sample| sample.unsigned_abs() >= AUDIBLE);
        self.agrees(from + first.expect("something is heard"), at);
    }

    #[track_caller]
    fn ends(&self, channel: &[i16], at: Option<SessionTime>) {
        let at = at.expect("it is marked");
        let (around, from) = self.around(channel, at);
        let last = around.iter().rposition(|sample| sample.unsigned_abs() >= AUDIBLE);
        self.agrees(from + last.expect("something is heard") + 1, at);
    }

    #[track_caller]
    fn agrees(&self, sample: usize, at: SessionTime) {
        let found = self.time(sample);
        let error = found.elapsed().abs_diff(at.elapsed());
        assert!(error <= TOLERANCE, "found at {found:?}, marked at {at:?}");
    }

    /// All edges of a turn.
    #[track_caller]
    fn agree_with(&self, turn: &Turn) {
        let marks = &turn.marks;
        self.begins(&self.user, marks.speech_started);
        self.ends(&self.user, marks.speech_ended);
        let silence = marks.leading_silence.expect("something is heard");
        let heard = marks.playback_started.map(|at| at.after(silence));
        self.begins(&self.ai, heard);
        self.ends(&self.ai, marks.playback_stopped);
        for recording in [&turn.user_audio, &turn.ai_audio] {
            let placement = recording
                .as_ref()
                .and_then(|recording| recording.placement.as_ref());
            assert_eq!(placement.map(|placement| placement.basis), Some(Basis::Measured));
        }
    }
}

fn samples(ms: usize) -> usize {
    ms * RATE as usize / 1_000
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// An answer that is heard from its first sample to its last, after some silence.
fn answer(silent_ms: usize, loud_ms: usize) -> Answer {
    let mut audio = vec![0; samples(silent_ms)];
    audio.resize(samples(silent_ms + loud_ms), LOUD);
    Answer::new()
        .started()
        .text("Noon.")
        .say(RealtimeEventKind::Audio(audio))
        .done()
}

/// Speech with sharp edges, and silence after it.
fn question() -> Vec<i16> {
    let mut question = vec![0; samples(600)];
    question.extend_from_slice(&speech("question-en")[samples(700)..samples(3_600)]);
    question.resize(question.len() + samples(800), 0);
    question
}

async fn ends(mut caller: Caller) {
    caller.say(SessionInput::End).await;
    caller.rest().await;
}

/// Plays an answer of 700 ms as soon as it comes, to its end, and hangs up.
async fn hears_the_answer_and_ends(mut caller: Caller) {
    let turn = caller.until_audio().await.turn;
    caller.played(turn, PlaybackEvent::Started, 0).await;
    sleep(ms(700)).await;
    caller.played(turn, PlaybackEvent::Finished, 700).await;
    caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    ends(caller).await;
}

#[tokio::test(start_paused = true)]
async fn both_sides_lie_where_the_marks_are_and_a_pause_is_silent() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.answer(answer(120, 1_000));
    caller.speak(&question()).await;
    let turn = caller.until_audio().await.turn;
    sleep(ms(70)).await;
    // It tells when it plays the first sample that can be heard.
    sleep(ms(120)).await;
    caller.played(turn, PlaybackEvent::Started, 120).await;
    sleep(ms(300)).await;
    caller.played(turn, PlaybackEvent::Paused, 420).await;
    sleep(ms(250)).await;
    caller.played(turn, PlaybackEvent::Resumed, 420).await;
    sleep(ms(700)).await;
    caller.played(turn, PlaybackEvent::Finished, 1_120).await;
    caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    ends(caller).await;

    let (_, turns) = bench.stored(&started).await;
    let channels = Channels::of(&bench, &started).await;
    channels.agree_with(&turns[0]);
    let began = turns[0].marks.playback_started.unwrap();
    let pause = channels.sample(began.after(ms(430)))..channels.sample(began.after(ms(660)));
    assert!(channels.ai[pause].iter().all(|sample| *sample == 0));
    let after = channels.sample(began.after(ms(680)))..channels.sample(began.after(ms(1_350)));
    assert!(channels.ai[after].iter().all(|sample| *sample == LOUD));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_cut_where_it_was_interrupted() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.answer(answer(0, 10_000));
    bench.voice.answer(answer(0, 500));
    caller.speak(&question()).await;
    caller.until_audio().await;
    sleep(ms(40)).await;
    caller.played(TurnNumber::FIRST, PlaybackEvent::Started, 0).await;
    let heard_from = Instant::now();
    caller.speak(&question()[..samples(1_500)]).await;
    caller
        .until(|event| matches!(event, Event::Interrupted { .. }))
        .await;
    let played = u64::try_from(heard_from.elapsed().as_millis()).unwrap();
    caller
        .played(TurnNumber::FIRST, PlaybackEvent::Stopped, played)
        .await;
    caller.speak(&question()[samples(1_500)..]).await;
    let second = caller.until_audio().await.turn;
    caller.played(second, PlaybackEvent::Started, 0).await;
    sleep(ms(500)).await;
    caller.played(second, PlaybackEvent::Finished, 500).await;
    caller
        .until(|event| matches!(event, Event::ResponseEnded { turn, .. } if *turn == second))
        .await;
    ends(caller).await;

    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), 2);
    let channels = Channels::of(&bench, &started).await;
    for turn in &turns {
        channels.agree_with(turn);
    }
    let cut = channels.sample(turns[0].marks.playback_stopped.unwrap().after(TOLERANCE));
    let next = channels.sample(turns[1].marks.playback_started.unwrap().before(TOLERANCE));
    assert!(channels.ai[cut..next].iter().all(|sample| *sample == 0));
}

/// Says it in frames of 20 ms, which get through as slowly as the network likes.
async fn speaks_through_jitter(caller: &mut Caller, frame: usize, said: &[i16]) {
    let (began, captured) = (Instant::now(), caller.client_time());
    for (n, frame) in (0_u64..).zip(said.chunks(frame)) {
        let late = ms(5 + n * 7_919 % 43);
        let now = Instant::now();
        sleep_until((began + ms(20 * (n + 1)) + late).max(now)).await;
        let captured = ClientTime::from_micros(captured.micros() + n * 20_000);
        caller.send(frame, captured).await;
    }
}

#[tokio::test(start_paused = true)]
async fn sides_of_different_rates_agree_with_their_marks_whatever_the_network_does() {
    let bench = Bench::new(Detector::Session);
    let rates = AudioRates {
        input: 16_000,
        output: 48_000,
    };
    let start = StartSession {
        audio: rates,
        ..request()
    };
    let mut caller = bench.try_start(start).await.unwrap();
    let started = caller.started().await;
    bench.voice.answer(answer(0, 700));
    let said = resample(&question(), SampleRate::HZ_24K, SampleRate::HZ_16K);
    speaks_through_jitter(&mut caller, 320, &said).await;
    let turn = caller.until_audio().await.turn;
    sleep(ms(40)).await;
    caller.played(turn, PlaybackEvent::Started, 0).await;
    sleep(ms(700)).await;
    caller.played(turn, PlaybackEvent::Finished, 700).await;
    caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    ends(caller).await;

    let (_, turns) = bench.stored(&started).await;
    let recorded = [&turns[0].user_audio, &turns[0].ai_audio].map(|side| side.as_ref().unwrap().sample_rate);
    assert_eq!(recorded, [16_000, 48_000]);
    let channels = Channels::of(&bench, &started).await;
    assert_eq!(channels.rate, SampleRate::HZ_48K);
    channels.agree_with(&turns[0]);
}

/// Says it in frames of 20 ms, whose stamps are off by up to 7 ms.
async fn speaks_with_loose_stamps(caller: &mut Caller, said: &[i16]) {
    for (n, frame) in (0_u64..).zip(said.chunks(samples(20))) {
        let captured = caller.client_time().micros() + n * 7_919 % 8 * 1_000;
        sleep(ms(20)).await;
        caller.send(frame, ClientTime::from_micros(captured)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn speech_is_heard_where_it_is_marked_however_loose_the_stamps_are() {
    for shift in 0..8 {
        let bench = Bench::new(Detector::Session);
        let mut caller = bench.start().await;
        let started = caller.started().await;
        bench.voice.answer(answer(0, 700));
        let said = question();
        speaks_with_loose_stamps(&mut caller, &said[samples(20 * shift)..]).await;
        hears_the_answer_and_ends(caller).await;

        let (_, turns) = bench.stored(&started).await;
        let channels = Channels::of(&bench, &started).await;
        let marked = turns[0].marks.speech_started.unwrap();
        let (around, from) = channels.around(&channels.user, marked);
        let first = around.iter().position(|sample| sample.unsigned_abs() >= AUDIBLE);
        let found = channels.time(from + first.unwrap());
        // The detector marks the beginning of the 4 ms in which it heard something.
        let late = found.elapsed().abs_diff(marked.elapsed());
        assert!(late <= ms(5), "{shift}: found at {found:?}, marked at {marked:?}");
    }
}

/// Of a question, 300 ms are lost from here on.
async fn is_a_gap(lost_from_ms: usize) {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.answer(answer(0, 700));
    let said = question();
    caller.speak(&said[..samples(lost_from_ms)]).await;
    // 300 ms never arrive.
    sleep(ms(300)).await;
    caller.speak(&said[samples(lost_from_ms + 300)..]).await;
    hears_the_answer_and_ends(caller).await;

    let (_, turns) = bench.stored(&started).await;
    let channels = Channels::of(&bench, &started).await;
    channels.agree_with(&turns[0]);
    let recording = turns[0].user_audio.as_ref().expect("it is recorded");
    let placement = recording.placement.as_ref().expect("it lies in time");
    let gap = placement.pieces()[1];
    assert_eq!(placement.pieces().len(), 2);
    let silent = channels.sample(gap.at.before(ms(290)))..channels.sample(gap.at);
    assert!(channels.user[silent].iter().all(|sample| *sample == 0));
}

#[tokio::test(start_paused = true)]
async fn audio_that_was_lost_is_a_gap_and_not_made_up_for() {
    is_a_gap(1_800).await;
}

#[tokio::test(start_paused = true)]
async fn audio_that_was_lost_before_it_was_known_that_somebody_speaks_is_a_gap_too() {
    is_a_gap(660).await;
}
