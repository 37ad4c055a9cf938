//! Container images: what enters as a layout, what functions are made of it, what runs, and what is refused.

mod making;

use super::packages::{base64, script};
use crate::testing::{ROLE, Scenario};
pub(crate) use making::{Item, Layer, layer, layout};
use making::{blobs, gzip, layout_of, module_layer, tar};
use serde_json::{Value, json};

const URI: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v1";

pub(crate) fn push(scenario: Scenario, image: &[u8]) -> Scenario {
    let params = json!({ "repositoryName": "app", "image": base64(image) });
    scenario.request("coldstart", "PushImage", params)
}

pub(crate) fn create(scenario: Scenario, more: Value) -> Scenario {
    let mut params = json!({
        "FunctionName": "f", "Role": ROLE, "PackageType": "Image", "Code": { "ImageUri": URI },
    });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    scenario.request("lambda", "CreateFunction", params)
}

fn answer(scenario: &Scenario) -> Value {
    scenario.last_answer().unwrap().output
}

fn refusal(scenario: &Scenario) -> String {
    let error = scenario.last_answer().unwrap_err();
    format!("{} {}: {}", error.status, error.code, error.message.unwrap_or_default())
}

fn says(text: &str) -> Vec<u8> {
    script(&format!("loop\nevent: respond {text}"))
}

/// An image with this module as `/app/run.wasm`.
fn simple(module: &[u8]) -> Vec<u8> {
    let config = json!({ "Entrypoint": ["/app/run.wasm"] });
    layout(&config, &[layer(&[Item::Folder("app/"), Item::File("app/run.wasm", module)])])
}

#[test]
fn a_function_is_made_of_an_image_and_shown_as_one() {
    let config = json!({ "Command": ["x"], "WorkingDirectory": "/w" });
    let pushed = push(Scenario::new(), &simple(&says("1")));
    let image = answer(&pushed);
    assert_eq!(image["imageUri"], URI);
    let digits = image["imageDigest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    let scenario = create(pushed, json!({ "ImageConfig": config })).rest();
    let shown = answer(&scenario);
    assert_eq!(shown["PackageType"], "Image");
    assert_eq!(shown["CodeSize"], 0);
    assert_eq!(shown["CodeSha256"], digits);
    assert_eq!(shown["ImageConfigResponse"], json!({ "ImageConfig": config }));
    for of_zip in ["Runtime", "Handler", "RuntimeVersionConfig", "Layers"] {
        assert_eq!(shown.get(of_zip), None, "{of_zip}");
    }
    let code = scenario.clone().request("lambda", "GetFunction", json!({ "FunctionName": "f" }));
    let resolved = URI.replace(":v1", &format!("@sha256:{digits}"));
    assert_eq!(
        answer(&code)["Code"],
        json!({ "RepositoryType": "ECR", "ImageUri": URI, "ResolvedImageUri": resolved })
    );
    let invoked = scenario.clone().invoke("f", "{}").rest();
    assert_eq!(invoked.last_payload(), "1");
    // There is no version of a managed runtime to tell of.
    assert!(!invoked.log().contains("INIT_START"), "{}", invoked.log());
    // A tag that moves is looked up when the code is updated, and not before.
    let newer = push(scenario, &simple(&says("2")));
    assert_eq!(newer.clone().invoke("f", "{}").rest().last_payload(), "1");
    let update = json!({ "FunctionName": "f", "ImageUri": URI });
    let updated = newer.clone().request("lambda", "UpdateFunctionCode", update).rest();
    assert_eq!(updated.clone().invoke("f", "{}").rest().last_payload(), "2");
    let older = json!({ "FunctionName": "f", "ImageUri": resolved });
    let back = newer.request("lambda", "UpdateFunctionCode", older).rest();
    assert_eq!(back.invoke("f", "{}").rest().last_payload(), "1");
    let keep = json!({ "FunctionName": "f", "Timeout": 9 });
    let kept = updated.request("lambda", "UpdateFunctionConfiguration", keep).rest();
    assert_eq!(
        kept.clone().last_answer().unwrap().output["ImageConfigResponse"]["ImageConfig"],
        config
    );
    let clear = json!({ "FunctionName": "f", "ImageConfig": {} });
    let cleared = kept.request("lambda", "UpdateFunctionConfiguration", clear);
    assert_eq!(answer(&cleared).get("ImageConfigResponse"), None);
}

#[test]
fn layers_cover_and_take_away_what_is_below_them() {
    let one = layer(&[
        Item::File("a/old.wasm", &says("1")),
        Item::File("a/b/deep.wasm", &says("2")),
        Item::File("c/gone.wasm", &says("3")),
        Item::File("d.wasm", &says("4")),
        Item::Hard("hard.wasm", "d.wasm"),
        Item::Symbolic("bin", "usr/bin"),
        Item::File("usr/bin/tool.wasm", &says("5")),
        Item::Symbolic("usr/bin/again", "../../bin/tool.wasm"),
        Item::Symbolic("circle", "circle"),
    ]);
    let long = format!("{}/x.wasm", "y".repeat(120));
    let two = layer(&[
        // A whole folder, a file, a folder with other content; a file in place of a file.
        Item::File(".wh.c", b""),
        Item::File("a/.wh.old.wasm", b""),
        Item::File("a/b/.wh..wh..opq", b""),
        Item::File("a/b/new.wasm", &says("6")),
        Item::File("d.wasm", &says("7")),
        Item::File(&long, &says("8")),
    ]);
    let config =
        json!({ "Entrypoint": ["/d.wasm"], "WorkingDir": "/a/b", "Env": ["PATH=/none:/usr/bin"] });
    let image = layout(&config, &[one, two]);
    let run = |entry: &str| {
        let config = json!({ "ImageConfig": { "EntryPoint": [entry] } });
        create(push(Scenario::new(), &image), config).rest().invoke("f", "{}").rest().last_payload()
    };
    for (entry, payload) in [
        ("/d.wasm", "7"),
        ("/hard.wasm", "4"),
        ("/bin/tool.wasm", "5"),
        ("again", "5"),
        ("new.wasm", "6"),
        ("./new.wasm", "6"),
        ("tool.wasm", "5"),
        (&format!("/{long}"), "8"),
    ] {
        assert_eq!(run(entry), payload, "{entry}");
    }
    for gone in ["/a/old.wasm", "/a/b/deep.wasm", "/c/gone.wasm", "/circle"] {
        assert!(run(gone).contains("Runtime.InvalidEntrypoint"), "{gone}");
    }
}

#[test]
fn what_cannot_be_started_says_so_as_an_image_does() {
    let config = json!({ "Entrypoint": ["/app/run"], "Cmd": ["a", "b"], "WorkingDir": "/app" });
    let image = layout(&config, &[layer(&[Item::File("app/run", b"#!/bin/sh")])]);
    let scenario = create(push(Scenario::new(), &image), json!({})).rest().invoke("f", "{}").rest();
    let payload: Value = serde_json::from_str(&scenario.last_payload()).unwrap();
    assert_eq!(payload["errorType"], "Runtime.InvalidEntrypoint");
    let message = payload["errorMessage"].as_str().unwrap();
    assert!(message.ends_with(" Error: fork/exec /app/run: exec format error"), "{message}");
    assert!(scenario.log().contains(
        "IMAGE\tLaunch error: fork/exec /app/run: exec format error\tEntrypoint: [/app/run]\tCmd: [a,b]\tWorkingDir: [/app]\n"
    ));
    // A module that cannot run is known before.
    let image = simple(b"\0asm?");
    assert_eq!(
        refusal(&create(push(Scenario::new(), &image), json!({}))),
        "400 InvalidParameterValueException: /app/run.wasm: not a script"
    );
}

/// Answers with its arguments, each with a zero byte, and the file `/data/x`.
const REAL: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "data/x")
  (func (export "lambda_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "lambda_handler") (param i32 i32) (result i32) (local $at i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 1024) (i32.const 8192)))
    (local.set $at (i32.add (i32.const 8192) (i32.load (i32.const 4))))
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 6)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
    (i32.store (i32.const 32) (local.get $at))
    (i32.store (i32.const 36) (i32.const 64))
    (drop (call $read (i32.load (i32.const 8)) (i32.const 32) (i32.const 1) (i32.const 40)))
    (local.set $at (i32.add (local.get $at) (i32.load (i32.const 40))))
    (drop (call $env_sizes (i32.const 0) (i32.const 4)))
    (drop (call $env (i32.const 1024) (local.get $at)))
    (local.set $at (i32.add (local.get $at) (i32.load (i32.const 4))))
    (drop (call $respond (i32.const 8192) (i32.sub (local.get $at) (i32.const 8192))))
    i32.const 0))"#;

#[test]
fn a_real_module_has_the_images_words_variables_and_files() {
    let module = wat::parse_str(REAL).unwrap();
    let config = json!({
        "Entrypoint": ["/run.wasm"], "Cmd": ["serve"],
        "Env": ["PATH=/usr/bin", "GREETING=hello", "AWS_REGION=mars", "BOTH=image"],
    });
    let files = layer(&[Item::File("data/x", b"a file|"), Item::File("run.wasm", &module)]);
    let variables = json!({ "Environment": { "Variables": { "BOTH": "function" } } });
    let pushed = push(Scenario::real(), &layout(&config, &[files]));
    let scenario = create(pushed, variables).rest();
    let payload = scenario.clone().invoke("f", "{}").rest().last_payload();
    let (before, environment) = payload.split_once("a file|").unwrap();
    assert_eq!(before, "/run.wasm\0serve\0");
    let environment: Vec<&str> = environment.split('\0').collect();
    for there in ["GREETING=hello", "PATH=/usr/bin", "AWS_REGION=us-east-1", "BOTH=function"] {
        assert!(environment.contains(&there), "{there}: {environment:?}");
    }
    for gone in ["_HANDLER", "LAMBDA_TASK_ROOT", "LD_LIBRARY_PATH", "AWS_EXECUTION_ENV"] {
        assert!(!environment.iter().any(|one| one.starts_with(gone)), "{gone}");
    }
    let config = json!({ "FunctionName": "f", "ImageConfig": { "Command": ["other", "words"] } });
    let other = scenario.request("lambda", "UpdateFunctionConfiguration", config).rest();
    let payload = other.invoke("f", "{}").rest().last_payload();
    assert!(payload.starts_with("/run.wasm\0other\0words\0a file|"), "{payload}");
}

#[test]
fn a_module_may_be_the_layer() {
    for kind in ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"] {
        let image = layout(&json!({}), &[module_layer(kind, says("9"))]);
        let scenario = create(push(Scenario::new(), &image), json!({})).rest();
        assert_eq!(scenario.invoke("f", "{}").rest().last_payload(), "9");
    }
}

#[test]
fn an_image_brings_extensions() {
    let extension = script(
        "loop\ninit: call {\"service\":\"extensions\",\"operation\":\"Register\",\"params\":{\"events\":[]}}\nevent: print never\\n",
    );
    let files = layer(&[
        Item::File("app/run.wasm", &says("1")),
        Item::File("opt/extensions/watcher", &extension),
        Item::File("opt/extensions/lib/none", b"x"),
    ]);
    let image = layout(&json!({ "Entrypoint": ["app/run.wasm"] }), &[files]);
    let scenario = create(push(Scenario::new(), &image), json!({})).rest().invoke("f", "{}").rest();
    assert_eq!(scenario.last_payload(), "1");
    assert!(scenario.log().contains("EXTENSION\tName: watcher\tState: Ready\tEvents: []\n"));
}

#[test]
fn the_two_kinds_of_functions_are_kept_apart() {
    let image = || push(Scenario::new(), &simple(&says("1")));
    let invalid = |words: &str| format!("400 InvalidParameterValueException: {words}");
    assert_eq!(
        refusal(&create(image(), json!({ "Handler": "h" }))),
        invalid(
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."
        )
    );
    assert_eq!(
        refusal(&create(image(), json!({ "Code": { "ZipFile": base64(&says("1")) } }))),
        invalid("Please provide ImageUri when creating a function with packageType Image.")
    );
    assert_eq!(
        refusal(&create(image(), json!({ "PackageType": "Zip" }))),
        invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    );
    let of = |uri: &str| refusal(&create(image(), json!({ "Code": { "ImageUri": uri } })));
    let absent = URI.replace("v1", "v2");
    assert_eq!(
        of(&absent),
        invalid(&format!("Source image {absent} does not exist. Provide a valid source image."))
    );
    for uri in ["app:v1", &URI.replace("us-east-1", "eu-west-1"), &URI.replace(":v1", "")] {
        assert_eq!(
            of(uri),
            invalid(&format!("Source image {uri} is not valid. Provide a valid source image."))
        );
    }
    let update = |scenario: Scenario, operation: &str, more: Value| {
        let mut params = json!({ "FunctionName": "f" });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        refusal(&scenario.request("lambda", operation, params))
    };
    let of_image = || create(image(), json!({})).rest();
    let of_zip = || image().function("f", "loop\nevent: respond 1");
    assert_eq!(
        update(of_image(), "UpdateFunctionCode", json!({ "ZipFile": base64(&says("1")) })),
        invalid("Please provide ImageUri when updating a function with packageType Image.")
    );
    assert_eq!(
        update(of_zip(), "UpdateFunctionCode", json!({ "ImageUri": URI })),
        invalid("Please don't provide ImageUri when updating a function with packageType Zip.")
    );
    let config = json!({ "ImageConfig": { "Command": ["x"] } });
    assert!(update(of_zip(), "UpdateFunctionConfiguration", config).contains("ImageConfig"));
    let handler = json!({ "Handler": "h" });
    assert!(update(of_image(), "UpdateFunctionConfiguration", handler).contains("Handler"));
}

#[test]
fn a_registry_has_repositories_and_images() {
    let ecr = |scenario: &Scenario, operation: &str, params: Value| {
        scenario.clone().request("ecr", operation, params)
    };
    let app = json!({ "repositoryName": "app" });
    let scenario =
        push(ecr(&Scenario::new(), "CreateRepository", app.clone()), &simple(&says("1")));
    let first = answer(&scenario)["imageDigest"].clone();
    assert_eq!(
        refusal(&ecr(&scenario, "CreateRepository", app.clone())),
        "400 RepositoryAlreadyExistsException: The repository with name 'app' already exists in the registry with id '123456789012'"
    );
    // The tag moves: the older image stays, without one.
    let scenario = push(scenario, &simple(&says("2")));
    let images = answer(&ecr(&scenario, "DescribeImages", app.clone()));
    let tags = |digest: &Value| {
        let details = images["imageDetails"].as_array().unwrap();
        details.iter().find(|one| one["imageDigest"] == *digest).unwrap()["imageTags"].clone()
    };
    assert_eq!(tags(&first), Value::Null);
    assert_eq!(tags(&answer(&scenario)["imageDigest"]), json!(["v1"]));
    let missing = json!({ "repositoryName": "app", "imageIds": [{ "imageTag": "v2" }] });
    assert_eq!(
        refusal(&ecr(&scenario, "DescribeImages", missing)),
        "400 ImageNotFoundException: The image with imageId {imageDigest:'null', imageTag:'v2'} does not exist within the repository with name 'app' in the registry with id '123456789012'"
    );
    assert!(
        refusal(&ecr(&scenario, "DeleteRepository", app.clone())).contains("RepositoryNotEmpty")
    );
    let ids = json!({ "repositoryName": "app", "imageIds": [{ "imageTag": "v1" }, { "imageDigest": first }, { "imageTag": "no" }] });
    let deleted = ecr(&scenario, "BatchDeleteImage", ids);
    assert_eq!(answer(&deleted)["imageIds"].as_array().unwrap().len(), 2);
    assert_eq!(answer(&deleted)["failures"][0]["failureCode"], "ImageNotFound");
    let empty = ecr(&deleted, "DeleteRepository", app);
    assert_eq!(answer(&ecr(&empty, "DescribeRepositories", json!({})))["repositories"], json!([]));
    let bad = json!({ "repositoryName": "App" });
    assert!(refusal(&ecr(&empty, "CreateRepository", bad)).contains("regular expression"));
}

#[test]
fn what_is_hostile_or_broken_is_refused_with_its_place() {
    let words = |image: &[u8]| {
        let refusal = refusal(&push(Scenario::new(), image));
        refusal.strip_prefix("400 InvalidParameterException: ").unwrap_or(&refusal).to_owned()
    };
    let of = |items: &[Item<'_>]| words(&layout(&json!({}), &[layer(items)]));
    assert_eq!(of(&[Item::File("/etc/x", b"")]), "layer 0, entry \"/etc/x\": its path is absolute");
    assert_eq!(
        of(&[Item::File("a/../../x", b"")]),
        "layer 0, entry \"a/../../x\": its path leads out of the package"
    );
    assert_eq!(
        of(&[Item::Hard("x", "../y")]),
        "layer 0, entry \"x\": its path leads out of the package"
    );
    assert_eq!(
        of(&[Item::Hard("x", "y")]),
        "layer 0, entry \"x\": it is another name of \"y\", which is not there"
    );
    assert_eq!(of(&[Item::Device("null")]), "layer 0, entry \"null\": devices are not unpacked");
    // A link out of the image leads nowhere.
    assert_eq!(
        answer(&push(
            Scenario::new(),
            &layout(&json!({}), &[layer(&[Item::Symbolic("x", "../../etc")])])
        ))["imageTag"],
        "v1"
    );
    // A bomb: 300 MB of zeros in 300 kB.
    let content = vec![0; 300_000_000];
    let bomb = Layer { blob: gzip(&content), ..layer(&[]) };
    assert_eq!(
        words(&layout(&json!({}), &[bomb])),
        "layer 0: the layers unpack to more than 262144000 bytes"
    );
    let mut cut = layer(&[Item::File("x", b"y")]);
    cut.blob.truncate(30);
    assert_eq!(words(&layout(&json!({}), &[cut])), "layer 0: it cannot be inflated");
    let other = Layer { content: tar(&[]), ..layer(&[Item::File("x", b"y")]) };
    let told = words(&layout(&json!({}), &[other]));
    assert!(told.starts_with("layer 0: its content is sha256:"), "{told}");
    // A blob that is not what its name says.
    let mut blobs = blobs(&json!({}), &[layer(&[Item::File("x", b"y")])]);
    let whole = layout_of(&blobs, "v1");
    let at = whole.windows(10).position(|bytes| *bytes == blobs[0][..10]).unwrap();
    let mut changed = whole.clone();
    changed[at + 4] ^= 1;
    let told = words(&changed);
    assert!(
        told.starts_with("layer 0: blobs/sha256/") && told.contains("another digest"),
        "{told}"
    );
    let manifest = blobs.pop().unwrap();
    assert!(words(&layout_of(&[manifest], "v1")).contains("is not there"));
    assert!(words(b"no tar").contains("cut off"), "{}", words(b"no tar"));
    assert!(words(&tar(&[])).starts_with("oci-layout: it is not there"));
    assert!(words(&tar(&[Item::File("oci-layout", b"{}")])).contains("imageLayoutVersion"));
}

#[test]
fn what_lambda_does_not_take_is_named() {
    let kind = "application/vnd.oci.image.layer.v1.tar+zstd";
    let image = layout(&json!({}), &[Layer { kind, ..layer(&[]) }]);
    assert_eq!(
        refusal(&create(push(Scenario::new(), &image), json!({}))),
        format!(
            "400 InvalidParameterValueException: The image manifest, config or layer media type for the source image {URI} is not supported. (layer 0 is \"application/vnd.oci.image.layer.v1.tar+zstd\")"
        )
    );
    let index =
        json!({ "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{}, {}] });
    let image = layout_of(&[index.to_string().into_bytes()], "v1");
    let words = refusal(&create(push(Scenario::new(), &image), json!({})));
    assert!(
        words
            .ends_with("(the manifest is an index of 2; build one image, with --provenance=false)"),
        "{words}"
    );
}

#[test]
fn no_cut_or_changed_image_panics() {
    let one = layer(&[
        Item::File("app/run.wasm", &says("1")),
        Item::Symbolic("l", "app"),
        Item::Hard("h", "app/run.wasm"),
    ]);
    let whole = layout(&json!({ "Entrypoint": ["l/run.wasm"] }), &[one]);
    let play = |bytes: &[u8]| crate::ecr::try_image(bytes);
    assert!(play(&whole).is_ok());
    for len in (0..whole.len() - 1_024).step_by(97) {
        drop(play(&whole[..len]));
    }
    for at in (0..whole.len()).step_by(13) {
        for value in [0, b'9', 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            drop(play(&bytes));
        }
    }
}
