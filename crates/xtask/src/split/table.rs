//! The parts of the site's two modules. To add one, add a line: nothing else needs to know of it.
//!
//! Names are those that wasm-bindgen leaves in the module, as Rust writes paths: `wast::parser::parse`, `<wast::Wat as Parse>::parse`. Which
//! functions went where, and how large they are, is in `target/xtask/split/` after a build.

use super::Rule;

/// A part, with what it may come to.
pub(crate) struct Part {
    pub(crate) rule: Rule,
    /// Bytes (brotli) at most. It is fetched after the first screen, so this is about the visitor's transfer, not their waiting.
    pub(crate) brotli_max: u64,
    /// Where the page fetches it before it draws: routes, or beginnings of routes with a star, or [`AGAIN`].
    pub(crate) needed_at: &'static [&'static str],
}

/// A visitor who comes again: there is a workspace of theirs.
const AGAIN: &str = "again";

/// Parts of the engine (package `coldstart-worker`).
pub(crate) const ENGINE: &[Part] = &[
    // The assembler for WebAssembly text. The starter's module travels with its text, so that this is needed when the text is edited.
    Part {
        rule: Rule {
            name: "wat",
            claims: &["wast::", "coldstart_worker::assemble"],
            stays: &[],
            after: &[],
            needs: &[],
        },
        brotli_max: 110_000,
        needed_at: &[],
    },
    // Step Functions: definitions, expressions, executions.
    Part {
        rule: Rule {
            name: "states",
            claims: &[
                "coldstart_engine::states::api_model",
                "coldstart_engine::states::result_models",
                "coldstart_asl::",
                "coldstart_expr::",
                "coldstart_engine::states::",
                "coldstart_engine::model::results",
                "coldstart_engine::model::load::parse_all",
                "coldstart_worker::definition",
                "coldstart_protocol::definition",
                "coldstart_protocol::execution",
                "coldstart_worker::views::execution",
                "rust_sugiyama::",
                "petgraph::",
                "sha1::",
            ],
            // What a session begins with, what every flush asks, and what the engine's own generator was folded with.
            stays: &[
                "coldstart_worker::views::execution::Executions>::of_new_session",
                "coldstart_worker::views::execution::Executions>::watch",
                "coldstart_asl::interpret::random::Random>::uuid",
            ],
            after: &[],
            needs: &["services"],
        },
        // 320,000 before it was built for speed (docs/adr/0009).
        brotli_max: 400_000,
        needed_at: &["#/machines*", "#/labs/*"],
    },
    // Lambda's control plane beyond functions: versions, aliases, layers, permissions, mappings … An invocation without a qualifier needs none.
    Part {
        rule: Rule {
            name: "lambda",
            claims: &[
                "coldstart_engine::ecr::",
                "coldstart_engine::faults::handle",
                "coldstart_engine::faults::inject",
                "coldstart_engine::faults::script::",
                "coldstart_engine::faults::strike",
                "coldstart_engine::lambda::asynchronous::",
                "coldstart_engine::lambda::control::",
                "coldstart_engine::lambda::load::",
                "coldstart_engine::links::",
                "coldstart_engine::lambda::event_sources::",
                "coldstart_engine::lambda::environment::Lambda>::provision",
                "coldstart_engine::lambda::environment::Lambda>::release",
                "coldstart_engine::lambda::environment::Lambda>::tell_provisioned",
                "coldstart_engine::lambda::environment::Lambda>::snapshot_",
                "coldstart_engine::lambda::environment::Lambda>::restore_",
                "coldstart_engine::lambda::environment::Lambda>::extension",
                "coldstart_engine::lambda::environment::extensions::",
                "coldstart_sandbox::snapshot::",
                "coldstart_worker::trial",
                "coldstart_workspace::compiled",
                "flate2::",
                "miniz_oxide::",
            ],
            // What a session begins with.
            stays: &["coldstart_engine::ecr::Ecr as core::default::Default"],
            after: &[],
            needs: &["services"],
        },
        // 95,000 before there were container images and telemetry.
        brotli_max: 125_000,
        needed_at: &["#/labs/*"],
    },
    // Views that the first screen does not show, and what only a second look at the facts tells. Taking facts in stays.
    Part {
        rule: Rule {
            name: "views",
            claims: &[
                "coldstart_worker::views::events::Events>::apply",
                "coldstart_worker::views::events::Events>::window",
                "coldstart_worker::views::lanes::",
                "coldstart_worker::views::logs::folded",
                "coldstart_worker::views::traces",
                "coldstart_worker::views::invocations::Invocations>::costs",
                "coldstart_protocol::view::later::write_",
            ],
            stays: &[],
            after: &[],
            needs: &["services"],
        },
        brotli_max: 30_000,
        needed_at: &[],
    },
    // The filter languages: of rules, of mappings, of subscriptions.
    Part {
        rule: Rule {
            name: "patterns",
            claims: &["coldstart_engine::patterns::"],
            stays: &[],
            after: &[],
            needs: &["services"],
        },
        brotli_max: 25_000,
        needed_at: &[],
    },
    // Queues.
    Part {
        rule: Rule {
            name: "queues",
            claims: &[
                "coldstart_engine::sqs::api_model",
                "coldstart_engine::sqs::",
                "coldstart_worker::views::queues",
                "md5::",
            ],
            // What a session begins with.
            stays: &["coldstart_engine::sqs::model::Sqs as core::default::Default"],
            after: &[],
            needs: &["services"],
        },
        brotli_max: 60_000,
        needed_at: &[],
    },
    // What rules, schedules and topics do. An account without them has the three empty services.
    Part {
        rule: Rule {
            name: "events",
            claims: &[
                "coldstart_engine::sns::api_model",
                "coldstart_engine::eventbridge::api_model",
                "coldstart_engine::scheduler::api_model",
                "coldstart_engine::eventbridge::",
                "coldstart_engine::scheduler::",
                "coldstart_engine::sns::",
                "coldstart_engine::targets::",
            ],
            // What a session begins with.
            stays: &[
                "coldstart_engine::eventbridge::model::EventBridge as core::default::Default",
                "coldstart_engine::scheduler::model::Scheduler as core::default::Default",
                "coldstart_engine::sns::model::Sns as core::default::Default",
            ],
            after: &[],
            needs: &["services"],
        },
        // 70,000 before buses had policies.
        brotli_max: 80_000,
        needed_at: &[],
    },
    // The API of logs with its queries, metrics with what reads them, roles and the evaluator. Writing a line and counting an invocation stay.
    Part {
        rule: Rule {
            name: "logs",
            claims: &[
                "coldstart_engine::logs::api_model",
                "coldstart_engine::cloudwatch::api_model",
                "coldstart_engine::logs::",
                "coldstart_engine::cloudwatch::",
                "coldstart_engine::iam::",
            ],
            // What every line and every fact comes to, and what a session begins with.
            stays: &[
                "coldstart_engine::logs::model::",
                "coldstart_engine::cloudwatch::Metrics>::observe",
                "coldstart_engine::cloudwatch::facts::",
                "coldstart_engine::cloudwatch::store::",
                " as core::default::Default>::default",
            ],
            after: &[],
            needs: &["services"],
        },
        brotli_max: 130_000,
        needed_at: &[],
    },
    // The expression language of their newer half.
    Part {
        rule: Rule {
            name: "jsonata",
            claims: &["jlens_core::", "jlens_regress::", "ryu_js::", "coldstart_expr::jsonata::"],
            stays: &[],
            after: &["states"],
            needs: &["states", "services"],
        },
        brotli_max: 320_000,
        needed_at: &[],
    },
    // Checks of workshop labs, and what reads somebody's own: TOML and Markdown.
    Part {
        rule: Rule {
            name: "checks",
            claims: &[
                "coldstart_worker::labs",
                "coldstart_protocol::labs::",
                "coldstart_workspace::lab::",
                "toml::",
                "toml_parser::",
                "toml_datetime::",
                "serde_spanned::",
                "winnow::",
                "pulldown_cmark::",
                "unicase::",
            ],
            stays: &[],
            after: &[],
            needs: &[
                "jsonata", "states", "lambda", "services", "refusals", "wat", "accept", "logs",
                "wasi",
            ],
        },
        brotli_max: 205_000,
        needed_at: &["#/labs*", "#/receipts*"],
    },
    // System calls of guests that were compiled for WASI. The starter speaks Lambda's own.
    Part {
        rule: Rule {
            name: "wasi",
            claims: &["coldstart_sandbox::wasi::", "coldstart_sandbox::wasmi_tier::link_all::wasi"],
            // Every environment has a file system.
            stays: &["coldstart_sandbox::wasi::fs::"],
            after: &[],
            needs: &[],
        },
        brotli_max: 40_000,
        needed_at: &[],
    },
    // The browser's own WebAssembly as a tier (docs/adr/0010). Functions begin on the other one.
    Part {
        rule: Rule {
            name: "tier",
            claims: &[
                "coldstart_sandbox::host_tier::",
                "coldstart_webassembly::host::",
                "coldstart_worker::tiers::answer",
            ],
            // What every run asks.
            stays: &[
                "coldstart_webassembly::host::HostWebAssembly as coldstart_sandbox::tiers::WebAssembly>::now_ms",
            ],
            after: &[],
            needs: &["accept", "wasi"],
        },
        brotli_max: 30_000,
        needed_at: &[],
    },
    // What judges and meters modules. The starter's was accepted beforehand, and is known to be valid.
    Part {
        rule: Rule {
            name: "accept",
            claims: &[
                "coldstart_sandbox::accept::accept_new",
                "coldstart_sandbox::accept::explain",
                "coldstart_sandbox::accept::inspect",
                "coldstart_sandbox::describe",
                "coldstart_worker::module::brought",
                "coldstart_sandbox::meter::",
                "coldstart_sandbox::wasmi_tier::validated",
                "wasm_encoder::",
                "wasmi::engine::translator::driver::FuncTranslationDriver<wasmi::engine::translator::ValidatingFuncTranslator<",
                "wasmparser::validator::",
            ],
            stays: &[],
            after: &[],
            needs: &[],
        },
        brotli_max: 160_000,
        needed_at: &[AGAIN, "#/w/*", "#/labs/*"],
    },
    // What only a panic's message shows.
    Part {
        rule: Rule {
            name: "refusals",
            claims: &[
                " as core::fmt::Debug>::fmt",
                "core::str::iter::EscapeDebug as",
                "char>::escape_debug_ext",
                "core::unicode::printable::",
            ],
            stays: &[],
            after: &[],
            needs: &[],
        },
        brotli_max: 30_000,
        needed_at: &[],
    },
    // What several services share and the first screen does not use.
    Part {
        rule: Rule {
            name: "services",
            // Numbers from text, with a table of 10 kB that does not compress: JSON has its own.
            claims: &["core::num::dec2flt::", "f64 as core::str::traits::FromStr>::from_str"],
            stays: &[],
            after: &[],
            needs: &[],
        },
        brotli_max: 60_000,
        needed_at: &[],
    },
];

/// Parts of the page (package `coldstart-app`).
pub(crate) const PAGE: &[Part] = &[
    // What a function's page shows on its other tabs.
    Part {
        rule: Rule {
            name: "tabs",
            claims: &[
                "coldstart_app::pages::test_tab",
                "coldstart_app::pages::code_files",
                "coldstart_app::model::files",
                "coldstart_app::actions::assemblyscript",
                "coldstart_app::actions::javascript",
                "coldstart_app::actions::typescript",
                "coldstart_app::components::compiler_progress",
                "coldstart_app::components::module_check",
                "coldstart_app::pages::code_compiled",
                "coldstart_app::actions::function::prepare",
                "coldstart_app::actions::function::create",
                "coldstart_app::actions::function::deploy",
                "coldstart_app::actions::function::delete",
                "coldstart_app::actions::function::undo_delete",
                "coldstart_app::actions::function::add_",
                "coldstart_app::actions::function::make_requests",
                "coldstart_app::pages::monitor_tab",
                "coldstart_app::pages::tier_panel",
                "coldstart_app::model::tiers",
                "coldstart_app::actions::tiers::send_kept",
                "coldstart_app::actions::tiers::choose_tier",
                "coldstart_app::pages::configuration",
                "coldstart_app::pages::function_versions",
                "coldstart_app::pages::memory_sweep",
                "coldstart_app::components::async_events",
                "coldstart_protocol::view::later::events",
                "coldstart_app::model::function_control",
                "coldstart_app::model::costs",
                "coldstart_app::components::lanes_chart",
                "coldstart_app::pages::loads",
                "coldstart_app::model::loads",
                "coldstart_protocol::view::later::lanes",
                "coldstart_protocol::view::later::load",
                "coldstart_app::components::invocations_table",
                "coldstart_app::components::log_view",
                "coldstart_app::model::lanes",
            ],
            stays: &[],
            after: &[],
            needs: &["charts", "common"],
        },
        // 90,000 before there were loads, 100,000 before there were files of text.
        // 110,000 before there were faults, runtime settings and files that are compiled, 125,000 before tiers could be chosen.
        brotli_max: 130_000,
        needed_at: &["#/functions/*"],
    },
    // The list of functions: who comes for the first time is at the starter.
    Part {
        rule: Rule {
            name: "functions",
            claims: &["coldstart_app::pages::functions"],
            stays: &[],
            after: &[],
            needs: &["common"],
        },
        brotli_max: 12_000,
        needed_at: &[AGAIN, "#/functions", "#/w/*"],
    },
    // Charts of metrics: of functions, queues and state machines.
    Part {
        rule: Rule {
            name: "charts",
            claims: &[
                "coldstart_app::components::line_chart",
                "coldstart_app::pages::metrics",
                "coldstart_app::model::metrics",
            ],
            stays: &[],
            after: &[],
            needs: &["common"],
        },
        brotli_max: 25_000,
        needed_at: &["#/functions/*", "#/queues*", "#/machines*"],
    },
    // Queues. Their forms are those of a function's tabs.
    Part {
        rule: Rule {
            name: "resources",
            claims: &[
                "coldstart_app::pages::queue",
                "coldstart_app::pages::costs",
                "coldstart_app::pages::trace",
                "coldstart_app::model::trace",
                "coldstart_app::model::queue",
                "coldstart_protocol::view::later::",
            ],
            stays: &[],
            after: &[],
            needs: &["service-pages", "tabs", "charts", "common"],
        },
        brotli_max: 40_000,
        needed_at: &["#/queues*", "#/costs", "#/trace/*"],
    },
    // Topics, event buses with their rules and archives, schedules, layers and roles.
    Part {
        rule: Rule {
            name: "service-pages",
            claims: &[
                "coldstart_app::pages::access_policy",
                "coldstart_app::pages::archives",
                "coldstart_app::pages::buses",
                "coldstart_app::pages::replays",
                "coldstart_app::pages::resource",
                "coldstart_app::pages::schedule_groups",
                "coldstart_app::pages::services",
                "coldstart_app::pages::listing",
                "coldstart_app::pages::topic",
                "coldstart_app::pages::subscriptions",
                "coldstart_app::pages::rule",
                "coldstart_app::pages::send_events",
                "coldstart_app::pages::schedules",
                "coldstart_app::pages::layers",
                "coldstart_app::pages::role",
                "coldstart_app::actions::layer",
                "coldstart_app::model::archives",
                "coldstart_app::model::events",
                "coldstart_app::model::permission",
                "coldstart_app::model::schedules",
                "coldstart_app::model::iam",
            ],
            stays: &[],
            after: &[],
            needs: &["tabs", "common"],
        },
        // 90,000 before there were archives, replays and groups.
        brotli_max: 100_000,
        needed_at: &[
            "#/services",
            "#/topics*",
            "#/rules*",
            "#/buses*",
            "#/archives*",
            "#/replays*",
            "#/schedule*",
            "#/layers*",
            "#/roles*",
        ],
    },
    // State machines.
    Part {
        rule: Rule {
            name: "machines",
            claims: &[
                "coldstart_app::pages::execution",
                "coldstart_app::pages::machine",
                "coldstart_app::components::execution",
                "coldstart_app::components::machine",
                "coldstart_app::actions::execution",
                "coldstart_app::actions::machine",
                "coldstart_app::model::machine",
                "coldstart_app::model::execution",
                "coldstart_app::storage::histories",
                "coldstart_protocol::definition",
                "coldstart_protocol::execution",
            ],
            stays: &["coldstart_app::components::code_editor"],
            after: &[],
            needs: &["charts", "common"],
        },
        brotli_max: 220_000,
        needed_at: &["#/machines*", "#/labs/*"],
    },
    // Reading a workspace that was stored or shared.
    Part {
        rule: Rule {
            name: "saved",
            claims: &[
                "coldstart_app::components::link_banner",
                "coldstart_workspace::decode",
                "coldstart_workspace::document::Workspace>::from_json",
                "serde_path_to_error::",
            ],
            stays: &[],
            after: &[],
            needs: &["common"],
        },
        brotli_max: 60_000,
        needed_at: &[AGAIN, "#/w/*", "#/labs/*"],
    },
    // Other pages, dialogs, and what they do.
    Part {
        rule: Rule {
            name: "pages",
            claims: &[
                "coldstart_app::pages::examples",
                "coldstart_app::pages::workspaces",
                "coldstart_app::pages::not_found",
                "coldstart_app::components::create_function",
                "coldstart_app::components::dialogs",
                "coldstart_app::components::share_dialog",
                "coldstart_app::actions::link",
                "coldstart_app::actions::workspace::delete_workspace",
                "coldstart_app::actions::workspace::duplicate",
                "coldstart_app::actions::workspace::rename",
                "coldstart_app::actions::workspace::reset",
                "coldstart_app::actions::workspace::undo_",
                "coldstart_workspace::diff",
                "coldstart_workspace::file",
                "coldstart_workspace::link",
                "zip::",
                "miniz_oxide::",
                "flate2::",
                "crc32fast::",
                " as core::fmt::Debug>::fmt",
            ],
            stays: &[],
            after: &[],
            needs: &["saved", "common"],
        },
        brotli_max: 130_000,
        needed_at: &["#/examples", "#/workspaces", "#/w/*"],
    },
    // Workshop labs: the catalogue, the reader beside the workbench, receipts.
    Part {
        rule: Rule {
            name: "labs",
            claims: &[
                "coldstart_app::pages::labs",
                "coldstart_app::components::lab",
                "coldstart_app::model::labs",
                "coldstart_app::actions::labs",
                "coldstart_app::store::Store<coldstart_app::model::labs::Labs>",
                "coldstart_app::hooks::store::use_selected::inner_fn::<coldstart_app::model::labs::Labs",
                "coldstart_protocol::labs::",
                "coldstart_workspace::lab::",
            ],
            // Linkers fold those of equal selections, and the first screen has some.
            stays: &[" as yew::functional::Effect>::rendered"],
            after: &[],
            needs: &["pages", "saved", "machines", "charts", "common"],
        },
        brotli_max: 125_000,
        needed_at: &["#/labs*", "#/receipts*"],
    },
    // What several pages share and the first screen does not use.
    Part {
        rule: Rule { name: "common", claims: &[], stays: &[], after: &[], needs: &[] },
        brotli_max: 60_000,
        needed_at: &[],
    },
];
