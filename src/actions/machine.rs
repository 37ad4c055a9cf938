//! State machines: create, save, delete, start.

use super::workspace::modules_of;
use super::{add_function_of, function_names, show, snapshot};
use crate::app::App;
use crate::host;
use crate::model::{
    CallError, DocumentAction, ExampleIndex, Logging, MachineExample, MachineRow, Notice,
    NoticesAction, Remedy, TestForm, TestOutcome, Tone, calls_service, create_machine,
    create_machine_again, delete_machine, describe_machine, draft_of_definition, execution_of_arn,
    free_name, get_mocks, list_machines, list_tags, machine_rows, put_mocks, start_execution,
    start_sync_execution, update_definition, update_logging,
};
use crate::route::{MachineTab, Route};
use coldstart_protocol::{DefinitionAnswer, DefinitionAsk};
use coldstart_workspace::{ApiRequest, MachineDraft};
use serde_json::Value;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// The machines that the cloud has, by name.
pub async fn machines(app: &App) -> Result<Vec<MachineRow>, CallError> {
    Ok(machine_rows(&super::read_pages(app, &list_machines(), super::PAGES_MAX).await?))
}

async fn arn_of(app: &App, name: &str) -> Result<Option<String>, CallError> {
    let rows = machines(app).await?;
    Ok(rows.into_iter().find(|row| row.name == name).map(|row| row.arn))
}

/// The names that the workspace's machines have, drafts included.
pub async fn machine_names(app: &App) -> Vec<String> {
    let mut names: Vec<String> = app.document.get().workspace.machines.keys().cloned().collect();
    names.extend(machines(app).await.unwrap_or_default().into_iter().map(|row| row.name));
    names.sort();
    names.dedup();
    names
}

/// Creates a machine in the cloud and its draft, and goes there.
pub async fn create_state_machine(
    app: &App,
    name: &str,
    draft: MachineDraft,
) -> Result<(), CallError> {
    app.engine.request(create_machine(name, &draft), &[]).await?;
    app.document.dispatch(DocumentAction::MachineChanged { name: name.to_owned(), draft });
    app.say(format!("{name} was created."));
    app.go(&Route::machine(name, MachineTab::Definition));
    Ok(())
}

/// Adds an example's state machine with the functions that it calls, and goes there. A function of that name that
/// the workspace has already is left as it is: it may be the visitor's.
pub async fn add_machine_example(
    app: &App,
    index: &ExampleIndex,
    example: &MachineExample,
) -> Result<(), String> {
    let names = function_names(app);
    for function in index.functions_of(example) {
        let name = &function.function.name;
        if !names.contains(name) {
            add_function_of(app, function, name).await?;
        }
    }
    let taken = machine_names(app).await;
    let name = free_name(&example.machine.name, "-", taken.iter().map(String::as_str));
    create_state_machine(app, &name, example.draft()).await.map_err(|error| error.line())
}

/// Brings the draft's definition to the cloud: the machine is changed, or made when there is none.
pub async fn save_definition(app: &App, name: &str) -> Result<(), CallError> {
    let document = app.document.get();
    let Some(draft) = document.machine(name) else { return Ok(()) };
    match arn_of(app, name).await? {
        Some(arn) => app.engine.request(update_definition(&arn, &draft.definition), &[]).await?,
        None => app.engine.request(create_machine(name, draft), &[]).await?,
    };
    app.say(format!("{name} was saved."));
    Ok(())
}

/// Makes a draft of a machine that the cloud has and the document does not.
pub async fn adopt_machine(app: &App, name: &str, arn: &str) {
    let Ok(response) = app.engine.request(describe_machine(arn), &[]).await else { return };
    if app.document.get().machine(name).is_none() {
        let draft = draft_of_definition(&response.output);
        app.document.dispatch(DocumentAction::MachineChanged { name: name.to_owned(), draft });
    }
}

/// Changes where a machine logs to.
pub async fn save_logging(app: &App, arn: &str, logging: &Logging) -> Result<(), CallError> {
    app.engine.request(update_logging(arn, logging), &[]).await?;
    app.say("The logging configuration was saved.");
    Ok(())
}

/// A machine as it was before it was deleted.
pub struct DeletedMachine {
    name: String,
    draft: Option<MachineDraft>,
    /// Makes it again; none when it was never saved.
    create: Option<ApiRequest>,
}

/// Deletes a machine. Its draft goes too; a message offers to undo it.
pub fn delete_state_machine(app: &App, name: &str) {
    let (app, name) = (app.clone(), name.to_owned());
    spawn_local(async move {
        let draft = app.document.get().machine(&name).cloned();
        let deleted = async {
            let Some(arn) = arn_of(&app, &name).await? else { return Ok(None) };
            let create = creation_of(&app, &arn).await;
            app.engine.request(delete_machine(&arn), &[]).await?;
            Ok::<_, CallError>(create)
        };
        match deleted.await {
            Ok(create) => {
                app.document.dispatch(DocumentAction::MachineRemoved { name: name.clone() });
                offer_undo(&app, DeletedMachine { name: name.clone(), draft, create });
                if app.here.get().route.machine_name() == Some(&name) {
                    app.go(&Route::Machines);
                }
            }
            Err(error) => show(
                &app,
                Notice::new(Tone::Error, format!("{name} could not be deleted."))
                    .detail(error.line()),
            ),
        }
    });
}

fn offer_undo(app: &App, deleted: DeletedMachine) {
    let notice = Notice::new(Tone::Success, format!("{} was deleted.", deleted.name));
    app.undo.borrow_mut().machine = Some(deleted);
    app.notices.dispatch(NoticesAction::Forget(Remedy::UndoDeleteMachine));
    show(app, notice.remedy(Remedy::UndoDeleteMachine));
}

/// Creates the machine again that was deleted last, with its draft, logging and tags. Its history stays what it was: deleted, then created;
/// its versions and aliases do not come back.
pub fn undo_delete_machine(app: &App) {
    let Some(deleted) = app.undo.borrow_mut().machine.take() else { return };
    app.notices.dispatch(NoticesAction::Forget(Remedy::UndoDeleteMachine));
    let app = app.clone();
    spawn_local(async move {
        let made = match deleted.create.clone() {
            Some(create) => app.engine.request(create, &[]).await.map(|_| ()),
            None => Ok(()),
        };
        let name = deleted.name.clone();
        match made {
            Ok(()) => {
                if let Some(draft) = deleted.draft {
                    app.document
                        .dispatch(DocumentAction::MachineChanged { name: name.clone(), draft });
                }
                app.say(format!("{name} is back."));
            }
            // It may still be deleting, until its last execution has ended: the offer stands.
            Err(error) => {
                app.undo.borrow_mut().machine = Some(deleted);
                let notice =
                    Notice::new(Tone::Error, format!("{name} could not be created again."));
                show(&app, notice.detail(error.line()).remedy(Remedy::UndoDeleteMachine));
            }
        }
    });
}

/// The request that makes a machine as it is, with its tags.
async fn creation_of(app: &App, arn: &str) -> Option<ApiRequest> {
    let described = app.engine.request(describe_machine(arn), &[]).await.ok()?;
    let tags = app.engine.request(list_tags(arn), &[]).await;
    let tags = tags.map(|response| response.output).unwrap_or_default();
    Some(create_machine_again(&described.output, &tags))
}

/// The requests that make the cloud's machines, with their tags and the mocks in use, as they are.
pub(super) async fn machine_requests(app: &App) -> Vec<ApiRequest> {
    let mut requests = Vec::new();
    for row in machines(app).await.unwrap_or_default() {
        requests.extend(creation_of(app, &row.arn).await);
    }
    if let Ok(mocks) = app.engine.request(get_mocks(), &[]).await
        && let Some(configuration) =
            mocks.output.get("configuration").filter(|mocks| !mocks.is_null())
    {
        requests.push(put_mocks(Some(&configuration.to_string())));
    }
    requests
}

/// What came of a start.
#[derive(Debug, Clone, PartialEq)]
pub enum Started {
    /// A Standard execution runs under this name.
    Running(String),
    /// An Express execution was waited for: what StartSyncExecution answers.
    Done(Rc<Value>),
}

/// Starts an execution. One of an Express machine is waited for.
pub async fn start_machine(
    app: &App,
    arn: &str,
    express: bool,
    name: &str,
    input: &str,
) -> Result<Started, CallError> {
    let input = if input.trim().is_empty() { "{}" } else { input };
    if express {
        let response = app.engine.request(start_sync_execution(arn, name, input), &[]).await?;
        return Ok(Started::Done(Rc::new(response.output)));
    }
    let response = app.engine.request(start_execution(arn, name, input), &[]).await?;
    let started = response.output.get("executionArn").and_then(Value::as_str).unwrap_or_default();
    let name = execution_of_arn(started).map_or_else(|| started.to_owned(), |(_, name)| name);
    Ok(Started::Running(name))
}

/// Tests one state of a definition. What it calls without a mock is called in a copy of the session.
pub async fn test_state(
    app: &App,
    definition: &str,
    state: &str,
    state_type: &str,
    form: &TestForm,
) -> Result<TestOutcome, CallError> {
    let request = crate::model::test_state(definition, state, state_type, form);
    let response = if calls_service(form, state_type) {
        let workspace = snapshot(app);
        let (modules, _) = modules_of(app, &workspace).await;
        app.engine.try_request(workspace, &modules, Vec::new(), request).await?
    } else {
        app.engine.request(request, &[]).await?
    };
    Ok(TestOutcome::of(&response.output))
}

/// Saves a definition's picture as a file.
pub fn download_picture(app: &App, name: &str, definition: &str) {
    let (app, name, text) = (app.clone(), name.to_owned(), definition.to_owned());
    spawn_local(async move {
        let ask = DefinitionAsk::Draw { text, title: name.clone() };
        let drawn = match app.engine.definition(ask).await {
            Some(DefinitionAnswer::Drawing(drawn)) => drawn,
            _ => Err("The engine stopped while it drew this.".into()),
        };
        let saved = drawn.and_then(|svg| {
            host::download(&format!("{name}.svg"), "image/svg+xml", svg.as_bytes())
        });
        if let Err(error) = saved {
            show(&app, Notice::new(Tone::Error, "The picture was not saved.").detail(error));
        }
    });
}
