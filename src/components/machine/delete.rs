//! The question before a state machine goes.

use crate::actions;
use crate::components::{Button, ButtonKind, Modal};
use crate::hooks::use_app;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct DeleteMachineDialogProps {
    pub name: AttrValue,
}

/// Delete a state machine?
#[component]
pub fn DeleteMachineDialog(props: &DeleteMachineDialogProps) -> Html {
    let app = use_app();
    let on_close = {
        let app = app.clone();
        Callback::from(move |()| app.close_dialog())
    };
    let delete = {
        let name = props.name.clone();
        Callback::from(move |_: MouseEvent| {
            app.close_dialog();
            actions::delete_state_machine(&app, &name);
        })
    };
    let footer = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" onclick={on_close.reform(|_: MouseEvent| ())} />
            <Button kind={ButtonKind::Primary} label="Delete" onclick={delete} />
        </>
    };
    html! {
        <Modal title={format!("Delete {}?", props.name)} {on_close} {footer}>
            <p>{ "Its definition, its saved inputs, its versions and its aliases go. Executions that run end at their next transition. You can undo this, but for versions and aliases." }</p>
        </Modal>
    }
}
