//! A static file server for looking at the site: loopback only, as plain as the hosts that the site is made for.

use crate::progress::{Failure, Outcome};
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Serves until it is killed.
pub(crate) fn serve(dist: &Path, port: Option<u16>, prefix: Option<&str>) -> Outcome<()> {
    let listener = listen(port)?;
    let address = listener.local_addr().map_err(Failure::io("the server's address"))?;
    let prefix = format!("/{}/", prefix.unwrap_or_default().trim_matches('/')).replace("//", "/");
    println!("\nColdstart is at http://{address}{prefix}\nCtrl+C ends it.");
    for stream in listener.incoming().flatten() {
        let (dist, prefix) = (dist.to_path_buf(), prefix.clone());
        // A visitor who hangs up is no news.
        thread::spawn(move || drop(answer(stream, &dist, &prefix)));
    }
    Ok(())
}

/// The port that was asked for, or the first free one from 8080 on.
fn listen(port: Option<u16>) -> Outcome<TcpListener> {
    let Some(port) = port else {
        let free =
            (8080..8180).find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
        return free.ok_or_else(|| {
            Failure::new("no port from 8080 to 8179 is free; choose one with --port")
        });
    };
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            Failure::new(format!("port {port} is in use; choose another with --port"))
        }
        _ => Failure::new(format!("cannot listen on port {port}: {error}")),
    })
}

fn answer(mut stream: TcpStream, dist: &Path, prefix: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let head_only = method == "HEAD";
    if !head_only && method != "GET" {
        return write!(
            stream,
            "HTTP/1.1 405 Method Not Allowed\r\nallow: GET, HEAD\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
    }
    let found = locate(dist, target.strip_prefix(prefix).unwrap_or(target.trim_start_matches('/')));
    let (status, file) = match found {
        Some(file) => ("200 OK", file),
        None => ("404 Not Found", dist.join("404.html")),
    };
    let body = fs::read(&file).unwrap_or_default();
    let kind = content_type(&file);
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncache-control: no-cache\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    if head_only { Ok(()) } else { stream.write_all(&body) }
}

/// The file that an address names, never one outside `dist`.
fn locate(dist: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = percent_decoded(path)?;
    let relative = Path::new(&path);
    if relative.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return None;
    }
    let file = dist.join(relative);
    let file = if file.is_dir() { file.join("index.html") } else { file };
    file.is_file().then_some(file)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_inside_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(locate(folder, "Cargo.toml?x=1"), Some(folder.join("Cargo.toml")));
        assert_eq!(locate(folder, "src/%6dain.rs"), Some(folder.join("src/main.rs")));
        for outside in [
            "../wire/Cargo.toml",
            "src/../../wire/Cargo.toml",
            "%2e%2e/wire/Cargo.toml",
            "/etc/passwd",
            "%zz",
            "%",
            "nothing",
        ] {
            assert_eq!(locate(folder, outside), None, "{outside}");
        }
    }
}
