//! Icons: drawn here, one stroke wide, in the colour of the text beside them. They never stand alone without a name.

use yew::prelude::*;

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    Add,
    Check,
    Clock,
    Close,
    Copy,
    Cost,
    Delete,
    Download,
    Edit,
    Error,
    Examples,
    Fast,
    Fit,
    Fork,
    Format,
    Functions,
    Help,
    Info,
    Labs,
    Layers,
    Machines,
    Moon,
    Pause,
    Play,
    Queued,
    Queues,
    Reset,
    Roles,
    Rules,
    Running,
    Search,
    Share,
    Snow,
    Step,
    StepBack,
    StepOn,
    Stop,
    Success,
    Sun,
    ToEnd,
    ToStart,
    Topics,
    Upload,
    Warning,
    Workspaces,
    ZoomIn,
    ZoomOut,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Add => "M8 2v12M2 8h12",
            Self::Check => "M2 8.5 6 12.5 14 3.5",
            Self::Clock => "M8 4v4l3 2M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0Z",
            Self::Close => "M3 3l10 10M13 3 3 13",
            Self::Copy => "M5 5V1.5h9.5V11H11M1.5 5H11v9.5H1.5Z",
            Self::Cost => {
                "M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0ZM10.5 5.5C9 4 5.5 4.3 5.5 6.2c0 2.3 5 1.3 5 3.6 0 2-3.7 2.2-5.2.7M8 3v10"
            }
            Self::Delete => "M2 4h12M6 4V1.5h4V4M3.5 4l.8 10.5h7.4L12.5 4M6.5 7v5M9.5 7v5",
            Self::Download => "M8 1v9M4 6.5 8 10.5l4-4M2 14h12",
            Self::Edit => "M2 14l.7-3.6L11 2l3 3-8.3 8.3ZM9 4l3 3",
            Self::Error => "M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0ZM5.5 5.5l5 5M10.5 5.5l-5 5",
            Self::Examples => "M1.5 2h5v5h-5ZM9.5 2h5v5h-5ZM1.5 10h5v4h-5ZM9.5 10h5v4h-5Z",
            Self::Fast => "M2 3l6 5-6 5ZM8 3l6 5-6 5Z",
            Self::Fit => "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
            Self::Fork => {
                "M4 5v6M4 5a1.7 1.7 0 1 0 0-3.4A1.7 1.7 0 0 0 4 5Zm0 9.4A1.7 1.7 0 1 0 4 11a1.7 1.7 0 0 0 0 3.4ZM12 5a1.7 1.7 0 1 0 0-3.4A1.7 1.7 0 0 0 12 5Zm0 0c0 3.5-8 2-8 6"
            }
            Self::Format => "M2 3h12M5 6.5h9M5 9.5h6M2 13h12",
            Self::Functions => "M3 14 8.5 5M5 2h1.5c1 0 1.5.5 2 1.5l3.5 9c.3 1 .8 1.5 1.5 1.5h.5",
            Self::Help => {
                "M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0ZM6 6.3C6 4 10 4 10 6.3 10 8 8 7.8 8 9.5M8 11.3v.8"
            }
            Self::Info => "M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0ZM8 7v5M8 4v1",
            Self::Labs => {
                "M6 1.500h4M6.500 1.500v5L2.500 13c-.4.8 0 1.500 1 1.500h9c1 0 1.400-.7 1-1.500l-4-6.500v-5M4.500 10.500h7"
            }
            Self::Layers => "M8 1.500 15 5 8 8.500 1 5ZM1 8l7 3.500L15 8M1 11l7 3.500L15 11",
            Self::Machines => {
                "M5.5 1.500h5v3h-5ZM1.500 11.500h5v3h-5ZM9.500 11.500h5v3h-5ZM8 4.500V8M4 11.500V8h8v3.500"
            }
            Self::Moon => "M13.5 10A6 6 0 0 1 6 2.5 6 6 0 1 0 13.5 10Z",
            Self::Pause => "M5 3v10M11 3v10",
            Self::Play => "M4 2.5 13 8l-9 5.5Z",
            Self::Queued => "M1.5 4h13M1.5 8h13M1.5 12h7",
            Self::Queues => "M1.5 4h3.5v8H1.5ZM6.5 4H10v8H6.5ZM11.5 4h3v8h-3ZM1.5 14.5h13",
            Self::Reset => "M3 3v4h4M3.3 7A5.5 5.5 0 1 1 3 10",
            Self::Roles => "M8 1.500 14 4v4c0 3.500-3 5.500-6 6.500C5 13.500 2 11.500 2 8V4Z",
            Self::Rules => "M1 8h14M4 8V3M8 8v5.500M12 8V3",
            Self::Running => "M8 1a7 7 0 1 1-7 7",
            Self::Search => "M11.5 7A4.5 4.5 0 1 1 2.5 7a4.5 4.5 0 0 1 9 0ZM10.3 10.3 14.5 14.5",
            Self::Share => "M8 10V1.500M4.5 4.5 8 1.500l3.5 3M5 7H2v7.500h12V7h-3",
            Self::Snow => "M8 1v14M2 4.500l12 7M14 4.500l-12 7",
            Self::Step => "M3 2.5 10 8l-7 5.500ZM13 2.500v11",
            Self::StepBack => "M10.500 3 5.500 8l5 5",
            Self::StepOn => "M5.500 3 10.500 8l-5 5",
            Self::Stop => "M3.5 3.500h9v9h-9Z",
            Self::Success => "M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0ZM4.5 8.2 7 10.700l4.5-5",
            Self::Sun => {
                "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.5 8H15M3 3l1.1 1.100M11.9 11.9 13 13M13 3l-1.1 1.100M4.1 11.9 3 13"
            }
            Self::ToEnd => "M3.500 3 8.500 8l-5 5M12.500 3v10",
            Self::ToStart => "M12.500 3 7.500 8l5 5M3.500 3v10",
            Self::Topics => "M1.500 8h13M8 8l6-5M8 8l6 5M1.500 6.500v3",
            Self::Upload => "M8 11V2M4 5.5 8 1.500l4 4M2 14.500h12",
            Self::Warning => "M8 1.5 15 14H1ZM8 6v4M8 11.500v1",
            Self::Workspaces => "M1.5 3H6l1.5 2h7v9h-13Z",
            Self::ZoomIn => {
                "M11.5 7A4.5 4.5 0 1 1 2.5 7a4.5 4.5 0 0 1 9 0ZM10.3 10.300 14.500 14.500M7 5v4M5 7h4"
            }
            Self::ZoomOut => {
                "M11.5 7A4.5 4.5 0 1 1 2.5 7a4.5 4.5 0 0 1 9 0ZM10.3 10.300 14.500 14.500M5 7h4"
            }
        }
    }
}

#[derive(PartialEq, Properties)]
pub struct IconProps {
    pub glyph: Glyph,
}

/// An icon beside a text that says the same.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    let class = classes!("icon", (props.glyph == Glyph::Running).then_some("icon-turning"));
    html! {
        <svg {class} viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={props.glyph.path()} /></svg>
    }
}
