use leptos::prelude::*;

/// The icons of the page, drawn with strokes on a 20 × 20 grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Ready,
    Microphone,
    MicrophoneOff,
    Plug,
    Ear,
    Voice,
    Dots,
    Speaker,
    Hand,
    Loop,
    Flag,
    Warning,
    Play,
    Pause,
    Stop,
    Setup,
    Clock,
    Close,
    Plus,
    Auto,
    Sun,
    Moon,
    Bin,
}

impl Shape {
    fn path(self) -> &'static str {
        match self {
            Self::Ready => {
                "M10 3.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M10 8.5a1.5 1.5 0 1 0 0 3a1.5 1.5 0 1 0 0-3"
            }
            Self::Microphone => {
                "M10 2.8a2.4 2.4 0 0 0-2.4 2.4v4.6a2.4 2.4 0 0 0 4.8 0V5.2A2.4 2.4 0 0 0 10 2.8M4.8 9.6a5.2 5.2 0 0 0 10.4 0M10 14.8v2.6"
            }
            Self::MicrophoneOff => {
                "M12.4 8V5.2a2.4 2.4 0 0 0-4.6-.9M7.6 8v1.8a2.4 2.4 0 0 0 3.6 2M4.8 9.6a5.2 5.2 0 0 0 8.3 4.1M15.2 9.6a5 5 0 0 1-.5 2.2M10 14.8v2.6M3.5 3l13 14"
            }
            Self::Plug => "M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v2.5",
            Self::Ear => {
                "M6.2 8.2a4 4 0 0 1 8 0c0 2.8-2.6 3.2-2.9 5.6a2.4 2.4 0 0 1-4.5.9M8.6 8.4a1.7 1.7 0 0 1 3.3 0c0 1.2-1.3 1.4-1.7 2.4"
            }
            Self::Voice => "M3.5 8.5v3M6.8 6v8M10 3.5v13M13.2 6v8M16.5 8.5v3",
            Self::Dots => "M4.6 10h.1M10 10h.1M15.3 10h.1",
            Self::Speaker => {
                "M3.5 8v4h2.8l4 3.2V4.8L6.3 8zM13 7.4a3.6 3.6 0 0 1 0 5.2M15 5.2a6.6 6.6 0 0 1 0 9.6"
            }
            Self::Hand => {
                "M5.5 10.5V6.2a1.1 1.1 0 0 1 2.2 0v3-5a1.1 1.1 0 0 1 2.3 0v5-4.4a1.1 1.1 0 0 1 2.3 0v5-2.6a1.1 1.1 0 0 1 2.2 0v4.6a5 5 0 0 1-9.6 2l-1.6-3.6a1.1 1.1 0 0 1 2.2-.7"
            }
            Self::Loop => {
                "M4 9a6.2 6.2 0 0 1 11-2.6M16 11a6.2 6.2 0 0 1-11 2.6M15.4 3v3.6h-3.6M4.6 17v-3.6h3.6"
            }
            Self::Flag => "M5 17V3.5M5 4h9.5l-2 3.2 2 3.3H5",
            Self::Warning => "M10 3.2 17.4 16H2.6zM10 8v3.6M10 13.8v.1",
            Self::Play => "M6.5 4.2v11.6l9-5.8z",
            Self::Pause => "M7 4.5v11M13 4.5v11",
            Self::Stop => "M5.5 5.5h9v9h-9z",
            Self::Setup => {
                "M3.5 6h6M13.5 6h3M3.5 14h3M10.5 14h6M11.5 4a2 2 0 1 0 0 4a2 2 0 1 0 0-4M8.5 12a2 2 0 1 0 0 4a2 2 0 1 0 0-4"
            }
            Self::Clock => "M10 3.2a6.8 6.8 0 1 0 0 13.6a6.8 6.8 0 1 0 0-13.6M10 6.2V10l2.6 1.8",
            Self::Plus => "M10 4.5v11M4.5 10h11",
            Self::Close => "M5 5l10 10M15 5L5 15",
            Self::Auto => {
                "M10 3.2a6.8 6.8 0 1 0 0 13.6a6.8 6.8 0 1 0 0-13.6M10 3.2v13.6M12.4 4v12M14.8 5.6v8.8"
            }
            Self::Sun => {
                "M10 6.6a3.4 3.4 0 1 0 0 6.8a3.4 3.4 0 1 0 0-6.8M10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.4 4.4l1.1 1.1M14.5 14.5l1.1 1.1M15.6 4.4l-1.1 1.1M5.5 14.5l-1.1 1.1"
            }
            Self::Moon => "M16 11.8A6.6 6.6 0 0 1 8.2 4a6.6 6.6 0 1 0 7.8 7.8",
            Self::Bin => "M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5",
        }
    }
}

/// An icon beside words; for screen readers the words suffice.
#[component]
pub fn Icon(
    /// Which one.
    #[prop(into)]
    shape: Signal<Shape>,
) -> impl IntoView {
    view! {
        <svg class="vv-icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d=move || shape.get().path() />
        </svg>
    }
}
