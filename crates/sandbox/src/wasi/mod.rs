//! WASI preview 1 on a virtual machine: virtual clock, seeded random, log streams, an in-memory file system.
//!
//! Written from the public description of `wasi_snapshot_preview1`. What cannot exist here (sockets, links) is `ENOTSUP`.
//! A bad pointer ends the guest with a trap that names the import, as other hosts do.
//!
//! Invariant: one call does a bounded amount of work, and charges for the bytes that it moves.

pub(crate) mod errno;
mod fs;

use crate::host::{Block, Cx, Halt};
use crate::{GuestConfig, LogStream, Shape, Trap};
use errno::Errno;
use fs::{Fs, NodeId, ROOT, Stat};
use std::collections::BTreeMap;
use std::sync::Arc;

/// As `IOV_MAX` on Linux.
const IOVECS_MAX: u32 = 1024;
const SUBSCRIPTIONS_MAX: u32 = 1024;
const DESCRIPTORS_MAX: usize = 1024;
/// One call of `random_get`; Linux stops at 32 MiB too.
const RANDOM_BYTES_MAX: u32 = 32 << 20;
const PATH_BYTES_MAX: u32 = 4096;
const PREOPEN: u32 = 3;
/// `FD_READ` and `FD_WRITE` among the rights.
const RIGHT_READ: u64 = 1 << 1;
const RIGHT_WRITE: u64 = 1 << 6;
/// All 30 rights.
const RIGHTS_ALL: u64 = (1 << 30) - 1;
/// Seeking and telling: a character device has neither, which is how libc knows a terminal and flushes by line.
const RIGHTS_SEEK: u64 = (1 << 2) | (1 << 5);
const FLAG_APPEND: u16 = 1;
const OPEN_CREATE: u32 = 1;
const OPEN_DIRECTORY: u32 = 2;
const OPEN_EXCLUSIVE: u32 = 4;
const OPEN_TRUNCATE: u32 = 8;
const TYPE_CHARACTER_DEVICE: u8 = 2;
const TYPE_DIRECTORY: u8 = 3;
const TYPE_FILE: u8 = 4;

type Result<T = Errno> = std::result::Result<T, Halt>;

#[derive(Debug, Clone)]
enum Descriptor {
    Stdin,
    Out(LogStream),
    /// The preopened root.
    Root,
    Node {
        id: NodeId,
        offset: u64,
        readable: bool,
        writable: bool,
        flags: u16,
    },
}

/// The state behind the imports.
pub(crate) struct Wasi {
    args: Vec<String>,
    environment: Vec<String>,
    random: u64,
    fs: Fs,
    descriptors: BTreeMap<u32, Descriptor>,
    stdin: Arc<[u8]>,
    stdin_at: usize,
    /// Standard output of a command guest, up to the limit, and how much it wanted to write.
    stdout: Vec<u8>,
    stdout_wanted: u64,
}

impl Wasi {
    pub(crate) fn new(config: GuestConfig) -> Self {
        let fs = Fs::new(&config.tmp, &config.task, &config.opt, config.limits.tmp_bytes_max);
        let descriptors = BTreeMap::from([
            (0, Descriptor::Stdin),
            (1, Descriptor::Out(LogStream::Stdout)),
            (2, Descriptor::Out(LogStream::Stderr)),
            (PREOPEN, Descriptor::Root),
        ]);
        // A C string ends at its first zero byte, here as there.
        let c_string = |text: &str| text.split('\0').next().unwrap_or_default().to_owned();
        Self {
            args: config.args.iter().map(|arg| c_string(arg)).collect(),
            environment: config
                .environment
                .iter()
                .map(|(key, value)| c_string(&format!("{key}={value}")))
                .collect(),
            random: config.seed,
            fs,
            descriptors,
            stdin: Arc::from([].as_slice()),
            stdin_at: 0,
            stdout: Vec::new(),
            stdout_wanted: 0,
        }
    }

    pub(crate) fn set_stdin(&mut self, bytes: Arc<[u8]>) {
        self.stdin = bytes;
        self.stdin_at = 0;
    }

    /// What a command guest wrote, and how much it wanted to write.
    pub(crate) fn take_stdout(&mut self) -> (Vec<u8>, u64) {
        (std::mem::take(&mut self.stdout), std::mem::take(&mut self.stdout_wanted))
    }

    pub(crate) fn tmp_files(&self) -> BTreeMap<String, Arc<[u8]>> {
        self.fs.tmp_files()
    }

    /// The next number of the guest's stream (SplitMix64: one word of state, any seed will do).
    pub(crate) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn get(&self, fd: i32) -> std::result::Result<&Descriptor, Errno> {
        self.descriptors.get(&(fd as u32)).ok_or(errno::BADF)
    }

    /// The directory behind a descriptor.
    fn directory(&self, fd: i32) -> std::result::Result<NodeId, Errno> {
        match self.get(fd)? {
            Descriptor::Root => Ok(ROOT),
            Descriptor::Node { id, .. } if self.fs.is_directory(*id) => Ok(*id),
            _ => Err(errno::NOTDIR),
        }
    }

    /// The file or directory behind a descriptor.
    fn node(&self, fd: i32) -> std::result::Result<NodeId, Errno> {
        match self.get(fd)? {
            Descriptor::Root => Ok(ROOT),
            Descriptor::Node { id, .. } => Ok(*id),
            _ => Err(errno::SPIPE),
        }
    }

    fn open(&mut self, descriptor: Descriptor) -> std::result::Result<u32, Errno> {
        if self.descriptors.len() >= DESCRIPTORS_MAX {
            return Err(errno::MFILE);
        }
        let fd = (0..).find(|fd| !self.descriptors.contains_key(fd)).ok_or(errno::MFILE)?;
        if let Descriptor::Node { id, .. } = &descriptor {
            self.fs.opened(*id);
        }
        self.descriptors.insert(fd, descriptor);
        Ok(fd)
    }

    fn close(&mut self, fd: u32) -> std::result::Result<(), Errno> {
        match self.descriptors.remove(&fd) {
            Some(Descriptor::Node { id, .. }) => self.fs.closed(id),
            Some(_) => {}
            None => return Err(errno::BADF),
        }
        Ok(())
    }
}

/// Turns an error number inside a function into its result.
macro_rules! attempt {
    ($e:expr) => {
        match $e {
            Ok(value) => value,
            Err(error) => return Ok(error),
        }
    };
}

fn strings_get(cx: &mut Cx<'_>, strings: &[String], list: u32, text: u32) -> Result {
    cx.check(list, strings.len() as u64 * 4)?;
    let mut at = text;
    for (index, string) in strings.iter().enumerate() {
        cx.write_u32(list + index as u32 * 4, at)?;
        cx.check(at, string.len() as u64 + 1)?;
        cx.write(at, string.as_bytes())?;
        cx.write(at + string.len() as u32, &[0])?;
        at = at.saturating_add(string.len() as u32 + 1);
    }
    Ok(errno::SUCCESS)
}

fn strings_sizes_get(cx: &mut Cx<'_>, strings: &[String], count: u32, bytes: u32) -> Result {
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    cx.write_u32(count, strings.len() as u32)?;
    cx.write_u32(bytes, total as u32)?;
    Ok(errno::SUCCESS)
}

pub(crate) fn args_get(cx: &mut Cx<'_>, list: i32, text: i32) -> Result {
    let args = std::mem::take(&mut cx.host.wasi.args);
    let result = strings_get(cx, &args, list as u32, text as u32);
    cx.host.wasi.args = args;
    result
}

pub(crate) fn args_sizes_get(cx: &mut Cx<'_>, count: i32, bytes: i32) -> Result {
    let args = std::mem::take(&mut cx.host.wasi.args);
    let result = strings_sizes_get(cx, &args, count as u32, bytes as u32);
    cx.host.wasi.args = args;
    result
}

pub(crate) fn environ_get(cx: &mut Cx<'_>, list: i32, text: i32) -> Result {
    let environment = std::mem::take(&mut cx.host.wasi.environment);
    let result = strings_get(cx, &environment, list as u32, text as u32);
    cx.host.wasi.environment = environment;
    result
}

pub(crate) fn environ_sizes_get(cx: &mut Cx<'_>, count: i32, bytes: i32) -> Result {
    let environment = std::mem::take(&mut cx.host.wasi.environment);
    let result = strings_sizes_get(cx, &environment, count as u32, bytes as u32);
    cx.host.wasi.environment = environment;
    result
}

pub(crate) fn clock_res_get(cx: &mut Cx<'_>, clock: i32, out: i32) -> Result {
    if !(0..=3).contains(&clock) {
        return Ok(errno::INVAL);
    }
    cx.write_u64(out as u32, 1)?;
    Ok(errno::SUCCESS)
}

/// All four clocks are the virtual one: the processor's time passes only while the guest runs, and differences are what programs take.
pub(crate) fn clock_time_get(cx: &mut Cx<'_>, clock: i32, _precision: i64, out: i32) -> Result {
    if !(0..=3).contains(&clock) {
        return Ok(errno::INVAL);
    }
    let now = cx.now_ns();
    cx.write_u64(out as u32, now)?;
    Ok(errno::SUCCESS)
}

pub(crate) fn random_get(cx: &mut Cx<'_>, buf: i32, len: i32) -> Result {
    let (buf, len) = (buf as u32, len as u32);
    cx.check(buf, u64::from(len))?;
    if len > RANDOM_BYTES_MAX {
        return Ok(errno::INVAL);
    }
    let mut at = buf;
    let mut left = len as usize;
    while left > 0 {
        let word = cx.host.wasi.random().to_le_bytes();
        let part = left.min(word.len());
        cx.write(at, &word[..part])?;
        at = at.wrapping_add(part as u32);
        left -= part;
    }
    cx.charge(u64::from(len) / 8);
    Ok(errno::SUCCESS)
}

pub(crate) fn sched_yield(_cx: &mut Cx<'_>) -> Result {
    Ok(errno::SUCCESS)
}

pub(crate) fn proc_exit(_cx: &mut Cx<'_>, code: i32) -> Result<()> {
    Err(Halt::Trap(Trap::ExitCode(code)))
}

/// A signal ends the process, as the default action of most does: 128 + signal, as a shell reports it.
pub(crate) fn proc_raise(_cx: &mut Cx<'_>, signal: i32) -> Result {
    Err(Halt::Trap(Trap::ExitCode(128 + (signal & 0x7f))))
}

/// A guest's buffers, checked: address and length of each.
fn iovecs(
    cx: &mut Cx<'_>,
    at: u32,
    count: u32,
) -> Result<std::result::Result<Vec<(u32, u32)>, Errno>> {
    cx.check(at, u64::from(count) * 8)?;
    if count > IOVECS_MAX {
        return Ok(Err(errno::INVAL));
    }
    let list = cx.bytes(at, count * 8)?;
    let mut out = Vec::with_capacity(count as usize);
    for pair in list.chunks_exact(8) {
        let word = |from: usize| {
            u32::from_le_bytes([pair[from], pair[from + 1], pair[from + 2], pair[from + 3]])
        };
        let (buf, len) = (word(0), word(4));
        cx.check(buf, u64::from(len))?;
        out.push((buf, len));
    }
    // The call's result is 32 bits wide.
    let total: u64 = out.iter().map(|(_, len)| u64::from(*len)).sum();
    Ok(if total > i32::MAX as u64 { Err(errno::INVAL) } else { Ok(out) })
}

pub(crate) fn fd_write(cx: &mut Cx<'_>, fd: i32, iovs: i32, iovs_len: i32, out: i32) -> Result {
    write(cx, fd, iovs as u32, iovs_len as u32, None, out as u32)
}

pub(crate) fn fd_pwrite(
    cx: &mut Cx<'_>,
    fd: i32,
    iovs: i32,
    iovs_len: i32,
    offset: i64,
    out: i32,
) -> Result {
    write(cx, fd, iovs as u32, iovs_len as u32, Some(offset as u64), out as u32)
}

fn write(cx: &mut Cx<'_>, fd: i32, iovs: u32, count: u32, at: Option<u64>, out: u32) -> Result {
    cx.check(out, 4)?;
    let buffers = attempt!(iovecs(cx, iovs, count)?);
    let total: u64 = buffers.iter().map(|(_, len)| u64::from(*len)).sum();
    match attempt!(cx.host.wasi.get(fd)).clone() {
        Descriptor::Stdin => return Ok(errno::BADF),
        Descriptor::Root => return Ok(errno::ISDIR),
        Descriptor::Out(_) if at.is_some() => return Ok(errno::SPIPE),
        Descriptor::Out(stream) => write_stream(cx, stream, &buffers, total)?,
        Descriptor::Node { writable: false, .. } => return Ok(errno::BADF),
        Descriptor::Node { id, offset, flags, .. } => {
            let end = match cx.host.wasi.fs.file(id) {
                Ok(bytes) => bytes.len() as u64,
                Err(error) => return Ok(error),
            };
            let start = at.unwrap_or(if flags & FLAG_APPEND != 0 { end } else { offset });
            let now = cx.now_ns();
            // All or nothing: a file that would pass the quota is not written in part.
            let mut position = start;
            if total > 0 {
                let grown = start.saturating_add(total).saturating_sub(end);
                attempt!(cx.host.wasi.fs.window(id, start, total as usize, now).map(drop));
                cx.charge_bytes(grown);
            }
            for (buf, len) in buffers {
                let window = attempt!(cx.host.wasi.fs.window(id, position, len as usize, now));
                if cx.memory.read(buf, window).is_none() {
                    return Err(cx.broken("a buffer outside of memory"));
                }
                position += u64::from(len);
            }
            cx.charge_bytes(total);
            if let (None, Some(Descriptor::Node { offset, .. })) =
                (at, cx.host.wasi.descriptors.get_mut(&(fd as u32)))
            {
                *offset = position;
            }
        }
    }
    cx.write_u32(out, total as u32)?;
    Ok(errno::SUCCESS)
}

/// To the log, or for a command's standard output to its response. Both keep what fits and count the rest.
fn write_stream(
    cx: &mut Cx<'_>,
    stream: LogStream,
    buffers: &[(u32, u32)],
    total: u64,
) -> Result<()> {
    let is_response = stream == LogStream::Stdout && cx.host.shape == Shape::Command;
    let mut room = if is_response {
        let wasi = &mut cx.host.wasi;
        wasi.stdout_wanted = wasi.stdout_wanted.saturating_add(total);
        cx.host.limits.response_bytes_max.saturating_sub(wasi.stdout.len())
    } else {
        let limit = cx.host.limits.log_bytes_max;
        cx.host.log.admit(total, limit)
    };
    let now = cx.now_ns();
    let mut bytes = Vec::new();
    for (buf, len) in buffers {
        let part = (*len as usize).min(room);
        bytes.extend_from_slice(&cx.bytes(*buf, part as u32)?);
        room -= part;
    }
    if is_response {
        cx.host.wasi.stdout.extend_from_slice(&bytes);
    } else {
        cx.host.log.write(stream, now, bytes);
    }
    Ok(())
}

pub(crate) fn fd_read(cx: &mut Cx<'_>, fd: i32, iovs: i32, iovs_len: i32, out: i32) -> Result {
    read(cx, fd, iovs as u32, iovs_len as u32, None, out as u32)
}

pub(crate) fn fd_pread(
    cx: &mut Cx<'_>,
    fd: i32,
    iovs: i32,
    iovs_len: i32,
    offset: i64,
    out: i32,
) -> Result {
    read(cx, fd, iovs as u32, iovs_len as u32, Some(offset as u64), out as u32)
}

fn read(cx: &mut Cx<'_>, fd: i32, iovs: u32, count: u32, at: Option<u64>, out: u32) -> Result {
    cx.check(out, 4)?;
    let buffers = attempt!(iovecs(cx, iovs, count)?);
    let descriptor = attempt!(cx.host.wasi.get(fd)).clone();
    let mut moved: u32 = 0;
    {
        let wasi = &cx.host.wasi;
        let source: &[u8] = match &descriptor {
            Descriptor::Stdin if at.is_some() => return Ok(errno::SPIPE),
            Descriptor::Stdin => wasi.stdin.get(wasi.stdin_at..).unwrap_or_default(),
            Descriptor::Out(_) => return Ok(errno::BADF),
            Descriptor::Root => return Ok(errno::ISDIR),
            Descriptor::Node { readable: false, .. } => return Ok(errno::BADF),
            Descriptor::Node { id, offset, .. } => {
                let from = usize::try_from(at.unwrap_or(*offset)).unwrap_or(usize::MAX);
                attempt!(wasi.fs.file(*id)).get(from..).unwrap_or_default()
            }
        };
        let mut rest = source;
        for (buf, len) in buffers {
            let part = rest.len().min(len as usize);
            let (now, later) = rest.split_at(part);
            if cx.memory.write(buf, now).is_none() {
                return Err(cx.broken("a buffer outside of memory"));
            }
            moved += part as u32;
            rest = later;
        }
    }
    match (descriptor, at) {
        (Descriptor::Stdin, _) => cx.host.wasi.stdin_at += moved as usize,
        (_, None) => {
            if let Some(Descriptor::Node { offset, .. }) =
                cx.host.wasi.descriptors.get_mut(&(fd as u32))
            {
                *offset += u64::from(moved);
            }
        }
        _ => {}
    }
    cx.charge_bytes(u64::from(moved));
    cx.write_u32(out, moved)?;
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_seek(cx: &mut Cx<'_>, fd: i32, by: i64, whence: i32, out: i32) -> Result {
    cx.check(out as u32, 8)?;
    let id = attempt!(cx.host.wasi.node(fd));
    let size = attempt!(cx.host.wasi.fs.stat(id)).size;
    let Some(Descriptor::Node { offset, .. }) = cx.host.wasi.descriptors.get_mut(&(fd as u32))
    else {
        return Ok(errno::ISDIR);
    };
    let base = match whence {
        0 => 0,
        1 => *offset,
        2 => size,
        _ => return Ok(errno::INVAL),
    };
    let Some(position) =
        base.checked_add_signed(by).filter(|position| *position <= i64::MAX as u64)
    else {
        return Ok(errno::INVAL);
    };
    *offset = position;
    cx.write_u64(out as u32, position)?;
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_tell(cx: &mut Cx<'_>, fd: i32, out: i32) -> Result {
    cx.check(out as u32, 8)?;
    let position = match attempt!(cx.host.wasi.get(fd)) {
        Descriptor::Node { offset, .. } => *offset,
        Descriptor::Root => return Ok(errno::ISDIR),
        _ => return Ok(errno::SPIPE),
    };
    cx.write_u64(out as u32, position)?;
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_close(cx: &mut Cx<'_>, fd: i32) -> Result {
    attempt!(cx.host.wasi.close(fd as u32));
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_renumber(cx: &mut Cx<'_>, fd: i32, to: i32) -> Result {
    let wasi = &mut cx.host.wasi;
    let (fd, to) = (fd as u32, to as u32);
    if !wasi.descriptors.contains_key(&fd) || !wasi.descriptors.contains_key(&to) {
        return Ok(errno::BADF);
    }
    if fd != to {
        attempt!(wasi.close(to));
        if let Some(descriptor) = wasi.descriptors.remove(&fd) {
            wasi.descriptors.insert(to, descriptor);
        }
    }
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_sync(cx: &mut Cx<'_>, fd: i32) -> Result {
    attempt!(cx.host.wasi.get(fd).map(drop));
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_datasync(cx: &mut Cx<'_>, fd: i32) -> Result {
    fd_sync(cx, fd)
}

pub(crate) fn fd_advise(cx: &mut Cx<'_>, fd: i32, _offset: i64, _len: i64, advice: i32) -> Result {
    attempt!(cx.host.wasi.node(fd).map(drop));
    Ok(if (0..=5).contains(&advice) { errno::SUCCESS } else { errno::INVAL })
}

pub(crate) fn fd_allocate(cx: &mut Cx<'_>, fd: i32, offset: i64, len: i64) -> Result {
    let Some(end) = (offset as u64).checked_add(len as u64).filter(|_| offset >= 0 && len > 0)
    else {
        return Ok(errno::INVAL);
    };
    let id = attempt!(writable_node(cx, fd));
    let size = attempt!(cx.host.wasi.fs.stat(id)).size;
    if end > size {
        let now = cx.now_ns();
        attempt!(cx.host.wasi.fs.set_size(id, end, now));
        cx.charge_bytes(end - size);
    }
    Ok(errno::SUCCESS)
}

fn writable_node(cx: &Cx<'_>, fd: i32) -> std::result::Result<NodeId, Errno> {
    match cx.host.wasi.get(fd)? {
        Descriptor::Node { id, writable: true, .. } => Ok(*id),
        Descriptor::Node { .. } | Descriptor::Root => Err(errno::BADF),
        _ => Err(errno::INVAL),
    }
}

pub(crate) fn fd_fdstat_get(cx: &mut Cx<'_>, fd: i32, out: i32) -> Result {
    let (kind, flags, rights) = match attempt!(cx.host.wasi.get(fd)) {
        Descriptor::Stdin => (TYPE_CHARACTER_DEVICE, 0, RIGHTS_ALL & !RIGHTS_SEEK & !RIGHT_WRITE),
        Descriptor::Out(_) => {
            (TYPE_CHARACTER_DEVICE, FLAG_APPEND, RIGHTS_ALL & !RIGHTS_SEEK & !RIGHT_READ)
        }
        Descriptor::Root => (TYPE_DIRECTORY, 0, RIGHTS_ALL),
        Descriptor::Node { id, readable, writable, flags, .. } => {
            let kind = if cx.host.wasi.fs.is_directory(*id) { TYPE_DIRECTORY } else { TYPE_FILE };
            let mut rights = RIGHTS_ALL;
            if !readable {
                rights &= !RIGHT_READ;
            }
            if !writable {
                rights &= !RIGHT_WRITE;
            }
            (kind, *flags, rights)
        }
    };
    let mut stat = [0; 24];
    stat[0] = kind;
    stat[2..4].copy_from_slice(&flags.to_le_bytes());
    stat[8..16].copy_from_slice(&rights.to_le_bytes());
    stat[16..24].copy_from_slice(&RIGHTS_ALL.to_le_bytes());
    cx.write(out as u32, &stat)?;
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_fdstat_set_flags(cx: &mut Cx<'_>, fd: i32, new: i32) -> Result {
    match cx.host.wasi.descriptors.get_mut(&(fd as u32)) {
        Some(Descriptor::Node { flags, .. }) => *flags = new as u16 & 0x1f,
        Some(_) => {}
        None => return Ok(errno::BADF),
    }
    Ok(errno::SUCCESS)
}

/// Rights only ever shrink; nothing here depends on the ones that can be given up.
pub(crate) fn fd_fdstat_set_rights(
    cx: &mut Cx<'_>,
    fd: i32,
    base: i64,
    _inheriting: i64,
) -> Result {
    match cx.host.wasi.descriptors.get_mut(&(fd as u32)) {
        Some(Descriptor::Node { readable, writable, .. }) => {
            *readable &= base as u64 & RIGHT_READ != 0;
            *writable &= base as u64 & RIGHT_WRITE != 0;
        }
        Some(_) => {}
        None => return Ok(errno::BADF),
    }
    Ok(errno::SUCCESS)
}

fn filestat(kind: u8, stat: Stat) -> [u8; 64] {
    let mut out = [0; 64];
    out[0..8].copy_from_slice(&1_u64.to_le_bytes());
    out[8..16].copy_from_slice(&stat.inode.to_le_bytes());
    out[16] = kind;
    out[24..32].copy_from_slice(&1_u64.to_le_bytes());
    out[32..40].copy_from_slice(&stat.size.to_le_bytes());
    for at in [40, 48, 56] {
        out[at..at + 8].copy_from_slice(&stat.modified_ns.to_le_bytes());
    }
    out
}

fn node_filestat(stat: Stat) -> [u8; 64] {
    filestat(if stat.is_directory { TYPE_DIRECTORY } else { TYPE_FILE }, stat)
}

pub(crate) fn fd_filestat_get(cx: &mut Cx<'_>, fd: i32, out: i32) -> Result {
    cx.check(out as u32, 64)?;
    let stat = match attempt!(cx.host.wasi.get(fd)) {
        Descriptor::Stdin | Descriptor::Out(_) => filestat(
            TYPE_CHARACTER_DEVICE,
            Stat { inode: 0, is_directory: false, size: 0, modified_ns: 0 },
        ),
        Descriptor::Root => node_filestat(attempt!(cx.host.wasi.fs.stat(ROOT))),
        Descriptor::Node { id, .. } => node_filestat(attempt!(cx.host.wasi.fs.stat(*id))),
    };
    cx.write(out as u32, &stat)?;
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_filestat_set_size(cx: &mut Cx<'_>, fd: i32, size: i64) -> Result {
    let id = attempt!(writable_node(cx, fd));
    if size < 0 {
        return Ok(errno::INVAL);
    }
    let old = attempt!(cx.host.wasi.fs.stat(id)).size;
    let now = cx.now_ns();
    attempt!(cx.host.wasi.fs.set_size(id, size as u64, now));
    cx.charge_bytes((size as u64).saturating_sub(old));
    Ok(errno::SUCCESS)
}

/// The modification time that flags ask for; access times are not kept. `None` leaves it.
fn new_time(cx: &Cx<'_>, mtim: i64, flags: i32) -> std::result::Result<Option<u64>, Errno> {
    match flags {
        _ if flags & 0b1100 == 0b1100 || flags & 0b11 == 0b11 => Err(errno::INVAL),
        _ if flags & 0b1000 != 0 => Ok(Some(cx.now_ns())),
        _ if flags & 0b100 != 0 => Ok(Some(mtim as u64)),
        _ => Ok(None),
    }
}

pub(crate) fn fd_filestat_set_times(
    cx: &mut Cx<'_>,
    fd: i32,
    _atim: i64,
    mtim: i64,
    flags: i32,
) -> Result {
    let id = attempt!(cx.host.wasi.node(fd));
    if let Some(ns) = attempt!(new_time(cx, mtim, flags)) {
        attempt!(cx.host.wasi.fs.set_modified(id, ns));
    }
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_prestat_get(cx: &mut Cx<'_>, fd: i32, out: i32) -> Result {
    cx.check(out as u32, 8)?;
    if fd as u32 != PREOPEN || !matches!(cx.host.wasi.get(fd), Ok(Descriptor::Root)) {
        return Ok(errno::BADF);
    }
    cx.write(out as u32, &[0, 0, 0, 0, 1, 0, 0, 0])?;
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_prestat_dir_name(cx: &mut Cx<'_>, fd: i32, path: i32, path_len: i32) -> Result {
    cx.check(path as u32, u64::from(path_len as u32))?;
    if fd as u32 != PREOPEN || !matches!(cx.host.wasi.get(fd), Ok(Descriptor::Root)) {
        return Ok(errno::BADF);
    }
    if path_len < 1 {
        return Ok(errno::NAMETOOLONG);
    }
    cx.write(path as u32, b"/")?;
    Ok(errno::SUCCESS)
}

pub(crate) fn fd_readdir(
    cx: &mut Cx<'_>,
    fd: i32,
    buf: i32,
    cap: i32,
    cookie: i64,
    out: i32,
) -> Result {
    let (buf, cap) = (buf as u32, cap as u32 as usize);
    cx.check(buf, cap as u64)?;
    cx.check(out as u32, 4)?;
    let id = attempt!(cx.host.wasi.directory(fd));
    let mut bytes: Vec<u8> = Vec::new();
    {
        let fs = &cx.host.wasi.fs;
        let skipped = usize::try_from(cookie as u64).unwrap_or(usize::MAX);
        for (index, (name, child)) in attempt!(fs.entries(id)).enumerate().skip(skipped) {
            let mut entry = [0; 24];
            entry[0..8].copy_from_slice(&(index as u64 + 1).to_le_bytes());
            entry[8..16].copy_from_slice(&(child as u64 + 1).to_le_bytes());
            entry[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
            entry[20] = if fs.is_directory(child) { TYPE_DIRECTORY } else { TYPE_FILE };
            bytes.extend_from_slice(&entry);
            bytes.extend_from_slice(name.as_bytes());
            if bytes.len() >= cap {
                break;
            }
        }
    }
    // A buffer filled to the end, even with half an entry, tells the caller to ask again.
    bytes.truncate(cap);
    cx.charge(bytes.len() as u64);
    cx.write(buf, &bytes)?;
    cx.write_u32(out as u32, bytes.len() as u32)?;
    Ok(errno::SUCCESS)
}

/// A path of the guest, or the error of one that cannot be.
fn path(cx: &mut Cx<'_>, at: i32, len: i32) -> Result<std::result::Result<String, Errno>> {
    cx.check(at as u32, u64::from(len as u32))?;
    if len as u32 > PATH_BYTES_MAX {
        return Ok(Err(errno::NAMETOOLONG));
    }
    Ok(String::from_utf8(cx.bytes(at as u32, len as u32)?).map_err(|_| errno::ILSEQ))
}

#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(crate) fn path_open(
    cx: &mut Cx<'_>,
    fd: i32,
    _lookup: i32,
    at: i32,
    len: i32,
    oflags: i32,
    rights: i64,
    _inheriting: i64,
    fdflags: i32,
    out: i32,
) -> Result {
    cx.check(out as u32, 4)?;
    let path = attempt!(path(cx, at, len)?);
    let from = attempt!(cx.host.wasi.directory(fd));
    let (oflags, rights) = (oflags as u32, rights as u64);
    let writable = rights & RIGHT_WRITE != 0;
    let now = cx.now_ns();
    let wasi = &mut cx.host.wasi;
    let found = match wasi.fs.find(from, &path) {
        Ok(_) if oflags & OPEN_CREATE != 0 && oflags & OPEN_EXCLUSIVE != 0 => {
            return Ok(errno::EXIST);
        }
        Ok(id) => id,
        Err(errno::NOENT) if oflags & OPEN_CREATE != 0 && oflags & OPEN_DIRECTORY == 0 => {
            attempt!(wasi.fs.create_file(from, &path, now))
        }
        Err(error) => return Ok(error),
    };
    let is_directory = wasi.fs.is_directory(found);
    if oflags & OPEN_DIRECTORY != 0 && !is_directory {
        return Ok(errno::NOTDIR);
    }
    if !is_directory && (writable || oflags & OPEN_TRUNCATE != 0) && !wasi.fs.is_writable(found) {
        return Ok(errno::ROFS);
    }
    if oflags & OPEN_TRUNCATE != 0 {
        if is_directory {
            return Ok(errno::ISDIR);
        }
        attempt!(wasi.fs.set_size(found, 0, now));
    }
    let descriptor = Descriptor::Node {
        id: found,
        offset: 0,
        readable: rights & RIGHT_READ != 0,
        writable: writable && !is_directory,
        flags: fdflags as u16 & 0x1f,
    };
    let opened = attempt!(wasi.open(descriptor));
    cx.write_u32(out as u32, opened)?;
    Ok(errno::SUCCESS)
}

pub(crate) fn path_filestat_get(
    cx: &mut Cx<'_>,
    fd: i32,
    _lookup: i32,
    at: i32,
    len: i32,
    out: i32,
) -> Result {
    cx.check(out as u32, 64)?;
    let path = attempt!(path(cx, at, len)?);
    let from = attempt!(cx.host.wasi.directory(fd));
    let id = attempt!(cx.host.wasi.fs.find(from, &path));
    let stat = attempt!(cx.host.wasi.fs.stat(id));
    cx.write(out as u32, &node_filestat(stat))?;
    Ok(errno::SUCCESS)
}

#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(crate) fn path_filestat_set_times(
    cx: &mut Cx<'_>,
    fd: i32,
    _lookup: i32,
    at: i32,
    len: i32,
    _atim: i64,
    mtim: i64,
    flags: i32,
) -> Result {
    let path = attempt!(path(cx, at, len)?);
    let from = attempt!(cx.host.wasi.directory(fd));
    let id = attempt!(cx.host.wasi.fs.find(from, &path));
    if let Some(ns) = attempt!(new_time(cx, mtim, flags)) {
        attempt!(cx.host.wasi.fs.set_modified(id, ns));
    }
    Ok(errno::SUCCESS)
}

pub(crate) fn path_create_directory(cx: &mut Cx<'_>, fd: i32, at: i32, len: i32) -> Result {
    let path = attempt!(path(cx, at, len)?);
    let from = attempt!(cx.host.wasi.directory(fd));
    let now = cx.now_ns();
    attempt!(cx.host.wasi.fs.create_directory(from, &path, now));
    Ok(errno::SUCCESS)
}

pub(crate) fn path_remove_directory(cx: &mut Cx<'_>, fd: i32, at: i32, len: i32) -> Result {
    remove(cx, fd, at, len, true)
}

pub(crate) fn path_unlink_file(cx: &mut Cx<'_>, fd: i32, at: i32, len: i32) -> Result {
    remove(cx, fd, at, len, false)
}

fn remove(cx: &mut Cx<'_>, fd: i32, at: i32, len: i32, directory: bool) -> Result {
    let path = attempt!(path(cx, at, len)?);
    let from = attempt!(cx.host.wasi.directory(fd));
    let now = cx.now_ns();
    attempt!(cx.host.wasi.fs.remove(from, &path, directory, now));
    Ok(errno::SUCCESS)
}

pub(crate) fn path_rename(
    cx: &mut Cx<'_>,
    fd: i32,
    at: i32,
    len: i32,
    to_fd: i32,
    to_at: i32,
    to_len: i32,
) -> Result {
    let from_path = attempt!(path(cx, at, len)?);
    let to_path = attempt!(path(cx, to_at, to_len)?);
    let from = attempt!(cx.host.wasi.directory(fd));
    let to = attempt!(cx.host.wasi.directory(to_fd));
    let now = cx.now_ns();
    attempt!(cx.host.wasi.fs.rename(from, &from_path, to, &to_path, now));
    Ok(errno::SUCCESS)
}

#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(crate) fn path_link(
    cx: &mut Cx<'_>,
    fd: i32,
    _lookup: i32,
    at: i32,
    len: i32,
    to_fd: i32,
    to_at: i32,
    to_len: i32,
) -> Result {
    attempt!(path(cx, at, len)?.map(drop));
    attempt!(path(cx, to_at, to_len)?.map(drop));
    attempt!(cx.host.wasi.directory(fd).and(cx.host.wasi.directory(to_fd)).map(drop));
    Ok(errno::NOTSUP)
}

pub(crate) fn path_symlink(
    cx: &mut Cx<'_>,
    target: i32,
    target_len: i32,
    fd: i32,
    at: i32,
    len: i32,
) -> Result {
    attempt!(path(cx, target, target_len)?.map(drop));
    attempt!(path(cx, at, len)?.map(drop));
    attempt!(cx.host.wasi.directory(fd).map(drop));
    Ok(errno::NOTSUP)
}

/// There are no symbolic links, so whatever the path names is not one.
pub(crate) fn path_readlink(
    cx: &mut Cx<'_>,
    fd: i32,
    at: i32,
    len: i32,
    buf: i32,
    cap: i32,
    out: i32,
) -> Result {
    cx.check(buf as u32, u64::from(cap as u32))?;
    cx.check(out as u32, 4)?;
    let path = attempt!(path(cx, at, len)?);
    let from = attempt!(cx.host.wasi.directory(fd));
    attempt!(cx.host.wasi.fs.find(from, &path).map(drop));
    Ok(errno::INVAL)
}

/// What a `poll_oneoff` that sleeps writes when it wakes: the events of the clocks that came due.
#[derive(Debug)]
pub(crate) struct Poll {
    events: u32,
    out: u32,
    due: Vec<[u8; 32]>,
}

fn event(userdata: [u8; 8], error: Errno, kind: u8, bytes: u64) -> [u8; 32] {
    let mut out = [0; 32];
    out[0..8].copy_from_slice(&userdata);
    out[8..10].copy_from_slice(&(error as u16).to_le_bytes());
    out[10] = kind;
    out[16..24].copy_from_slice(&bytes.to_le_bytes());
    out
}

pub(crate) fn poll_oneoff(
    cx: &mut Cx<'_>,
    subscriptions: i32,
    events: i32,
    count: i32,
    out: i32,
) -> Result {
    let count = count as u32;
    cx.check(subscriptions as u32, u64::from(count) * 48)?;
    cx.check(events as u32, u64::from(count) * 32)?;
    cx.check(out as u32, 4)?;
    if count == 0 || count > SUBSCRIPTIONS_MAX {
        return Ok(errno::INVAL);
    }
    let list = cx.bytes(subscriptions as u32, count * 48)?;
    let now = cx.now_ns();
    let mut ready = Vec::new();
    let mut clocks: Vec<(u64, [u8; 8])> = Vec::new();
    for subscription in list.chunks_exact(48) {
        let word = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&subscription[at..at + 8]);
            bytes
        };
        let userdata = word(0);
        let kind = subscription[8];
        match kind {
            0 => {
                let id =
                    word(16)[..4].iter().rev().fold(0_u32, |id, byte| id << 8 | u32::from(*byte));
                let timeout = u64::from_le_bytes(word(24));
                let is_absolute = subscription[40] & 1 != 0;
                if id > 3 {
                    ready.push(event(userdata, errno::INVAL, kind, 0));
                } else {
                    clocks.push((
                        if is_absolute { timeout.saturating_sub(now) } else { timeout },
                        userdata,
                    ));
                }
            }
            1 | 2 => {
                let fd = i32::from_le_bytes([
                    subscription[16],
                    subscription[17],
                    subscription[18],
                    subscription[19],
                ]);
                ready.push(match cx.host.wasi.get(fd) {
                    Ok(descriptor) => event(
                        userdata,
                        errno::SUCCESS,
                        kind,
                        bytes_ready(&cx.host.wasi, descriptor),
                    ),
                    Err(error) => event(userdata, error, kind, 0),
                });
            }
            _ => return Ok(errno::INVAL),
        }
    }
    // Something that is ready now ends the wait; else the earliest clock does.
    let wait =
        if ready.is_empty() { clocks.iter().map(|(ns, _)| *ns).min().unwrap_or(0) } else { 0 };
    ready.extend(
        clocks
            .iter()
            .filter(|(ns, _)| *ns == wait)
            .map(|(_, userdata)| event(*userdata, errno::SUCCESS, 0, 0)),
    );
    let poll = Poll { events: events as u32, out: out as u32, due: ready };
    if wait == 0 {
        return finish_poll(cx, &poll);
    }
    if cx.host.shape == Shape::Callback {
        // This shape never suspends: the wait is burned on the meter instead.
        let units = cx.host.time.ns_to_units(wait);
        cx.charge(units);
        return finish_poll(cx, &poll);
    }
    Err(Halt::Block(Block::Sleep { ns: wait, poll }))
}

/// Writes the events of a poll.
pub(crate) fn finish_poll(cx: &mut Cx<'_>, poll: &Poll) -> Result {
    for (index, event) in poll.due.iter().enumerate() {
        cx.write(poll.events.wrapping_add(index as u32 * 32), event)?;
    }
    cx.write_u32(poll.out, poll.due.len() as u32)?;
    Ok(errno::SUCCESS)
}

fn bytes_ready(wasi: &Wasi, descriptor: &Descriptor) -> u64 {
    match descriptor {
        Descriptor::Stdin => (wasi.stdin.len() - wasi.stdin_at) as u64,
        Descriptor::Node { id, offset, .. } => {
            wasi.fs.file(*id).map_or(0, |bytes| (bytes.len() as u64).saturating_sub(*offset))
        }
        Descriptor::Out(_) | Descriptor::Root => 0,
    }
}

pub(crate) fn sock_accept(cx: &mut Cx<'_>, _fd: i32, _flags: i32, out: i32) -> Result {
    cx.check(out as u32, 4)?;
    Ok(errno::NOTSUP)
}

pub(crate) fn sock_recv(
    cx: &mut Cx<'_>,
    _fd: i32,
    iovs: i32,
    iovs_len: i32,
    _flags: i32,
    size: i32,
    out_flags: i32,
) -> Result {
    cx.check(size as u32, 4)?;
    cx.check(out_flags as u32, 2)?;
    attempt!(iovecs(cx, iovs as u32, iovs_len as u32)?.map(drop));
    Ok(errno::NOTSUP)
}

pub(crate) fn sock_send(
    cx: &mut Cx<'_>,
    _fd: i32,
    iovs: i32,
    iovs_len: i32,
    _flags: i32,
    size: i32,
) -> Result {
    cx.check(size as u32, 4)?;
    attempt!(iovecs(cx, iovs as u32, iovs_len as u32)?.map(drop));
    Ok(errno::NOTSUP)
}

pub(crate) fn sock_shutdown(_cx: &mut Cx<'_>, _fd: i32, _how: i32) -> Result {
    Ok(errno::NOTSUP)
}
