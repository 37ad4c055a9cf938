//! The imports of the handler ABI and of WASI preview 1 that the runtime uses, made safe.
//!
//! Files are reached by their paths, below the preopened root.

#![allow(unsafe_code)]

mod raw {
    #[link(wasm_import_module = "lambda")]
    unsafe extern "C" {
        pub fn meta(key: *const u8, key_len: usize, buf: *mut u8, cap: usize) -> i32;
        pub fn respond(at: *const u8, len: usize) -> i32;
        pub fn fail(at: *const u8, len: usize) -> i32;
        pub fn remaining_ms() -> i64;
        pub fn call_start(at: *const u8, len: usize) -> i32;
        pub fn timer_start(ms: i64) -> i32;
    }

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub fn clock_time_get(clock: i32, precision: i64, out: *mut u64) -> i32;
        pub fn environ_sizes_get(count: *mut u32, bytes: *mut u32) -> i32;
        pub fn environ_get(list: *mut *mut u8, text: *mut u8) -> i32;
        pub fn random_get(buf: *mut u8, len: usize) -> i32;
        pub fn proc_exit(code: i32) -> !;
        pub fn fd_write(fd: i32, iovs: *const Iovec, count: usize, out: *mut u32) -> i32;
        pub fn fd_read(fd: i32, iovs: *const Iovec, count: usize, out: *mut u32) -> i32;
        pub fn fd_close(fd: i32) -> i32;
        pub fn fd_filestat_get(fd: i32, out: *mut Filestat) -> i32;
        pub fn fd_readdir(fd: i32, buf: *mut u8, cap: usize, cookie: i64, out: *mut u32) -> i32;
        pub fn path_open(
            fd: i32,
            lookup: i32,
            path: *const u8,
            len: usize,
            oflags: i32,
            rights: i64,
            inheriting: i64,
            fdflags: i32,
            out: *mut i32,
        ) -> i32;
        pub fn path_filestat_get(
            fd: i32,
            lookup: i32,
            path: *const u8,
            len: usize,
            out: *mut Filestat,
        ) -> i32;
        pub fn path_create_directory(fd: i32, path: *const u8, len: usize) -> i32;
        pub fn path_remove_directory(fd: i32, path: *const u8, len: usize) -> i32;
        pub fn path_unlink_file(fd: i32, path: *const u8, len: usize) -> i32;
        pub fn path_rename(
            fd: i32,
            from: *const u8,
            from_len: usize,
            to_fd: i32,
            to: *const u8,
            to_len: usize,
        ) -> i32;
    }

    #[repr(C)]
    pub struct Iovec {
        pub at: *const u8,
        pub len: usize,
    }

    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    pub struct Filestat {
        pub device: u64,
        pub inode: u64,
        pub kind: u8,
        pub links: u64,
        pub size: u64,
        pub accessed_ns: u64,
        pub modified_ns: u64,
        pub changed_ns: u64,
    }
}

use raw::{Filestat, Iovec};

/// An error number of WASI's; never 0.
pub(crate) type Errno = i32;

const ROOT: i32 = 3;
const READ: i64 = 1 << 1;
const WRITE: i64 = 1 << 6;
const CREATE: i32 = 1;
const DIRECTORY: i32 = 2;
const EXCLUSIVE: i32 = 4;
const TRUNCATE: i32 = 8;
const APPEND: i32 = 1;

fn checked(number: i32) -> Result<(), Errno> {
    if number == 0 { Ok(()) } else { Err(number) }
}

// The event

pub(crate) fn meta(key: &str) -> Option<String> {
    let mut bytes = vec![0; 256];
    loop {
        // SAFETY: both ranges are ours.
        let length = unsafe { raw::meta(key.as_ptr(), key.len(), bytes.as_mut_ptr(), bytes.len()) };
        let length = usize::try_from(length).ok()?;
        if length <= bytes.len() {
            bytes.truncate(length);
            return String::from_utf8(bytes).ok();
        }
        bytes.resize(length, 0);
    }
}

pub(crate) fn respond(text: &str) -> i32 {
    // SAFETY: the range is ours.
    unsafe { raw::respond(text.as_ptr(), text.len()) }
}

pub(crate) fn fail(text: &str) -> i32 {
    // SAFETY: the range is ours.
    unsafe { raw::fail(text.as_ptr(), text.len()) }
}

pub(crate) fn remaining_ms() -> i64 {
    // SAFETY: it takes nothing.
    unsafe { raw::remaining_ms() }
}

pub(crate) fn start_call(request: &str) -> i32 {
    // SAFETY: the range is ours.
    unsafe { raw::call_start(request.as_ptr(), request.len()) }
}

pub(crate) fn start_timer(ms: i64) -> i32 {
    // SAFETY: it takes a number.
    unsafe { raw::timer_start(ms) }
}

// The process

/// Nanoseconds since the Unix epoch.
pub(crate) fn now_ns() -> u64 {
    let mut now = 0;
    // SAFETY: the place is ours.
    unsafe { raw::clock_time_get(0, 1, &mut now) };
    now
}

pub(crate) fn random(bytes: &mut [u8]) {
    // SAFETY: the range is ours.
    unsafe { raw::random_get(bytes.as_mut_ptr(), bytes.len()) };
}

pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: it does not come back.
    unsafe { raw::proc_exit(code) }
}

/// Writes all of it; the log takes everything.
pub(crate) fn write(fd: i32, bytes: &[u8]) {
    let _ = write_all(fd, bytes);
}

fn write_all(fd: i32, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let part = Iovec { at: bytes.as_ptr(), len: bytes.len() };
        let mut written = 0;
        // SAFETY: the range is ours.
        checked(unsafe { raw::fd_write(fd, &part, 1, &mut written) })?;
        bytes = &bytes[(written as usize).min(bytes.len())..];
        if written == 0 {
            break;
        }
    }
    Ok(())
}

/// `KEY=value`, in the order of the host.
pub(crate) fn environ() -> Vec<String> {
    let (mut count, mut size) = (0, 0);
    // SAFETY: the places are ours.
    unsafe { raw::environ_sizes_get(&mut count, &mut size) };
    let mut list = vec![std::ptr::null_mut(); count as usize];
    let mut text = vec![0_u8; size as usize];
    // SAFETY: there is as much room as it asked for.
    unsafe { raw::environ_get(list.as_mut_ptr(), text.as_mut_ptr()) };
    let lines = text.split(|byte| *byte == 0).take(count as usize);
    lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect()
}

// Files

/// Below the root, as WASI wants it.
fn below_root(path: &str) -> &str {
    match path.trim_matches('/') {
        "" => ".",
        path => path,
    }
}

/// A file that is open; closed when it is dropped.
struct Open(i32);

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours.
        unsafe { raw::fd_close(self.0) };
    }
}

fn open(path: &str, oflags: i32, rights: i64, fdflags: i32) -> Result<Open, Errno> {
    let path = below_root(path);
    let mut fd = 0;
    // SAFETY: the ranges are ours.
    checked(unsafe {
        raw::path_open(ROOT, 1, path.as_ptr(), path.len(), oflags, rights, rights, fdflags, &mut fd)
    })?;
    Ok(Open(fd))
}

pub(crate) fn read_file(path: &str) -> Result<Vec<u8>, Errno> {
    let file = open(path, 0, READ, 0)?;
    let mut stat = Filestat::default();
    // SAFETY: the place is ours.
    checked(unsafe { raw::fd_filestat_get(file.0, &mut stat) })?;
    const NO_MEMORY: Errno = 48;
    const IS_DIRECTORY: Errno = 31;
    if stat.kind == 3 {
        return Err(IS_DIRECTORY);
    }
    let size = usize::try_from(stat.size).map_err(|_| NO_MEMORY)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| NO_MEMORY)?;
    bytes.resize(size, 0);
    let mut at = 0;
    while at < size {
        let part = Iovec { at: bytes[at..].as_mut_ptr().cast_const(), len: size - at };
        let mut read = 0;
        // SAFETY: the range is ours.
        checked(unsafe { raw::fd_read(file.0, &part, 1, &mut read) })?;
        if read == 0 {
            break;
        }
        at += read as usize;
    }
    bytes.truncate(at);
    Ok(bytes)
}

/// `how`: 0 anew, 1 at the end, 2 only if it is not there.
pub(crate) fn write_file(path: &str, bytes: &[u8], how: i32) -> Result<(), Errno> {
    let (oflags, fdflags) = match how {
        1 => (CREATE, APPEND),
        2 => (CREATE | EXCLUSIVE, 0),
        _ => (CREATE | TRUNCATE, 0),
    };
    let file = open(path, oflags, READ | WRITE, fdflags)?;
    write_all(file.0, bytes)
}

/// Kind, size and time of the last change in milliseconds.
pub(crate) fn stat(path: &str) -> Result<(u8, u64, f64), Errno> {
    let path = below_root(path);
    let mut stat = Filestat::default();
    // SAFETY: the ranges are ours.
    checked(unsafe { raw::path_filestat_get(ROOT, 1, path.as_ptr(), path.len(), &mut stat) })?;
    Ok((stat.kind, stat.size, (stat.modified_ns / 1_000_000) as f64))
}

/// Names and kinds of what is in a folder, without `.` and `..`.
pub(crate) fn read_directory(path: &str) -> Result<Vec<(String, u8)>, Errno> {
    const HEADER: usize = 24;
    let folder = open(path, DIRECTORY, READ, 0)?;
    let mut found = Vec::new();
    let mut cookie = 0_i64;
    let mut buffer = vec![0_u8; 4_096];
    loop {
        let mut used = 0;
        // SAFETY: the range is ours.
        checked(unsafe {
            raw::fd_readdir(folder.0, buffer.as_mut_ptr(), buffer.len(), cookie, &mut used)
        })?;
        let bytes = &buffer[..used as usize];
        let mut at = 0;
        // An entry: where the next one is (8 bytes), its node (8), the length of its name (4), its kind (4), its name.
        while let Some(header) = bytes.get(at..at + HEADER) {
            let word = |from: usize| {
                u32::from_le_bytes([
                    header[from],
                    header[from + 1],
                    header[from + 2],
                    header[from + 3],
                ])
            };
            let length = word(16) as usize;
            let Some(name) = bytes.get(at + HEADER..at + HEADER + length) else { break };
            let next = u64::from(word(0)) | (u64::from(word(4)) << 32);
            cookie = next as i64;
            at += HEADER + length;
            if name != b"." && name != b".." {
                found.push((String::from_utf8_lossy(name).into_owned(), header[20]));
            }
        }
        if bytes.len() < buffer.len() {
            return Ok(found);
        }
        if at == 0 {
            // A name that is longer than the buffer.
            buffer.resize(buffer.len() * 2, 0);
        }
    }
}

pub(crate) fn make_directory(path: &str) -> Result<(), Errno> {
    let path = below_root(path);
    // SAFETY: the range is ours.
    checked(unsafe { raw::path_create_directory(ROOT, path.as_ptr(), path.len()) })
}

pub(crate) fn remove_directory(path: &str) -> Result<(), Errno> {
    let path = below_root(path);
    // SAFETY: the range is ours.
    checked(unsafe { raw::path_remove_directory(ROOT, path.as_ptr(), path.len()) })
}

pub(crate) fn unlink(path: &str) -> Result<(), Errno> {
    let path = below_root(path);
    // SAFETY: the range is ours.
    checked(unsafe { raw::path_unlink_file(ROOT, path.as_ptr(), path.len()) })
}

pub(crate) fn rename(from: &str, to: &str) -> Result<(), Errno> {
    let (from, to) = (below_root(from), below_root(to));
    // SAFETY: the ranges are ours.
    checked(unsafe {
        raw::path_rename(ROOT, from.as_ptr(), from.len(), ROOT, to.as_ptr(), to.len())
    })
}
