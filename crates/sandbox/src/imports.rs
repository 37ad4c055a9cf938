//! Every import that a guest may have: one list, read by the deploy-time check and by the tier that links them.

use crate::module::types_text;
use wasmparser::{FuncType, ValType};

/// Calls the macro `$m` with the list. An entry: module, name, function, parameters, result (`()` for none).
macro_rules! for_each_import {
    ($m:ident) => {
        $m! {
            "lambda" "next" abi::next(buf: i32, cap: i32) -> i32;
            "lambda" "meta" abi::meta(key: i32, key_len: i32, buf: i32, cap: i32) -> i32;
            "lambda" "respond" abi::respond(at: i32, len: i32) -> i32;
            "lambda" "fail" abi::fail(at: i32, len: i32) -> i32;
            "lambda" "remaining_ms" abi::remaining_ms() -> i64;
            "lambda" "call" abi::call(at: i32, len: i32, buf: i32, cap: i32) -> i32;
            "lambda" "call_start" abi::call_start(at: i32, len: i32) -> i32;
            "lambda" "timer_start" abi::timer_start(ms: i64) -> i32;
            "env" "abort" abi::abort(message: i32, file: i32, line: i32, column: i32) -> ();
            "env" "seed" abi::seed() -> f64;
            "wasi_snapshot_preview1" "args_get" wasi::args_get(list: i32, text: i32) -> i32;
            "wasi_snapshot_preview1" "args_sizes_get" wasi::args_sizes_get(count: i32, bytes: i32) -> i32;
            "wasi_snapshot_preview1" "environ_get" wasi::environ_get(list: i32, text: i32) -> i32;
            "wasi_snapshot_preview1" "environ_sizes_get" wasi::environ_sizes_get(count: i32, bytes: i32) -> i32;
            "wasi_snapshot_preview1" "clock_res_get" wasi::clock_res_get(clock: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "clock_time_get" wasi::clock_time_get(clock: i32, precision: i64, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_advise" wasi::fd_advise(fd: i32, offset: i64, len: i64, advice: i32) -> i32;
            "wasi_snapshot_preview1" "fd_allocate" wasi::fd_allocate(fd: i32, offset: i64, len: i64) -> i32;
            "wasi_snapshot_preview1" "fd_close" wasi::fd_close(fd: i32) -> i32;
            "wasi_snapshot_preview1" "fd_datasync" wasi::fd_datasync(fd: i32) -> i32;
            "wasi_snapshot_preview1" "fd_fdstat_get" wasi::fd_fdstat_get(fd: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_fdstat_set_flags" wasi::fd_fdstat_set_flags(fd: i32, flags: i32) -> i32;
            "wasi_snapshot_preview1" "fd_fdstat_set_rights" wasi::fd_fdstat_set_rights(fd: i32, base: i64, inheriting: i64) -> i32;
            "wasi_snapshot_preview1" "fd_filestat_get" wasi::fd_filestat_get(fd: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_filestat_set_size" wasi::fd_filestat_set_size(fd: i32, size: i64) -> i32;
            "wasi_snapshot_preview1" "fd_filestat_set_times" wasi::fd_filestat_set_times(fd: i32, atim: i64, mtim: i64, flags: i32) -> i32;
            "wasi_snapshot_preview1" "fd_pread" wasi::fd_pread(fd: i32, iovs: i32, iovs_len: i32, offset: i64, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_prestat_get" wasi::fd_prestat_get(fd: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_prestat_dir_name" wasi::fd_prestat_dir_name(fd: i32, path: i32, path_len: i32) -> i32;
            "wasi_snapshot_preview1" "fd_pwrite" wasi::fd_pwrite(fd: i32, iovs: i32, iovs_len: i32, offset: i64, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_read" wasi::fd_read(fd: i32, iovs: i32, iovs_len: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_readdir" wasi::fd_readdir(fd: i32, buf: i32, cap: i32, cookie: i64, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_renumber" wasi::fd_renumber(fd: i32, to: i32) -> i32;
            "wasi_snapshot_preview1" "fd_seek" wasi::fd_seek(fd: i32, offset: i64, whence: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_sync" wasi::fd_sync(fd: i32) -> i32;
            "wasi_snapshot_preview1" "fd_tell" wasi::fd_tell(fd: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "fd_write" wasi::fd_write(fd: i32, iovs: i32, iovs_len: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "path_create_directory" wasi::path_create_directory(fd: i32, path: i32, path_len: i32) -> i32;
            "wasi_snapshot_preview1" "path_filestat_get" wasi::path_filestat_get(fd: i32, lookup: i32, path: i32, path_len: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "path_filestat_set_times" wasi::path_filestat_set_times(fd: i32, lookup: i32, path: i32, path_len: i32, atim: i64, mtim: i64, flags: i32) -> i32;
            "wasi_snapshot_preview1" "path_link" wasi::path_link(fd: i32, lookup: i32, path: i32, path_len: i32, to_fd: i32, to: i32, to_len: i32) -> i32;
            "wasi_snapshot_preview1" "path_open" wasi::path_open(fd: i32, lookup: i32, path: i32, path_len: i32, oflags: i32, rights: i64, inheriting: i64, fdflags: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "path_readlink" wasi::path_readlink(fd: i32, path: i32, path_len: i32, buf: i32, cap: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "path_remove_directory" wasi::path_remove_directory(fd: i32, path: i32, path_len: i32) -> i32;
            "wasi_snapshot_preview1" "path_rename" wasi::path_rename(fd: i32, path: i32, path_len: i32, to_fd: i32, to: i32, to_len: i32) -> i32;
            "wasi_snapshot_preview1" "path_symlink" wasi::path_symlink(target: i32, target_len: i32, fd: i32, path: i32, path_len: i32) -> i32;
            "wasi_snapshot_preview1" "path_unlink_file" wasi::path_unlink_file(fd: i32, path: i32, path_len: i32) -> i32;
            "wasi_snapshot_preview1" "poll_oneoff" wasi::poll_oneoff(subscriptions: i32, events: i32, count: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "proc_exit" wasi::proc_exit(code: i32) -> ();
            "wasi_snapshot_preview1" "proc_raise" wasi::proc_raise(signal: i32) -> i32;
            "wasi_snapshot_preview1" "random_get" wasi::random_get(buf: i32, len: i32) -> i32;
            "wasi_snapshot_preview1" "sched_yield" wasi::sched_yield() -> i32;
            "wasi_snapshot_preview1" "sock_accept" wasi::sock_accept(fd: i32, flags: i32, out: i32) -> i32;
            "wasi_snapshot_preview1" "sock_recv" wasi::sock_recv(fd: i32, iovs: i32, iovs_len: i32, flags: i32, size: i32, out_flags: i32) -> i32;
            "wasi_snapshot_preview1" "sock_send" wasi::sock_send(fd: i32, iovs: i32, iovs_len: i32, flags: i32, size: i32) -> i32;
            "wasi_snapshot_preview1" "sock_shutdown" wasi::sock_shutdown(fd: i32, how: i32) -> i32;
        }
    };
}
pub(crate) use for_each_import;

macro_rules! value_type {
    (i32) => {
        ValType::I32
    };
    (i64) => {
        ValType::I64
    };
    (f64) => {
        ValType::F64
    };
}

macro_rules! results {
    (()) => {
        vec![]
    };
    ($result:tt) => {
        vec![value_type!($result)]
    };
}

/// An import that guests may have.
pub(crate) struct Known {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    params: Vec<ValType>,
    results: Vec<ValType>,
}

impl Known {
    pub(crate) fn has_type(&self, ty: &FuncType) -> bool {
        self.params == ty.params() && self.results == ty.results()
    }

    pub(crate) fn params(&self) -> &[ValType] {
        &self.params
    }

    pub(crate) fn results(&self) -> &[ValType] {
        &self.results
    }

    /// In the text format's words.
    pub(crate) fn type_text(&self) -> String {
        types_text(&self.params, &self.results)
    }
}

macro_rules! known {
    ($($module:literal $name:literal $space:ident :: $function:ident ( $($arg:ident : $ty:tt),* ) -> $result:tt;)*) => {
        vec![$(Known { module: $module, name: $name, params: vec![$(value_type!($ty)),*], results: results!($result) }),*]
    };
}

/// The list as data.
pub(crate) fn known() -> Vec<Known> {
    for_each_import!(known)
}
