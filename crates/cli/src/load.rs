//! `coldstart load`: a session with one function and one load on it, summed up while it runs.

use crate::arguments::LoadOptions;
use crate::cloud::{self, Cloud, FunctionSettings, resource_name};
use crate::{Refused, Verdict, invoke, print};
use coldstart_engine::{Blob, EnvironmentPhase, Fact, Outcome, Principal, Request};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What came of the load, in numbers that do not grow with it.
#[derive(Default)]
struct Sums {
    sent: u64,
    status: String,
    succeeded: u64,
    failed: u64,
    cold: u64,
    spilled: u64,
    provisioned: u64,
    /// By AWS's reason.
    throttled: BTreeMap<String, u64>,
    environments: u64,
    environments_max: u64,
    billed_ms: u64,
    mb_ms: u64,
    /// Handler times in microseconds: how many, by the power of two and eight steps in it.
    durations: BTreeMap<u64, u64>,
    facts: u64,
}

pub(crate) fn load(options: &LoadOptions) -> Result<Verdict, Refused> {
    let code = cloud::code(&options.function.module)?;
    let event = invoke::event(options.function.event.as_deref())?;
    let mut cloud = Cloud::new(options.function.seed);
    let name = resource_name(&options.function.module, "function", 64);
    let settings = FunctionSettings {
        runtime: options.function.runtime.as_deref(),
        handler: &options.function.handler,
        memory_mb: options.function.memory_mb,
        timeout_seconds: options.function.timeout_seconds,
        environment: &options.function.environment,
    };
    cloud.create_function(&name, code, &settings)?;
    let mut params = json!({
        "FunctionName": name, "InvocationType": options.invocation_type, "Payload": Blob::text(event),
        "Profile": options.profile, "DurationSeconds": options.seconds,
    });
    if let Some(reserved) = options.reserved {
        let params = json!({ "FunctionName": name, "ReservedConcurrentExecutions": reserved });
        cloud.ask("lambda", "PutFunctionConcurrency", params)?;
    }
    if let Some(count) = options.provisioned {
        cloud.ask("lambda", "PublishVersion", json!({ "FunctionName": name }))?;
        let provision = json!({
            "FunctionName": name, "Qualifier": "1", "ProvisionedConcurrentExecutions": count,
        });
        cloud.ask("lambda", "PutProvisionedConcurrencyConfig", provision)?;
        params["Qualifier"] = json!("1");
    }
    let mut sums = Sums::default();
    // Environments that were made ahead are there already.
    cloud.facts.drain(..).for_each(|fact| sums.add_environment(&fact));
    let began = cloud.engine.now();
    let request = Request {
        service: "coldstart".into(),
        operation: "StartLoad".into(),
        params,
        principal: Principal::User,
    };
    cloud.engine.handle_request(began, request);
    while let Some(at) = cloud.engine.next_work() {
        // Facts are taken as they come, so that nothing piles up.
        cloud.engine.run_until(at);
        while let Some(event) = cloud.engine.poll_event() {
            sums.add(&event.fact);
        }
        while let Some((_, answer)) = cloud.engine.poll_answer() {
            answer.map_err(|error| Refused(format!("StartLoad: {error}")))?;
        }
    }
    let virtual_ms = (cloud.engine.now().0 - began.0) / 1_000;
    report(options, &sums, virtual_ms, &cloud.engine.digest())
}

impl Sums {
    fn add_environment(&mut self, fact: &Fact) {
        match fact {
            Fact::EnvironmentPhase { phase: EnvironmentPhase::Starting, .. } => {
                self.environments += 1;
                self.environments_max = self.environments_max.max(self.environments);
            }
            Fact::EnvironmentPhase { phase: EnvironmentPhase::Reclaimed, .. } => {
                self.environments -= 1;
            }
            _ => {}
        }
    }

    fn add(&mut self, fact: &Fact) {
        self.facts += 1;
        self.add_environment(fact);
        match fact {
            Fact::InvocationStarted { cold, concurrency, .. } => {
                self.cold += u64::from(*cold);
                match concurrency.as_deref() {
                    Some("Provisioned") => self.provisioned += 1,
                    Some(_) => self.spilled += 1,
                    None => {}
                }
            }
            Fact::InvocationFinished {
                outcome, duration_us, billed_ms, memory_size_mb, ..
            } => {
                match outcome {
                    Outcome::Success => self.succeeded += 1,
                    _ => self.failed += 1,
                }
                self.billed_ms += billed_ms;
                self.mb_ms += billed_ms * u64::from(*memory_size_mb);
                *self.durations.entry(step(*duration_us)).or_default() += 1;
            }
            Fact::InvocationThrottled { reason, .. } => {
                *self.throttled.entry(reason.clone()).or_default() += 1;
            }
            Fact::LoadChanged { sent, status, .. } => {
                self.sent = *sent;
                self.status.clone_from(status);
            }
            _ => {}
        }
    }

    /// The duration that so many thousandths of all are not above, within an eighth.
    fn quantile(&self, permille: u64) -> u64 {
        let all: u64 = self.durations.values().sum();
        let mut left = (all * permille).div_ceil(1_000);
        for (step, count) in &self.durations {
            if *count >= left {
                return value(*step);
            }
            left -= count;
        }
        0
    }
}

/// Steps of a histogram: eight for each power of two.
fn step(us: u64) -> u64 {
    if us < 8 {
        return us;
    }
    let power = u64::from(us.ilog2());
    (power << 3) | ((us >> (power - 3)) & 7)
}

/// The least of a step.
fn value(step: u64) -> u64 {
    if step < 24 { step.min(8) } else { (8 | (step & 7)) << ((step >> 3) - 3) }
}

fn report(options: &LoadOptions, sums: &Sums, ms: u64, digest: &str) -> Result<Verdict, Refused> {
    let throttled: u64 = sums.throttled.values().sum();
    let in_ms = |us: u64| us as f64 / 1_000.0;
    let quantiles = [500, 900, 990].map(|permille| in_ms(sums.quantile(permille)));
    let text = if options.json {
        let reasons: Map<String, Value> =
            sums.throttled.iter().map(|(reason, count)| (reason.clone(), json!(count))).collect();
        let object = json!({
            "status": sums.status, "sent": sums.sent, "succeeded": sums.succeeded, "failed": sums.failed,
            "throttled": reasons, "coldStarts": sums.cold, "provisioned": sums.provisioned, "spillover": sums.spilled,
            "environmentsMax": sums.environments_max, "durationMs": { "p50": quantiles[0], "p90": quantiles[1], "p99": quantiles[2] },
            "billedMs": sums.billed_ms, "gbSeconds": sums.mb_ms as f64 / 1_024_000.0, "virtualMs": ms, "facts": sums.facts,
            "digest": digest,
        });
        format!("{object}\n")
    } else {
        let mut text = format!(
            "{} invocations in {:.3} virtual seconds: {} succeeded, {} failed, {throttled} throttled\n",
            sums.sent,
            ms as f64 / 1e3,
            sums.succeeded,
            sums.failed
        );
        for (reason, count) in &sums.throttled {
            text += &format!("  {count} {reason}\n");
        }
        text += &format!(
            "{} cold starts, at most {} environments; {} provisioned, {} spilled over\n",
            sums.cold, sums.environments_max, sums.provisioned, sums.spilled
        );
        let [p50, p90, p99] = quantiles;
        text += &format!(
            "duration p50 {p50:.2} ms, p90 {p90:.2} ms, p99 {p99:.2} ms; billed {} ms, {:.3} GB-s\ndigest {digest}\n",
            sums.billed_ms,
            sums.mb_ms as f64 / 1_024_000.0
        );
        text
    };
    print(text.as_bytes())?;
    Ok(if sums.failed + throttled == 0 { Verdict::Success } else { Verdict::Failure })
}
