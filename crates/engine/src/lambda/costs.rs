//! What everything costs in virtual time and memory: one table of documented constants.
//!
//! Changing one changes every duration in every history, so it is a change of the engine's version. Where AWS
//! publishes a number it is named; the rest is chosen to be of the size that people measure, and says "chosen".

/// Units of the meter that one virtual second takes at one vCPU.
///
/// Calibrated so that a kernel takes about as long as the same Rust source compiled to native code takes on one vCPU of
/// a 2.45 GHz EPYC server, the kind of core that Lambda runs on: SHA-256, a sort, a JSON round trip, Fibonacci and
/// Mandelbrot burn 7 to 18 units a nanosecond there, 10.5 in the geometric mean (`tests/bench/kernels`).
pub(crate) const UNITS_PER_SECOND: u64 = 10_000_000_000;

/// "At 1,769 MB, a function has the equivalent of one vCPU" (Configure Lambda function memory).
/// Below, its share is `memory / 1,769`. Above, it has more vCPUs, but a guest is one thread and does not get faster.
pub(crate) const MEMORY_MB_PER_VCPU: u64 = 1_769;

/// Units that are run before the host is asked again whether to go on. Guests are always run in slices of this size,
/// counted from where they were resumed, whatever the host asks for: so slices cannot show in a history.
pub(crate) const UNITS_PER_SLICE: u64 = 100_000;

/// Making a sandbox, up to the moment at which the runtime starts. Chosen.
pub(crate) const SANDBOX_US: u64 = 95_000;

/// Downloading the package, microseconds per MiB. Chosen (about 125 MB/s).
pub(crate) const DOWNLOAD_US_PER_MIB: u64 = 8_000;

/// How much the time of the `Starting` phase varies, in thousandths to either side, seeded. Chosen.
pub(crate) const STARTING_PERMILLE: u64 = 100;

/// The least that an init phase takes: the runtime's own start. Chosen.
pub(crate) const INIT_US_MIN: u64 = 8_000;

/// Instantiating the module, microseconds per MiB of it, part of the init phase. Chosen.
pub(crate) const INSTANTIATE_US_PER_MIB: u64 = 12_000;

/// Fetching the event and posting the response over the runtime API; part of the duration. Chosen.
pub(crate) const INVOKE_OVERHEAD_US: u64 = 600;

/// "The Init phase is limited to 10 seconds" (Understanding the Lambda execution environment lifecycle).
pub(crate) const INIT_US_MAX: u64 = 10_000_000;

/// From an accepted asynchronous invocation to its delivery. Chosen.
pub(crate) const ASYNC_DELIVERY_US: u64 = 5_000;

/// A guest's call to a service, each way. Chosen.
pub(crate) const CALL_LATENCY_US: u64 = 1_000;

/// From a batch's being complete to the invocation of its function. Chosen.
pub(crate) const POLL_US: u64 = 5_000;

/// `Pending` to `Active` after CreateFunction. Chosen.
pub(crate) const CREATE_US: u64 = 1_000_000;

/// `InProgress` to `Successful` after an update. Chosen.
pub(crate) const UPDATE_US: u64 = 1_000_000;

/// An event source mapping from one state to the next. Chosen.
pub(crate) const MAPPING_US: u64 = 2_000_000;

/// Provisioning one environment: "up to 6,000 execution environments every minute" (Configuring provisioned concurrency).
pub(crate) const PROVISION_US: u64 = 10_000;

/// The least that a provisioned environment's init code may take before it is stopped ("130 seconds or the configured function
/// timeout", Understanding the Lambda execution environment lifecycle).
pub(crate) const PROVISIONED_INIT_US_MIN: u64 = 130_000_000;

/// Restoring a snapshot: the sandbox, the first pages of memory, the runtime. Chosen, of the size of what people measure for small functions.
pub(crate) const RESTORE_US: u64 = 160_000;

/// Restoring a snapshot, microseconds per MiB of the guest's memory in it. Chosen.
pub(crate) const RESTORE_US_PER_MIB: u64 = 2_000;

/// What runs of a guest after it was restored, before its first event: "after-restore hooks must complete within the timeout limit (10
/// seconds)" (Improving startup performance with Lambda SnapStart).
pub(crate) const RESTORE_HOOK_US_MAX: u64 = 10_000_000;

/// Extensions of a function (Lambda quotas: "up to 10").
pub(crate) const EXTENSIONS_MAX: usize = 10;

/// From the start of an extension's process to its first instruction. Chosen.
pub(crate) const EXTENSION_US: u64 = 5_000;

/// "The entire Shutdown phase is capped at 2 seconds" with external extensions (Using the Lambda Extensions API). The runtime's share of it
/// (300 ms) is for handling a signal, of which WebAssembly has none: extensions have all of it.
pub(crate) const EXTENSIONS_SHUTDOWN_US: u64 = 2_000_000;

/// Of a restoration, what is billed: "the time it takes for Lambda to load the runtime" (Monitoring for Lambda SnapStart). As
/// [`INIT_US_MIN`], in milliseconds.
pub(crate) const RESTORE_BILLED_MS: u64 = INIT_US_MIN / 1_000;

/// Until the next look whether there is room for a provisioned environment, when the account's concurrency is taken. Chosen.
pub(crate) const PROVISION_AGAIN_US: u64 = 1_000_000;

/// "1,000 execution environment instances every 10 seconds" a function (Understanding Lambda function scaling).
pub(crate) const GROWTH_ENVIRONMENTS: u64 = 1_000;

/// See [`GROWTH_ENVIRONMENTS`].
pub(crate) const GROWTH_SECONDS: u64 = 10;

/// "10 times your concurrency limit" of synchronous requests a second (Lambda quotas).
pub(crate) const REQUESTS_PER_CONCURRENCY: u64 = 10;

/// Memory that the runtime process itself takes beside the guest's linear memory. Chosen.
pub(crate) const RUNTIME_MEMORY_BYTES: u64 = 12 << 20;

/// Environments of an account and region at one time (Lambda quotas: 1,000 concurrent executions).
pub(crate) const CONCURRENT_EXECUTIONS_MAX: usize = 1_000;

/// Log bytes kept of one slice of a guest; what comes after is counted and reported. Chosen.
pub(crate) const LOG_BYTES_MAX: usize = 1 << 20;

/// "256 KB" is the largest log event of CloudWatch Logs; a longer line is cut into several.
pub(crate) const LOG_LINE_BYTES_MAX: usize = 256 * 1_024;

/// Largest payload of a synchronous request, bytes (Lambda quotas: 6 MB).
pub(crate) const SYNC_PAYLOAD_BYTES_MAX: usize = 6_291_456;

/// Largest payload of an asynchronous request, bytes (Lambda quotas: 1 MB).
pub(crate) const ASYNC_PAYLOAD_BYTES_MAX: usize = 1_048_576;

/// Largest response, bytes: the number in AWS's recorded message.
pub(crate) const RESPONSE_BYTES_MAX: usize = 6_291_556;

/// Largest package that is sent with the request, bytes (Lambda quotas: 50 MB).
pub(crate) const PACKAGE_BYTES_MAX: usize = 52_428_800;

/// Largest request to CreateFunction and UpdateFunctionCode, bytes: the number in AWS's recorded message.
pub(crate) const REQUEST_BYTES_MAX: usize = 70_167_211;

/// Units a second for a memory setting.
pub(crate) fn units_per_second(memory_mb: u64) -> u64 {
    (UNITS_PER_SECOND * memory_mb.min(MEMORY_MB_PER_VCPU) / MEMORY_MB_PER_VCPU).max(1)
}

/// How long so many units take, rounded up to a microsecond.
pub(crate) fn micros(units: u64, units_per_second: u64) -> u64 {
    let micros = (u128::from(units) * 1_000_000).div_ceil(u128::from(units_per_second));
    u64::try_from(micros).unwrap_or(u64::MAX)
}

/// The most units that fit into a time.
pub(crate) fn units_within(micros: u64, units_per_second: u64) -> u64 {
    let units = u128::from(micros) * u128::from(units_per_second) / 1_000_000;
    // Room for one more unit, which marks a run that went past its limit.
    u64::try_from(units).unwrap_or(u64::MAX).min(u64::MAX - 1)
}

/// The time of the part of a cost that goes by size.
pub(crate) fn by_size(micros_per_mib: u64, bytes: u64) -> u64 {
    bytes.saturating_mul(micros_per_mib) >> 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_memory_is_more_processor_up_to_one_vcpu() {
        assert_eq!(units_per_second(1_769), UNITS_PER_SECOND);
        assert_eq!(units_per_second(10_240), UNITS_PER_SECOND);
        assert!(units_per_second(128) < UNITS_PER_SECOND / 13);
    }

    #[test]
    fn units_within_a_time_take_no_longer_than_it() {
        for time in [0, 1, 999, 3_000_000, u64::MAX] {
            let rate = units_per_second(128);
            assert!(micros(units_within(time, rate), rate) <= time);
        }
    }
}
