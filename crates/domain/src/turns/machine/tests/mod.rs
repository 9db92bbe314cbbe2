//! Tests of the machine. Most are conversations written down, see [`script`].

mod ahead;
mod every_input;
mod failing;
mod heard;
mod interrupting;
mod kinds;
mod late_words;
mod limited;
mod logging;
mod measuring;
mod other_modes;
mod pausing;
mod placing;
mod provider_decides;
mod random;
mod script;
mod stale_frames;
mod talking;
mod time_limits;
mod without_barge_in;

use super::{BargeIn, Greeting, Limits, MachineSettings, OnModeFailure, TurnTaking};

/// One sample of an answer lasts 1 ms.
const RATE: u32 = 1_000;

/// A session that decides itself when the user's turn is over, with barge-in, and in which the user begins.
fn session() -> MachineSettings {
    MachineSettings {
        barge_in: BargeIn::Enabled,
        turn_taking: TurnTaking::Session,
        on_mode_failure: OnModeFailure::EndSession,
        greeting: Greeting::None,
        limits: Limits::default(),
        output_rate: RATE,
        audible: 1,
    }
}

/// A session that goes on in another mode when its own fails.
fn with_fallback() -> MachineSettings {
    MachineSettings {
        on_mode_failure: OnModeFailure::WaitForAnother,
        ..session()
    }
}

fn without_barge_in() -> MachineSettings {
    MachineSettings {
        barge_in: BargeIn::Disabled,
        ..session()
    }
}

/// A session in which the AI may finish, and whose provider decides itself when the user's turn is over.
fn may_finish() -> MachineSettings {
    MachineSettings {
        barge_in: BargeIn::Disabled,
        ..provider_decides()
    }
}

fn provider_decides() -> MachineSettings {
    MachineSettings {
        turn_taking: TurnTaking::Provider,
        ..session()
    }
}

fn greeting() -> MachineSettings {
    MachineSettings {
        greeting: Greeting::WhenReady,
        ..session()
    }
}
