//! What a managed runtime's own environment adds to Lambda's: as recorded for each runtime of 2026, by families for those that came
//! after. The code is WebAssembly whatever the runtime; what it may read of its surroundings is as on AWS.

use std::collections::BTreeMap;

/// What is not the same in all environments is not there when a snapshot is taken: log group and stream ("not available in Lambda SnapStart
/// functions"), and credentials, which the process asks for instead (Monitoring for Lambda SnapStart; Working with Lambda environment
/// variables). Nobody listens at that address here: calls to services need no credentials.
#[inline(never)]
pub(crate) fn without_what_expires(all: &mut BTreeMap<String, String>) {
    for name in [
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ] {
        all.remove(name);
    }
    if let Some(token) = all.remove("AWS_SESSION_TOKEN") {
        let address = "http://127.0.0.1:9001/2021-04-23/credentials";
        all.insert("AWS_CONTAINER_AUTHORIZATION_TOKEN".into(), token);
        all.insert("AWS_CONTAINER_CREDENTIALS_FULL_URI".into(), address.into());
    }
}

/// Adds the variables of a runtime that is not the function's own, such as `python3.13`.
#[inline(never)]
pub(crate) fn add_variables(runtime: &str, all: &mut BTreeMap<String, String>) {
    let digits = runtime.find(|c: char| c.is_ascii_digit()).unwrap_or(runtime.len());
    let (family, version) = runtime.split_at(digits);
    // `3.13` as 3 and 13, `20.x` as 20.
    let mut parts = version.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let mut put = |key: &str, value: &str| drop(all.insert(key.to_owned(), value.to_owned()));
    put("AWS_EXECUTION_ENV", &format!("AWS_Lambda_{runtime}"));
    // Java's processes are started without a shell.
    if family != "java" {
        put("PWD", "/var/task");
        put("SHLVL", "0");
    }
    match family {
        "python" => {
            put("PYTHONPATH", "/var/runtime");
            if (major, minor) >= (3, 12) {
                put("LC_CTYPE", "C.UTF-8");
            }
        }
        "nodejs" => {
            if major < 20 {
                put("NODE_EXTRA_CA_CERTS", "/var/runtime/ca-cert.pem");
            }
            let path = format!(
                "/opt/nodejs/node{major}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
            );
            put("NODE_PATH", &path);
        }
        "dotnet" => {
            put("DOTNET_ROOT", "/var/lang/bin");
            put("LAMBDA_RUNTIME_NAME", runtime);
            put("_LAMBDA_TELEMETRY_LOG_FD", "62");
            if major == 8 {
                put("SSL_CERT_FILE", "/var/runtime/empty-certificates.crt");
            }
        }
        "java" if major >= 17 => {
            put("_LAMBDA_TELEMETRY_LOG_FD", "62");
            // A property of the virtual machine tells the trace.
            all.remove("_X_AMZN_TRACE_ID");
        }
        "java" => {
            for (older, newer) in [
                ("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
                ("AWS_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"),
            ] {
                let key = all.get(newer).cloned().unwrap_or_default();
                all.insert(older.into(), key);
            }
        }
        "ruby" => {
            put("GEM_HOME", "/var/runtime");
            let path = format!(
                "/var/task/vendor/bundle/ruby/{version}.0:/opt/ruby/gems/{version}.0:/var/runtime:/var/runtime/ruby/{version}.0"
            );
            put("GEM_PATH", &path);
            put(
                "RUBYLIB",
                "/var/runtime/gems/aws_lambda_ric-3.1.3/lib:/var/task:/var/runtime/lib:/opt/ruby/lib",
            );
            // Ruby's start script adds its folders once more.
            for (key, folder) in [("LD_LIBRARY_PATH", "/var/lang/lib"), ("PATH", "/var/lang/bin")] {
                if let Some(path) = all.get_mut(key) {
                    path.insert_str(0, &format!("{folder}:"));
                }
            }
        }
        _ => {}
    }
}
