//! Whole histories: every scenario runs twice and through its serialised session (see [`crate::testing`]).

mod asynchronous;
mod environments;
mod extensions;
mod faults;
mod hostile;
pub(crate) mod images;
mod invocations;
mod javascript;
mod lambda_configuration;
mod lambda_layers;
mod lambda_versions;
mod load;
mod logs;
mod modules;
mod packages;
mod provisioned;
mod requests;
mod snap_start;
mod telemetry;

use crate::testing::Scenario;
use expect_test::Expect;

const ECHO: &str = "loop\nevent: burn 1000000; respond $event";

#[track_caller]
fn check(scenario: Scenario, expected: Expect) {
    expected.assert_eq(&scenario.trace());
}
