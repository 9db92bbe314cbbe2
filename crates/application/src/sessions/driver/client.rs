//! What the client says: audio, orders, what it plays, and that it is gone or back.

use std::sync::Arc;

use tracing::{debug, info};
use viva_domain::latency::{ClientTime, SessionTime};
use viva_domain::sessions::EndStatus;
use viva_domain::turns::{Input, ModeOrder, NoticeCode, Playback, TurnTaking};

use super::Driver;
use crate::meters::Dropped;
use crate::sessions::link::{Link, ResumedSession, SessionMessage};
use crate::sessions::process_audio::UserAudio;
use crate::sessions::service::{PlaybackReport, SessionInput};

impl Driver {
    pub(super) async fn on_input(&mut self, input: Option<SessionInput>) {
        match input {
            Some(SessionInput::Audio(audio)) => self.on_audio(audio).await,
            Some(SessionInput::Ready) => self.tell(Input::ClientReady).await,
            Some(SessionInput::EndTurn) => self.end_user_turn().await,
            Some(SessionInput::Interrupt { played }) => self.tell(Input::Interrupt { played }).await,
            Some(SessionInput::Update {
                barge_in,
                turn_detection,
            }) => {
                self.hearing.change(turn_detection);
                if let Some(eager) = turn_detection.eager {
                    self.is_eager = eager;
                    self.hear_eagerly();
                }
                if let Some(barge_in) = barge_in {
                    self.tell(Input::SetBargeIn(barge_in)).await;
                }
            }
            Some(SessionInput::SwitchMode(interaction)) => self.switch_to(*interaction).await,
            Some(SessionInput::Playback(report)) => self.on_playback(report).await,
            Some(SessionInput::FirstAudioSent { turn, at }) => {
                let at = self.session_time(at);
                self.tell_at(at, Input::FirstAudioSent { turn }).await;
            }
            Some(SessionInput::End) => self.tell(Input::End(EndStatus::Completed)).await,
            Some(SessionInput::Supersede) => self.tell(Input::End(EndStatus::Superseded)).await,
            Some(SessionInput::Attach {
                link,
                last_audio_seq,
                last_message_seq,
            }) => {
                self.on_attach(link, last_audio_seq, last_message_seq).await;
            }
            None => self.tell(Input::End(EndStatus::Disconnected)).await,
        }
    }

    async fn on_audio(&mut self, audio: UserAudio) {
        self.ports.meters.frame_in();
        let received = self.session_time(audio.received);
        let samples: Arc<[i16]> = audio.samples.into();
        self.expect_echo(audio.captured, received);
        let speaks = self.hearing.listen(&samples, audio.captured, received);
        // The mode gets the audio before it can be told that the turn is over.
        if let Some(mode) = &mut self.mode
            && !self.machine.hears_later()
        {
            let lost = mode.push_audio(&samples);
            if lost > 0 {
                self.ports.meters.dropped(Dropped::ProviderBusy, 1);
                debug!(event = "audio.dropped", session.id = %self.session.id, audio.samples = lost, "The provider does not keep up");
                self.notice_once(NoticeCode::AudioDropped);
            }
        }
        self.record_user(samples);
        for input in speaks {
            self.tell(input).await;
        }
        if self.hearing.is_too_quiet() {
            self.notice(NoticeCode::MicrophoneQuiet);
        }
    }

    /// What comes next from the microphone may contain what the client plays meanwhile.
    fn expect_echo(&mut self, captured: Option<ClientTime>, received: SessionTime) {
        let at = captured.and_then(|captured| self.hearing.to_session(captured));
        if let Some((turn, heard)) = self.machine.audible(at.unwrap_or(received))
            && let Some(level) = self.playout.loudest(turn, heard)
        {
            self.hearing.ai_is_heard(level);
        }
    }

    /// The user is done, by their own word or because no more audio comes.
    pub(super) async fn end_user_turn(&mut self) {
        if let Some(ended) = self.hearing.end_turn(self.now()) {
            self.tell(ended).await;
        } else if let Some(mode) = &mut self.mode
            && mode.turn_taking() == TurnTaking::Provider
        {
            mode.order(ModeOrder::EndTurn);
        }
    }

    async fn on_playback(&mut self, report: PlaybackReport) {
        let PlaybackReport {
            turn,
            event,
            played,
            at,
        } = report;
        let session_at = self.hearing.to_session(at);
        self.outbox
            .release_audio(turn, self.output_rate.samples_in(played));
        self.tell(Input::Playback(Playback {
            turn,
            event,
            played,
            at,
            session_at,
        }))
        .await;
    }

    pub(super) async fn on_client_lost(&mut self) {
        info!(event = "session.client_lost", session.id = %self.session.id, "Lost the client of session {}", self.session.id);
        self.ports.meters.client_lost();
        self.line.close();
        self.tell(Input::ClientLost).await;
    }

    async fn on_attach(&mut self, link: Link, last_audio: Option<u32>, last_message: Option<u32>) {
        info!(event = "session.resumed", session.id = %self.session.id, "Resumed session {}", self.session.id);
        self.line.replace(link);
        self.hearing.client_is_back(self.now());
        let resumed = ResumedSession {
            id: self.session.id,
            state: self.machine.state(),
            turn: self.machine.turn_number(),
        };
        let is_whole = self
            .outbox
            .resume(SessionMessage::Resumed(resumed), last_audio, last_message);
        self.tell(Input::ClientBack).await;
        if !is_whole {
            self.notice(NoticeCode::ResumeIncomplete);
        }
        // The client need not be the one that was told.
        self.offer_again();
    }
}
