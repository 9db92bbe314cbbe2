//! One file per component, with its style sheet beside it. Components show the contexts of `state` and call
//! [`Controls`](crate::session::Controls); they fetch nothing.

mod combobox;
mod configuration;
mod control_bar;
mod device_pickers;
mod icon;
mod latency_bar;
mod latency_panel;
mod latency_statistics;
mod level_meter;
mod message_bar;
mod microphone_help;
mod offer_bar;
mod panel_head;
mod picker;
mod self_test;
mod setup_mode;
mod setup_panel;
mod setup_part;
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
pub use setup_panel::SetupPanel;
pub use state_indicator::StateIndicator;
pub use summary::Summary;
pub use top_bar::TopBar;
pub use transcript::Transcript;
pub use visualizer::Visualizer;

use combobox::Combobox;
use device_pickers::DevicePickers;
use icon::{Icon, Shape};
use latency_bar::LatencyBar;
use latency_statistics::LatencyStatistics;
use panel_head::PanelHead;
use picker::{Choice, Picker};
use self_test::SelfTest;
use setup_mode::SetupMode;
use setup_part::SetupPart;
use switch::Switch;
