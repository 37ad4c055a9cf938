//! Reading a list, page by page.

use crate::app::App;
use crate::model::{CallError, join_page, next_page};
use coldstart_workspace::ApiRequest;
use serde_json::Value;

/// Pages that are read of a list of which all is wanted.
pub const PAGES_MAX: usize = 40;

/// So many pages of a list at most, as one answer.
///
/// # Errors
/// When the first page is refused. Later ones that are leave what was read before, with its token.
pub async fn read_pages(app: &App, request: &ApiRequest, pages: usize) -> Result<Value, CallError> {
    let mut output = app.engine.request(request.clone(), &[]).await?.output;
    for _ in 1..pages {
        let Some(next) = next_page(request, &output) else { break };
        match app.engine.request(next, &[]).await {
            Ok(page) => join_page(&mut output, page.output),
            Err(_) => break,
        }
    }
    Ok(output)
}
