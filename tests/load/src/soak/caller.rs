use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;
use viva_client::{Client, ClientError, Conversation};
use viva_protocol::rest::SessionStatus;
use viva_protocol::ws::{ClientMessage, SessionEndStatus};

use super::clips::Clips;
use super::plan::{Fault, Loss, Plan};
use super::talk::{Talk, Why};
use super::tally::Tally;

/// The longest pause between two sessions, in ms.
const PAUSE_MS: u64 = 4_000;

/// What all callers have in common.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) clips: Clips,
    pub(super) tally: Arc<Tally>,
}

/// Somebody who holds one session after the other.
pub(super) struct Caller {
    pub(super) shared: Arc<Shared>,
    pub(super) random: StdRng,
    /// Whether there is only one session, which lasts until the end.
    pub(super) lasts: bool,
    pub(super) until: Instant,
}

impl Caller {
    /// Calls until the time is up.
    pub(super) async fn run(mut self) {
        while Instant::now() < self.until {
            let plan = Plan::draw(&mut self.random, self.lasts);
            if let Some(session) = self.hold(&plan).await {
                self.look_back(session, &plan).await;
            }
            let pause = Duration::from_millis(self.random.random_range(0..PAUSE_MS));
            timeout_at(self.until, sleep(pause)).await.ok();
        }
    }

    /// Holds one session, and answers its id if it is over.
    async fn hold(&mut self, plan: &Plan) -> Option<Uuid> {
        let mut conversation = self.begin(plan).await?;
        let session = conversation.started().session_id;
        let Shared { client, clips, tally } = &*self.shared;
        let mut talk = Talk::new(plan, clips, tally, &mut self.random, session, self.until);
        loop {
            match talk.go_on(&mut conversation).await {
                Why::TimeIsUp if plan.vanishes => {
                    tally.count("sessions left without a word");
                    return None;
                }
                Why::TimeIsUp => {
                    talk.hang_up(conversation).await;
                    return Some(session);
                }
                Why::Ended(SessionEndStatus::Error) if plan.may_fail() => {
                    tally.count("sessions that their provider ended");
                    return Some(session);
                }
                Why::Ended(status) => {
                    tally.unexpected(Some(session), &format!("ended by the server as {status:?}"));
                    return None;
                }
                Why::Breaks => match come_back(client, conversation, talk.loss()).await {
                    Ok(resumed) => {
                        tally.count("connections lost and sessions resumed");
                        conversation = resumed;
                        talk.returns();
                    }
                    Err(err) => {
                        tally.unexpected(Some(session), &format!("not resumed: {}", described(err)));
                        return None;
                    }
                },
                Why::Closed(reason) => {
                    tally.unexpected(Some(session), &reason);
                    return None;
                }
            }
        }
    }

    async fn begin(&self, plan: &Plan) -> Option<Conversation> {
        let starting = async {
            let conversation = self.shared.client.connect().await?.start(plan.start()).await?;
            conversation.send(&ClientMessage::Ready).await?;
            Ok::<_, ClientError>(conversation)
        };
        match starting.await {
            Ok(conversation) => {
                self.shared.tally.count("sessions started");
                Some(conversation)
            }
            Err(ClientError::Refused(error)) if plan.fault == Fault::Refuses && plan.expects(error.code) => {
                self.shared.tally.count("sessions that their provider refused");
                None
            }
            Err(err) => {
                let what = format!("not started: {}", described(err));
                self.shared.tally.unexpected(None, &what);
                None
            }
        }
    }

    /// Whether the session is stored as it was; then it is deleted, or kept.
    async fn look_back(&self, session: Uuid, plan: &Plan) {
        let unexpected = |what: &str| self.shared.tally.unexpected(Some(session), what);
        match self.shared.client.session(session).await {
            Ok(detail) => {
                let is_over = match detail.session.status {
                    SessionStatus::Completed => true,
                    SessionStatus::Error => plan.may_fail(),
                    _ => false,
                };
                if !is_over {
                    unexpected(&format!("stored as {:?}", detail.session.status));
                }
                let numbers = detail.turns.iter().map(|turn| turn.turn_number);
                if !numbers.eq((1..).take(detail.turns.len())) {
                    unexpected("turns are missing");
                }
            }
            Err(err) => unexpected(&format!("not found again: {}", described(err))),
        }
        if plan.is_deleted {
            match self.shared.client.delete_session(session).await {
                Ok(()) => self.shared.tally.count("sessions deleted"),
                Err(err) => unexpected(&format!("not deleted: {}", described(err))),
            }
        }
    }
}

/// Lets go of a connection, or does not, and takes the session back on another one.
async fn come_back(
    client: &Client,
    conversation: Conversation,
    loss: Loss,
) -> Result<Conversation, ClientError> {
    let ticket = conversation.ticket();
    let old = match loss {
        Loss::Breaks(away) => {
            drop(conversation);
            sleep(away).await;
            None
        }
        Loss::IsReplaced => Some(conversation),
    };
    let resumed = client.connect().await?.resume(ticket).await;
    drop(old);
    resumed
}

/// An error with everything behind it.
fn described(err: ClientError) -> String {
    format!("{:#}", anyhow::Error::from(err))
}
