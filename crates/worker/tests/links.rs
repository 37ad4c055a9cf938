//! Published links whose authors saw a digest: their histories are still computed to the byte.

use coldstart_engine::sandbox::WasmiSandbox;
use coldstart_worker::replayed;
use coldstart_workspace::decode_link;
use std::path::Path;
use std::sync::Arc;

#[test]
fn published_histories_are_still_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/links");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).expect("the links are there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let link = std::fs::read_to_string(&path).expect("text");
        let workspace = decode_link(&link).expect("it opens");
        let Some(digest) = &workspace.digest else { continue };
        let engine = replayed(&workspace, Vec::new(), Arc::new(WasmiSandbox::new()))
            .expect("it has all of its modules");
        assert_eq!(&engine.digest(), digest, "{}", path.display());
        checked += 1;
    }
    assert!(checked > 0, "at least one link carries a digest");
}
