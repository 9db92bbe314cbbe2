//! One file per component, with its style sheet beside it. Components show the contexts of `state` and call
//! [`Controls`](crate::session::Controls), the [`Keyring`](crate::keyring::Keyring) or
//! [`Comparing`](crate::comparing::Comparing); they fetch nothing.

mod combobox;
pub mod comparison;
mod configuration;
mod control_bar;
mod device_pickers;
mod icon;
mod key_actions;
mod key_trouble;
mod latency_bar;
mod latency_panel;
mod latency_statistics;
mod level_meter;
mod message_bar;
mod microphone_help;
mod new_key;
mod offer_bar;
mod panel_head;
mod picker;
mod provider_card;
mod provider_list;
mod self_test;
mod setup_mode;
mod setup_panel;
mod setup_part;
mod setup_prompt;
mod setup_template;
mod state_indicator;
mod summary;
mod switch;
mod top_bar;
mod transcript;
mod visualizer;

pub use control_bar::ControlBar;
pub use latency_panel::LatencyPanel;
pub use level_meter::LevelMeter;
pub use message_bar::MessageBar;
pub use microphone_help::MicrophoneHelp;
pub use offer_bar::OfferBar;
pub use provider_list::{ListTrouble, ProviderList};
pub use setup_panel::SetupPanel;
pub use state_indicator::StateIndicator;
pub use summary::Summary;
pub use top_bar::TopBar;
pub use transcript::Transcript;
pub use visualizer::Visualizer;

use combobox::Combobox;
use device_pickers::DevicePickers;
use icon::{Icon, Shape};
use key_actions::KeyActions;
use latency_bar::LatencyBar;
use latency_statistics::LatencyStatistics;
use new_key::NewKey;
use panel_head::PanelHead;
use picker::{Choice, Picker};
use provider_card::ProviderCard;
use self_test::SelfTest;
use setup_mode::SetupMode;
use setup_part::SetupPart;
use setup_prompt::SetupPrompt;
use setup_template::{KeepTemplate, SetupTemplate};
use switch::Switch;
