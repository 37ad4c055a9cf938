//! Resources of services that have a list, and a page for each.

/// Of which service, and which of its resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// SNS topics.
    Topics,
    /// EventBridge rules, named `BUS/RULE`.
    Rules,
    /// Event buses.
    Buses,
    /// Archives of event buses.
    Archives,
    /// Replays of archives.
    Replays,
    /// Schedules of EventBridge Scheduler, named `GROUP/SCHEDULE`.
    Schedules,
    /// Groups of schedules.
    Groups,
    /// Lambda layers.
    Layers,
    /// IAM roles.
    Roles,
}

impl ResourceKind {
    /// By service.
    pub const ALL: [Self; 9] = [
        Self::Topics,
        Self::Rules,
        Self::Buses,
        Self::Archives,
        Self::Replays,
        Self::Schedules,
        Self::Groups,
        Self::Layers,
        Self::Roles,
    ];

    /// As it stands in the address.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Topics => "topics",
            Self::Rules => "rules",
            Self::Buses => "buses",
            Self::Archives => "archives",
            Self::Replays => "replays",
            Self::Schedules => "schedules",
            Self::Groups => "schedule-groups",
            Self::Layers => "layers",
            Self::Roles => "roles",
        }
    }
    /// As it stands in the navigation.
    pub fn label(self) -> &'static str {
        match self {
            Self::Topics => "SNS topics",
            Self::Rules => "EventBridge rules",
            Self::Buses => "Event buses",
            Self::Archives => "Archives",
            Self::Replays => "Replays",
            Self::Schedules => "Schedules",
            Self::Groups => "Schedule groups",
            Self::Layers => "Layers",
            Self::Roles => "IAM roles",
        }
    }
    /// What stands in the navigation for it: the resource of its service that people come for.
    pub fn place(self) -> Self {
        match self {
            Self::Buses | Self::Archives | Self::Replays => Self::Rules,
            Self::Groups => Self::Schedules,
            other => other,
        }
    }
    /// What the navigation shows below it while one is there.
    pub fn below(self) -> &'static [Self] {
        match self {
            Self::Rules => &[Self::Buses, Self::Archives, Self::Replays],
            Self::Schedules => &[Self::Groups],
            _ => &[],
        }
    }
}
