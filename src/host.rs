//! The browser, in the few calls that the page needs: addresses, files, the clipboard, small settings, timers.
//!
//! Invariant: no call here panics because the browser refuses; it answers with nothing or an error instead.

use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, Document, Element, HtmlElement, Storage, Url, Window, Worker,
};

/// The window: the page does not run without one.
pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// Its document.
pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Where the app draws itself.
pub fn mount_point() -> Element {
    document().get_element_by_id("app").expect("index.html has #app")
}

/// Takes the static shell away: the app has drawn itself.
pub fn remove_shell() {
    if let Some(shell) = document().get_element_by_id("shell") {
        shell.remove();
    }
}

/// A panic of the page itself leaves a dead page behind: say so, where it can be seen, with the way out.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&JsValue::from_str(&info.to_string()));
        let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
        let (Some(body), Ok(panel)) = (document.body(), document.create_element("div")) else {
            return;
        };
        let _ = panel.set_attribute("role", "alert");
        let _ = panel.set_attribute("class", "page-failure");
        panel.set_text_content(Some(&format!(
            "The page failed, but your work is saved. Reload to go on. ({info})"
        )));
        let _ = body.prepend_with_node_1(&panel);
    }));
}

fn coldstart() -> Result<JsValue, String> {
    let object =
        Reflect::get(&js_sys::global(), &"coldstart".into()).ok().filter(JsValue::is_object);
    object.ok_or_else(|| "www/boot.js has not run".into())
}

fn method(object: &JsValue, name: &str) -> Result<Function, String> {
    let function = Reflect::get(object, &name.into()).ok().and_then(|value| value.dyn_into().ok());
    function.ok_or_else(|| format!("there is no {name}()"))
}

/// Names this build; the engine's must be equal.
pub fn build_id() -> String {
    coldstart()
        .ok()
        .and_then(|object| Reflect::get(&object, &"build".into()).ok())
        .and_then(|id| id.as_string())
        .unwrap_or_default()
}

/// A new Worker with the engine in it.
pub fn start_engine() -> Result<Worker, String> {
    let object = coldstart()?;
    let worker = method(&object, "startEngine")?.call0(&object).map_err(|error| text_of(&error))?;
    worker.dyn_into().map_err(|_| "startEngine() gave no Worker".into())
}

/// A script that the page fetches when it is first needed: `editor`, `typescript`, `format` or `assemblyscript`.
pub async fn load(name: &str) -> Result<JsValue, String> {
    let object = coldstart()?;
    let promise =
        method(&object, "load")?.call1(&object, &name.into()).map_err(|error| text_of(&error))?;
    JsFuture::from(Promise::resolve(&promise)).await.map_err(|error| text_of(&error))
}

/// Keeps the site's files in this browser, so that it opens without a network; whether they are kept.
pub async fn keep_site() -> bool {
    let kept = coldstart().and_then(|object| {
        method(&object, "keep")?.call0(&object).map_err(|error| text_of(&error))
    });
    match kept {
        Ok(promise) => {
            let kept = JsFuture::from(Promise::resolve(&promise)).await;
            kept.ok().and_then(|kept| kept.as_bool()).unwrap_or(false)
        }
        Err(_) => false,
    }
}

/// What a thrown value says.
pub fn text_of(value: &JsValue) -> String {
    let message =
        Reflect::get(value, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| value.as_string()).unwrap_or_else(|| "unknown error".into())
}

/// The address's fragment, `#` first.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// Goes to a fragment; the browser's back button returns.
pub fn set_fragment(fragment: &str) {
    let _ = window().location().set_hash(fragment);
}

/// Puts a fragment in place of the present one. Nobody is told, so the caller must know of it.
pub fn replace_fragment(fragment: &str) {
    if let Ok(history) = window().history() {
        // A bare `#…` would resolve against <base>, which may be another path than the document's.
        let location = window().location();
        let path = format!(
            "{}{}{fragment}",
            location.pathname().unwrap_or_default(),
            location.search().unwrap_or_default()
        );
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

/// The page's address without its fragment.
pub fn page_address() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_owned()
}

/// Loads the page again.
pub fn reload() {
    let _ = window().location().reload();
}

/// Unix milliseconds by the visitor's clock: for lists and file names, never for the engine.
pub fn unix_ms() -> f64 {
    js_sys::Date::now()
}

/// An id that no other workspace of this browser has.
pub fn fresh_id() -> String {
    format!("{:x}-{:08x}", unix_ms() as u64, (js_sys::Math::random() * f64::from(u32::MAX)) as u32)
}

fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn session_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// A small setting.
pub fn setting(key: &str) -> Option<String> {
    local_storage()?.get_item(key).ok().flatten()
}

/// Keeps a small setting, if the browser lets it.
pub fn keep_setting(key: &str, value: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Something that belongs to this tab, kept over a reload.
pub fn tab_note(key: &str) -> Option<String> {
    session_storage()?.get_item(key).ok().flatten()
}

/// Keeps or forgets something of this tab.
pub fn keep_tab_note(key: &str, value: Option<&str>) {
    if let Some(storage) = session_storage() {
        let _ = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
    }
}

async fn fetch(path: &str) -> Result<web_sys::Response, String> {
    let address =
        document().base_uri().ok().flatten().and_then(|base| Url::new_with_base(path, &base).ok());
    let address = address.map_or_else(|| path.to_owned(), |url| url.href());
    let response =
        JsFuture::from(window().fetch_with_str(&address)).await.map_err(|error| text_of(&error))?;
    let response: web_sys::Response =
        response.dyn_into().map_err(|_| "fetch gave no response".to_owned())?;
    if response.ok() {
        Ok(response)
    } else {
        Err(format!("{path}: the server answered {}", response.status()))
    }
}

/// A text file of the site.
pub async fn fetch_text(path: &str) -> Result<String, String> {
    let promise = fetch(path).await?.text().map_err(|error| text_of(&error))?;
    let text = JsFuture::from(promise).await.map_err(|error| text_of(&error))?;
    text.as_string().ok_or_else(|| format!("{path} is not text"))
}

/// A file of the site.
pub async fn fetch_bytes(path: &str) -> Result<Vec<u8>, String> {
    let promise = fetch(path).await?.array_buffer().map_err(|error| text_of(&error))?;
    let buffer = JsFuture::from(promise).await.map_err(|error| text_of(&error))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// A file that the visitor chose.
pub async fn file_bytes(file: &web_sys::File) -> Result<Vec<u8>, String> {
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|error| text_of(&error))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Copies text, and says whether the browser let us.
pub async fn copy(text: &str) -> bool {
    // Absent on plain http: then the call itself throws.
    let clipboard =
        Reflect::get(&window().navigator(), &"clipboard".into()).ok().filter(JsValue::is_object);
    let Some(clipboard) = clipboard else { return false };
    let Ok(write) = method(&clipboard, "writeText") else { return false };
    match write.call1(&clipboard, &text.into()) {
        Ok(promise) => JsFuture::from(Promise::resolve(&promise)).await.is_ok(),
        Err(_) => false,
    }
}

/// Offers bytes as a file.
pub fn download(name: &str, media_type: &str, bytes: &[u8]) -> Result<(), String> {
    let fail = |error: JsValue| text_of(&error);
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(
        &Array::of1(&Uint8Array::from(bytes)),
        &options,
    )
    .map_err(fail)?;
    let address = Url::create_object_url_with_blob(&blob).map_err(fail)?;
    let anchor: web_sys::HtmlAnchorElement = document()
        .create_element("a")
        .map_err(fail)?
        .dyn_into()
        .map_err(|_| "no anchor".to_owned())?;
    anchor.set_href(&address);
    anchor.set_download(name);
    anchor.click();
    // The browser reads the file after the click; a minute is more than enough.
    Timeout::new(60_000, move || drop(Url::revoke_object_url(&address))).forget();
    Ok(())
}

/// Asks the browser not to throw the visitor's work away when space gets scarce.
pub fn ask_to_keep_storage() {
    let storage =
        Reflect::get(&window().navigator(), &"storage".into()).ok().filter(JsValue::is_object);
    if let Some((storage, persist)) = storage
        .and_then(|storage| method(&storage, "persist").ok().map(|persist| (storage, persist)))
    {
        let _ = persist.call0(&storage);
    }
}

/// Moves the focus to an element by its id, once what was just dispatched is drawn.
pub fn focus_soon(id: &'static str) {
    Timeout::new(0, move || {
        if let Some(element) = document()
            .get_element_by_id(id)
            .and_then(|element| element.dyn_into::<HtmlElement>().ok())
        {
            let _ = element.focus();
        }
    })
    .forget();
}

/// A JS object of these members.
pub fn object(members: &[(&str, &JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in members {
        let _ = Reflect::set(&object, &(*key).into(), value);
    }
    object
}

/// Listens to an event of the window for as long as the page lives.
pub fn listen_forever(event: &str, listener: impl FnMut(web_sys::Event) + 'static) {
    let closure = Closure::<dyn FnMut(web_sys::Event)>::new(listener);
    let _ = window().add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// One answer that comes later.
pub struct Reply<T>(Rc<RefCell<ReplyState<T>>>);

/// Where the answer is put.
pub struct Replier<T>(Rc<RefCell<ReplyState<T>>>);

struct ReplyState<T> {
    answer: Option<T>,
    waker: Option<Waker>,
}

/// An answer, and where it is put.
pub fn reply<T>() -> (Replier<T>, Reply<T>) {
    let state = Rc::new(RefCell::new(ReplyState { answer: None, waker: None }));
    (Replier(state.clone()), Reply(state))
}

impl<T> Replier<T> {
    /// Gives the answer.
    pub fn send(self, answer: T) {
        let waker = {
            let mut state = self.0.borrow_mut();
            state.answer = Some(answer);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Reply<T> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.borrow_mut();
        match state.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Waits by the visitor's clock.
pub async fn sleep(millis: u32) {
    let (replier, reply) = reply();
    Timeout::new(millis, move || replier.send(())).forget();
    reply.await;
}
