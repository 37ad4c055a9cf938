//! An execution in all its views, the engine's or an imported one: they share one selection and one time cursor.

use super::compare::Compare;
use super::data::DataText;
use super::events::EventsTable;
use super::graph::ExecutionGraph;
use super::grid::Iterations;
use super::scrubber::Scrubber;
use super::state::StatePanel;
use super::timeline::Timeline;
use crate::components::{Alert, Facts, Panel, Tab, Tabs, waiting};
use crate::hooks::{use_session, use_view};
use crate::model::{Moment, Tone, Viewing, ViewingAction, format_count, format_micros};
use coldstart_protocol::{ExecutionPart, ExecutionSummary, ViewSpec};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ExecutionViewProps {
    /// The execution's ARN, or the import's source.
    pub source: AttrValue,
    /// The machine; empty for an imported history.
    pub machine: AttrValue,
    pub read_only: bool,
}

/// All views.
#[component]
pub fn ExecutionView(props: &ExecutionViewProps) -> Html {
    let viewing = use_reducer(Viewing::default);
    let tab = use_state(|| "view-events");
    let unvisited = use_state(|| None::<AttrValue>);
    let source = props.source.to_string();
    let spec = |part: ExecutionPart| ViewSpec::Execution { source: props.source.to_string(), part };
    use_view(Some(spec(ExecutionPart::Summary { cursor: viewing.cursor })));
    use_view(Some(spec(ExecutionPart::Definition)));
    use_view(viewing.selected.map(|event| spec(ExecutionPart::Visit { event })));
    let (summary, definition, detail) = use_session(move |session| {
        let windows = session.executions.get(&source).cloned().unwrap_or_default();
        (windows.summary.clone(), windows.definition.clone(), windows.visit.clone())
    });
    // The cursor lives in what there is; what failed is what one came for.
    {
        let bounds = summary.as_ref().map(|it| (it.first_event, it.last_event, it.failed_event));
        let dispatcher = viewing.dispatcher();
        let untouched = viewing.selected.is_none();
        use_effect_with(bounds, move |bounds| {
            if let Some((first, last, failed)) = *bounds {
                dispatcher.dispatch(ViewingAction::Bounds(first, last));
                if let Some(failed) = failed.filter(|_| untouched) {
                    dispatcher.dispatch(ViewingAction::Select(failed));
                }
            }
        });
    }
    {
        let unvisited = unvisited.clone();
        use_effect_with((viewing.selected, viewing.cursor), move |_| unvisited.set(None));
    }
    let Some(summary) = summary else {
        return waiting("execution");
    };
    // A visit of something else than what is selected comes a moment late, and goes on being shown until then.
    let detail = detail.filter(|_| viewing.selected.is_some());
    let visit = detail.as_ref().map(|detail| detail.bar.event);
    let state = detail.as_ref().map(|detail| AttrValue::from(detail.bar.name.clone()));
    let selected = unvisited.as_ref().cloned().or(state);
    let on_unvisited = {
        let unvisited = unvisited.clone();
        Callback::from(move |name: AttrValue| unvisited.set(Some(name)))
    };
    let tabs = vec![
        Tab { key: "view-events", label: "Events" },
        Tab { key: "view-timeline", label: "Timeline" },
        Tab { key: "view-iterations", label: "Map iterations" },
        Tab { key: "view-data", label: "Input and output" },
        Tab { key: "view-definition", label: "Definition" },
        Tab { key: "view-compare", label: "Compare" },
    ];
    let on_tab = {
        let tab = tab.clone();
        Callback::from(move |key: &'static str| tab.set(key))
    };
    let text = |text: &Option<String>| text.clone().map(AttrValue::from);
    html! {
        <div class="execution-view">
            { overview(&summary, &viewing) }
            <Scrubber summary={summary.clone()} viewing={viewing.clone()} />
            <div class="execution-columns">
                <ExecutionGraph summary={summary.clone()} definition={definition.clone()} {selected} viewing={viewing.clone()} {on_unvisited} />
                <StatePanel source={props.source.clone()} detail={detail.clone()} unvisited={(*unvisited).clone()} imported={summary.imported} read_only={props.read_only} viewing={viewing.clone()} />
            </div>
            <Tabs label="Views of the execution" {tabs} selected={*tab} on_select={on_tab}>
                { match *tab {
                    "view-timeline" => html! { <Panel title="Timeline" counter={format_count(summary.visits as u64)} flush={true} description="Visits of states over virtual time. Where nothing happens, it is shortened.">
                        <Timeline source={props.source.clone()} summary={summary.clone()} {visit} viewing={viewing.clone()} />
                    </Panel> },
                    "view-iterations" => html! { <Panel title="Map iterations"><Iterations source={props.source.clone()} event={viewing.selected.unwrap_or_default()} imported={summary.imported} viewing={viewing.clone()} /></Panel> },
                    "view-data" => html! { <Panel title="Input and output"><div class="execution-data">
                        <DataText title="Execution input" text={text(&summary.input)} missing="The history was read without execution data." />
                        <DataText title="Execution output" text={text(&summary.output).filter(|_| summary.status_at == summary.status)} missing="There is no output: the execution goes on, or did not succeed." />
                    </div></Panel> },
                    "view-definition" => html! { <Panel title="Definition">{ match &definition {
                        Some(definition) => html! { <DataText title={if definition.1 { "Put together from the history" } else { "As it was run" }} text={Some(AttrValue::from(definition.0.clone()))} /> },
                        None => html! { <p class="quiet" role="status">{ "Loading the definition …" }</p> },
                    } }</Panel> },
                    "view-compare" => html! { <Panel title="Compare"><Compare source={props.source.clone()} machine={props.machine.clone()} viewing={viewing.clone()} /></Panel> },
                    _ => html! { <Panel title="Events" flush={true}><EventsTable source={props.source.clone()} summary={summary.clone()} viewing={viewing.clone()} /></Panel> },
                } }
            </Tabs>
        </div>
    }
}

/// When it ran, and why it failed.
fn overview(summary: &ExecutionSummary, viewing: &UseReducerHandle<Viewing>) -> Html {
    let moment = |us: u64| {
        let moment = Moment::from_unix_ms(us / 1_000);
        html! { <time title={moment.full_text()}>{ format!("{} {}", moment.date_text(), moment.time_text()) }</time> }
    };
    let mut facts: Vec<(AttrValue, Html)> = vec![("Started".into(), moment(summary.started_us))];
    if let Some(stopped) = summary.stopped_us {
        facts.push(("Ended".into(), moment(stopped)));
        facts.push((
            "Duration".into(),
            format_micros(stopped.saturating_sub(summary.started_us)).into(),
        ));
    }
    facts.push(("Events".into(), format_count(summary.events as u64).into()));
    facts.push(("Visits of states".into(), format_count(summary.visits as u64).into()));
    if summary.redrives > 0 {
        facts.push(("Redrives".into(), format_count(u64::from(summary.redrives)).into()));
    }
    let show = summary.failed_event.map(|event| {
        let dispatcher = viewing.dispatcher();
        Callback::from(move |_: MouseEvent| {
            dispatcher.dispatch(ViewingAction::End);
            dispatcher.dispatch(ViewingAction::Select(event));
        })
    });
    html! {
        <>
            if summary.error.is_some() || summary.cause.is_some() {
                <Alert tone={Tone::Error} title={summary.error.clone().unwrap_or_else(|| "No error name".into())}>
                    if let Some(cause) = &summary.cause { <p class="aws-message">{ cause }</p> }
                    if let (Some(event), Some(onclick)) = (summary.failed_event, show) { <p><button type="button" class="text-button" {onclick}>{ format!("Show where: event {event}") }</button></p> }
                </Alert>
            }
            for remark in summary.remarks.iter() { <Alert tone={Tone::Warning} title="Part of the history is not understood."><p>{ remark }</p></Alert> }
            <Panel title="Execution"><Facts {facts} /></Panel>
        </>
    }
}
