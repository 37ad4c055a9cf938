//! What an environment writes to its function's log, in the function's format and if its level is asked for.

use super::{Cx, Lambda};
use crate::calendar;
use crate::lambda::levels;
use crate::lambda::report::{Record, ReportStatus};
use crate::logs::Line;

impl Lambda {
    /// The end of the init code, and of the phase.
    pub(super) fn log_init(
        &mut self,
        cx: &mut Cx<'_>,
        id: u32,
        init_us: u64,
        phase: &'static str,
        status: ReportStatus,
    ) {
        self.log_record(cx, id, &Record::InitRuntimeDone { phase, status: status.clone() });
        let always = false;
        self.log_record(cx, id, &Record::InitReport { init_us, phase, status, always });
    }

    /// Writes a line of the function's, if its level is asked for.
    pub(super) fn log_application(&mut self, cx: &mut Cx<'_>, id: u32, message: String) {
        let environment = &self.environments[&id];
        if !environment.extensions.is_empty() || environment.extension.is_some() {
            self.extensions_read(cx, id, &message);
        }
        let settings = &self.environments[&id].deployment.settings;
        // Only the JSON format has levels.
        let setting = settings.application_log_level.as_deref();
        if setting.is_none_or(|setting| levels::passes(levels::of_line(&message), setting)) {
            self.log(cx, id, message);
        }
    }

    /// Writes what the platform has to say, in the function's log format and if its level is asked for.
    pub(super) fn log_record(&mut self, cx: &mut Cx<'_>, id: u32, record: &Record) {
        if !self.environments[&id].extensions.is_empty() {
            self.extensions_hear(cx, id, record);
        }
        let environment = &self.environments[&id];
        let setting = environment.deployment.settings.system_log_level.as_deref();
        if setting.is_some_and(|setting| !levels::passes(record.level(), setting)) {
            return;
        }
        let lines = match environment.deployment.settings.log_format.as_str() {
            "JSON" => {
                let initialization = environment.initialization_type();
                record.json(
                    &calendar::iso(cx.world.unix_ms()),
                    &environment.function,
                    initialization,
                )
            }
            _ => record.text(),
        };
        for line in lines {
            self.log(cx, id, line);
        }
    }

    /// Writes a line of this environment, now.
    pub(super) fn log(&mut self, cx: &mut Cx<'_>, id: u32, message: String) {
        let environment =
            self.environments.get_mut(&id).expect("an environment that logs is there");
        let started =
            environment.work.as_mut().filter(|invocation| invocation.attempt.started_at.is_some());
        let request_id = started.map(|invocation| {
            invocation.attempt.tail.push(&message);
            invocation.request_id.clone()
        });
        if self.muted.contains(&environment.function) {
            return;
        }
        let (group, stream) =
            (environment.deployment.settings.log_group.clone(), environment.stream.clone());
        let line = Line { timestamp_ms: cx.world.unix_ms(), request_id, message };
        cx.logs.write(cx.world, &group, &stream, line);
    }

    /// What was written without a line's end is a line when the guest has ended its work.
    pub(super) fn flush_partial_lines(&mut self, cx: &mut Cx<'_>, id: u32) {
        for stream in [0, 1] {
            let environment =
                self.environments.get_mut(&id).expect("an environment at work is there");
            let rest = std::mem::take(&mut environment.partial[stream]);
            if !rest.is_empty() {
                self.log_application(cx, id, String::from_utf8_lossy(&rest).into_owned() + "\n");
            }
        }
    }
}
