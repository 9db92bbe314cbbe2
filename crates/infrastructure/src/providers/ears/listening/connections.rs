//! One connection after the other: the first thing on a new one, and what becomes of an utterance when one is lost.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::debug;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::{Listening, USEFUL};
use crate::providers::ears::Dialect;
use crate::providers::ears::held::Held;
use crate::providers::ears::line::{Line, Loss};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::spare::Spare;

impl<D: Dialect> Listening<D> {
    pub(super) async fn on_open(&mut self, socket: Box<Socket>) {
        socket.takes_over();
        self.line = Line::Open(socket);
        self.spare = Spare::after(self.dialect.longest_age());
        self.opened = Instant::now();
        self.sent = self.opened;
        while matches!(self.line, Line::Open(_)) {
            let Some(command) = self.held.pop() else {
                return;
            };
            self.obey(command).await;
        }
    }

    /// Moves to the new connection, if there is one and the old one owes nothing.
    pub(super) async fn renew(&mut self) {
        let is_busy = self.is_in_utterance || self.dialect.is_in_turn();
        if is_busy || !self.orders.is_empty() || !matches!(self.line, Line::Open(_)) {
            return;
        }
        let Some(socket) = self.spare.take(self.dialect.longest_age()) else {
            return;
        };
        socket.takes_over();
        let old = std::mem::replace(&mut self.line, Line::Open(socket));
        self.dialect.forget();
        self.opened = Instant::now();
        self.sent = self.opened;
        let heard = self.dialect.take_over();
        self.send(heard).await;
        if let Line::Open(old) = old {
            old.close().await;
        }
    }

    /// The connection is gone, or there was none.
    pub(super) fn lose(&mut self, Loss { err, is_curable }: Loss) {
        let now = Instant::now();
        let provider = self.provider();
        debug!(
            event = "provider.disconnected",
            provider.name = provider,
            error = &err as &dyn std::error::Error,
            "Lost the connection to {provider}"
        );
        let was_open = matches!(self.line, Line::Open(_));
        self.spare = Spare::after(None);
        if was_open && now - self.opened >= USEFUL {
            self.tries.forget();
        }
        let wait = self.tries.next(err.retry_after).filter(|_| is_curable);
        let err = Arc::new(err);
        let Some(wait) = wait else {
            return self.say(now, SpeechToTextEventKind::Failed(err));
        };
        if was_open {
            self.fail_utterance(now, &err);
        }
        let is_idle = now - self.sent > self.keep_alive && self.held.deadline().is_none();
        self.line = if was_open && is_idle {
            Line::Asleep
        } else {
            Line::Waiting(now + wait)
        };
    }

    /// Everything that the vendor was told and did not answer is lost.
    fn fail_utterance(&mut self, now: Instant, err: &Arc<ProviderError>) {
        let is_turn_lost = self.orders.is_empty() && self.dialect.is_in_turn();
        for _ in 0..self.orders.len() + usize::from(is_turn_lost) {
            self.say(now, SpeechToTextEventKind::FinalFailed(Arc::clone(err)));
        }
        if std::mem::take(&mut self.is_in_utterance) {
            self.lose_rest(err);
        }
        self.dialect.forget();
    }

    /// The utterance whose beginning is lost is of no use: what is held of it, and what is still to come.
    fn lose_rest(&mut self, err: &Arc<ProviderError>) {
        if self.held.deadline().is_some()
            && let Some(number) = self.held.drop_order()
        {
            // All of it was to be told anew.
            self.refuse(number, Arc::clone(err));
        } else {
            self.held = Held::default();
            self.broken = Some(Arc::clone(err));
        }
    }
}
