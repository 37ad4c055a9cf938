//! The stream of facts that every view folds.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// One fact, at its virtual time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts up from 0 without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What can happen. Ids are those that AWS would show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Fact {
    /// The API answered a request.
    RequestAnswered {
        /// Position in the command log; none for calls that came from inside.
        command: Option<u64>,
        /// Service, such as `lambda`.
        service: String,
        /// Operation.
        operation: String,
        /// HTTP status.
        status: u16,
        /// Error code, when it was refused.
        error: Option<String>,
        /// Who asked, when that was somebody inside. As [`Asker`] says, no part of the history's text.
        #[serde(skip)]
        asker: Option<Asker>,
        /// Ids of the messages, events and executions that came of it; no part of the history's text either.
        #[serde(skip)]
        made: Vec<String>,
    },
    /// A function was created or changed, or its state did. The configuration is read with GetFunctionConfiguration.
    FunctionChanged {
        /// Name.
        function: String,
        /// `State`: Pending, Active …; `Deleted` when it is gone.
        state: String,
        /// `LastUpdateStatus`.
        last_update_status: Option<String>,
    },
    /// An execution environment changed its phase.
    EnvironmentPhase {
        /// Counts up over the session.
        environment: u32,
        /// Function name.
        function: String,
        /// Version that it runs.
        version: String,
        /// The new phase.
        phase: EnvironmentPhase,
        /// Whether it is provisioned. Left out of the history's text where it is not.
        #[serde(default, skip_serializing_if = "is_false")]
        provisioned: bool,
    },
    /// An invocation was accepted.
    InvocationAccepted {
        /// Request id.
        request_id: String,
        /// Function name.
        function: String,
        /// `RequestResponse` or `Event`.
        invocation_type: String,
        /// Payload bytes.
        payload_bytes: u64,
        /// Position in the command log of the request that asked for it; none for a call from inside.
        #[serde(default)]
        command: Option<u64>,
        /// The execution whose task asked for it. Left out of the history's text where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        execution: Option<u64>,
        /// The state whose task it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
        /// ARN of the rule, schedule or subscription that asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// Id of the event, occurrence or message that it is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event_id: Option<String>,
        /// UUID of the event source mapping whose batch it is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mapping: Option<String>,
        /// Number of that batch, as in [`Fact::BatchPolled`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<u64>,
        /// The handler or the event that asked for it. No part of the history's text.
        #[serde(skip)]
        asker: Option<Asker>,
        /// The alias that was named, for metrics. No part of the history's text either.
        #[serde(skip)]
        alias: Option<String>,
    },
    /// An environment began to work on an invocation.
    InvocationStarted {
        /// Request id.
        request_id: String,
        /// Function name.
        function: String,
        /// Which environment.
        environment: u32,
        /// Whether the environment was made for it.
        cold: bool,
        /// 1 for the first attempt.
        attempt: u32,
        /// `Provisioned`, in an environment that was made ahead; `Spillover`, when there are such for its version and none was free.
        /// Left out of the history's text otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        concurrency: Option<String>,
    },
    /// An invocation ended.
    InvocationFinished {
        /// Request id.
        request_id: String,
        /// Function name.
        function: String,
        /// Which environment.
        environment: u32,
        /// How.
        outcome: Outcome,
        /// Handler time, microseconds.
        duration_us: u64,
        /// Init time, microseconds, when it was cold.
        init_us: Option<u64>,
        /// Time that restoring a snapshot took, microseconds, when the environment began with one. Left out of the history's text otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restore_us: Option<u64>,
        /// Billed milliseconds, init included.
        billed_ms: u64,
        /// Memory setting, MB.
        memory_size_mb: u32,
        /// High-water mark, MB.
        memory_used_mb: u32,
        /// Units of the meter.
        units: u64,
        /// Response bytes.
        response_bytes: u64,
    },
    /// An invocation was refused with 429, or dropped.
    InvocationThrottled {
        /// Function name.
        function: String,
        /// AWS's reason, such as `ConcurrentInvocationLimitExceeded`.
        reason: String,
    },
    /// A fault of the session's script struck.
    FaultInjected {
        /// Its `Id`.
        fault: String,
        /// `error`, `delay` or `throttle`.
        action: String,
        /// Function name.
        function: Option<String>,
        /// State machine's name.
        state_machine: Option<String>,
        /// The state whose task was struck.
        state: Option<String>,
        /// The invocation that was struck.
        request_id: Option<String>,
    },
    /// Provisioned concurrency of a version or an alias, after something of it has changed.
    ProvisionedConcurrencyChanged {
        /// Function name.
        function: String,
        /// Version or alias.
        qualifier: String,
        /// `IN_PROGRESS`, `READY`, `FAILED`, or `DELETED` when it is gone.
        status: String,
        /// `StatusReason` of `FAILED`.
        reason: Option<String>,
        /// Environments that are asked for.
        requested: u64,
        /// Environments that are there.
        allocated: u64,
        /// Environments that have run their init code.
        available: u64,
        /// Megabytes of memory times milliseconds that were provisioned up to now: 1,024,000 are a GB-second of its price.
        mb_ms: u64,
    },
    /// A load, when it begins and ends and once a virtual second between.
    LoadChanged {
        /// Counts up over the session.
        load: u64,
        /// Function name.
        function: String,
        /// `RUNNING`, `STOPPING`, `STOPPED` or `COMPLETED`.
        status: String,
        /// Invocations so far.
        sent: u64,
        /// Those that were answered without a function error, or accepted.
        succeeded: u64,
        /// Those with a function error.
        failed: u64,
        /// Those that were refused with 429.
        throttled: u64,
        /// Those that were refused otherwise.
        refused: u64,
    },
    /// An asynchronous event goes back to its queue.
    EventRequeued {
        /// Request id; all attempts share it.
        request_id: String,
        /// Function name.
        function: String,
        /// `FunctionError` or `Throttled`.
        reason: String,
        /// When it leaves the queue again.
        due_at: Timestamp,
    },
    /// An asynchronous event ends without having been handled.
    EventDropped {
        /// Request id.
        request_id: String,
        /// Function name.
        function: String,
        /// AWS's condition: `RetriesExhausted`, `EventAgeExceeded`, `ZeroReservedConcurrency`; ours: `Stopped`, by hand.
        condition: String,
        /// How many attempts there were.
        attempts: u32,
    },
    /// A dead-letter queue or a destination was sent what became of an asynchronous event.
    EventDelivered {
        /// Request id.
        request_id: String,
        /// Function name.
        function: String,
        /// `DeadLetter`, `OnSuccess` or `OnFailure`.
        kind: String,
        /// ARN of the queue, topic, function or event bus.
        target: String,
        /// Error code, when it was refused.
        error: Option<String>,
    },
    /// A state machine was created, changed or deleted. It is read with DescribeStateMachine.
    StateMachineChanged {
        /// Name.
        state_machine: String,
        /// `ACTIVE`, `DELETING`, or `DELETED` when it is gone.
        status: String,
    },
    /// An execution was started. Children of distributed Map states have no facts of their own: DescribeMapRun counts them.
    ExecutionStarted {
        /// Counts up over the session.
        execution: u64,
        /// Its ARN, to read it with.
        execution_arn: String,
        /// Name of the state machine.
        state_machine: String,
        /// Whether it is an express one.
        express: bool,
    },
    /// New events in an execution's history. They are read with GetExecutionHistory.
    ExecutionHistory {
        /// Which execution.
        execution: u64,
        /// The first one's id; the others follow.
        first_event_id: u64,
        /// How many there are.
        events: u64,
        /// Of their types, the states that they name and the events that led to them: 53 bits.
        checksum: u64,
    },
    /// An execution ended. A redriven one goes on after that, and ends again.
    ExecutionFinished {
        /// Which execution.
        execution: u64,
        /// `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
        status: String,
    },
    /// The messages of a queue after something was done to it. What time alone changes (a message becomes visible again) is told with
    /// the next thing that is done.
    QueueChanged {
        /// Queue name.
        queue: String,
        /// Messages that may be received.
        visible: u64,
        /// Messages that were received and are hidden.
        in_flight: u64,
        /// Messages that have not become visible yet.
        delayed: u64,
    },
    /// An event bus was given an event.
    BusEventAccepted {
        /// Its id.
        event_id: String,
        /// Name of the bus.
        bus: String,
        /// Where it says that it comes from.
        source: String,
        /// `detail-type`.
        detail_type: String,
        /// Names of the rules that it matches.
        rules: Vec<String>,
        /// Position in the command log of the request that brought it; none for events from inside.
        command: Option<u64>,
    },
    /// A schedule of Scheduler's occurred.
    ScheduleOccurred {
        /// Its ARN.
        schedule: String,
        /// Id of this occurrence.
        execution_id: String,
        /// The time that it was for; a flexible window may have delayed it.
        scheduled_time: String,
    },
    /// A topic was given a message.
    MessagePublished {
        /// ARN of the topic.
        topic: String,
        /// Its id.
        message_id: String,
        /// How many subscriptions it goes to.
        subscriptions: u64,
        /// How many subscriptions' filters kept it out.
        filtered: u64,
        /// Position in the command log of the request that brought it; none for messages from inside.
        command: Option<u64>,
    },
    /// A rule, a schedule or a subscription called its target, or its dead-letter queue.
    TargetCalled {
        /// ARN of the rule, schedule or subscription.
        source: String,
        /// Id of the event, occurrence or message.
        event_id: String,
        /// The rule's id for its target; a subscription's protocol; empty for a schedule, which has one.
        target_id: String,
        /// ARN of what was called.
        target: String,
        /// From 1.
        attempt: u32,
        /// Whether this is the dead-letter queue.
        dead_letter: bool,
        /// What the target made of it: id of a message or event, ARN of an execution. What a function makes of it is told with the
        /// invocation, which names the event.
        result: Option<String>,
        /// Error code, when it was refused.
        error: Option<String>,
        /// When it is tried again, if it is.
        due_at: Option<Timestamp>,
    },
    /// An event source mapping changed its state. It is read with GetEventSourceMapping.
    MappingChanged {
        /// UUID.
        mapping: String,
        /// ARN of the queue.
        source: String,
        /// ARN of the function, with the qualifier that was given.
        function: String,
        /// `Creating`, `Enabled`, `Disabling` …; `Deleted` when it is gone.
        state: String,
    },
    /// Messages that no filter of a mapping lets pass: they are deleted, and no function sees them.
    MessagesFiltered {
        /// UUID of the mapping.
        mapping: String,
        /// Queue name.
        queue: String,
        /// Message ids.
        messages: Vec<String>,
    },
    /// Messages were received for a function, and are hidden from others. The invocation names mapping and batch.
    BatchPolled {
        /// UUID of the mapping.
        mapping: String,
        /// Counts up over the session.
        batch: u64,
        /// Queue name.
        queue: String,
        /// ARN of the function, with the qualifier that was given.
        function: String,
        /// Message ids.
        messages: Vec<String>,
    },
    /// A batch found no room: its function's concurrency is used up, or it is not active yet.
    BatchDelayed {
        /// UUID of the mapping.
        mapping: String,
        /// Number of the batch.
        batch: u64,
        /// Error code of the invocation.
        reason: String,
        /// When it is tried again.
        due_at: Timestamp,
    },
    /// The end of a batch.
    BatchEnded {
        /// UUID of the mapping.
        mapping: String,
        /// Number of the batch.
        batch: u64,
        /// Request id of its invocation; none when the function never took it.
        request_id: Option<String>,
        /// `Success`, `PartialFailure`, `FunctionError`, `InvalidResponse`, `Throttled`, or an error code of the invocation.
        outcome: String,
        /// Ids of messages that are deleted.
        deleted: Vec<String>,
        /// Ids of messages that become visible again when their timeout is over.
        returned: Vec<String>,
    },
    /// A log event was stored.
    LogLine {
        /// Log group.
        group: String,
        /// Log stream.
        stream: String,
        /// Unix milliseconds of the line itself.
        timestamp_ms: u64,
        /// Request id that it belongs to, when known.
        request_id: Option<String>,
        /// The text, without the line break at its end.
        message: String,
    },
}

/// Who asked for something, when it was not a request of the host. It links facts for those who follow one event through the services; it
/// stands in no history's text, so that the digests of histories that were published before stay as they are. Where it is needed to tell two
/// histories apart, other facts do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// The handler that an environment runs.
    Environment(u32),
    /// Lambda, for an asynchronous event that ended: its request id.
    Event(String),
    /// A task of an execution: its number in the session.
    Execution(u64),
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// Where an execution environment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EnvironmentPhase {
    /// Downloading the package and making the sandbox.
    Starting,
    /// Running the init code.
    Init,
    /// Going on from a snapshot that was taken after the init code.
    Restore,
    /// Working on an event.
    Invoke,
    /// Frozen between events.
    Idle,
    /// Its guest was killed (timeout, trap, exit); `/tmp` is kept and the next event initialises it again.
    Reset,
    /// Gone.
    Reclaimed,
}

/// How an invocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The handler responded.
    Success,
    /// The handler answered with an error, or its runtime ended.
    Error,
    /// It ran into the function's timeout.
    Timeout,
    /// It was stopped by hand.
    Stopped,
}
