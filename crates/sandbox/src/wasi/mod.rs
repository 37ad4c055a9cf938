//! WASI preview 1 on a virtual machine: virtual clock, seeded random, log streams, an in-memory file system.
//!
//! Written from the public description of `wasi_snapshot_preview1`. What cannot exist here (sockets, links) is `ENOTSUP`.
//! A bad pointer ends the guest with a trap that names the import, as other hosts do.
//!
//! Invariant: one call does a bounded amount of work, and charges for the bytes that it moves.

/// Turns an error number inside a function into its result.
macro_rules! attempt {
    ($e:expr) => {
        match $e {
            Ok(value) => value,
            Err(error) => return Ok(error),
        }
    };
}

mod descriptors;
pub(crate) mod errno;
mod fs;
mod io;
mod paths;
mod poll;
mod process;
mod sockets;

pub(crate) use self::{descriptors::*, io::*, paths::*, poll::*, process::*, sockets::*};
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
#[derive(Clone)]
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
        let GuestConfig { tmp, root, task, opt, .. } = &config;
        let fs = Fs::new(tmp, root, task, opt, config.limits.tmp_bytes_max);
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

    /// Begins the stream of random bytes anew.
    pub(crate) fn reseed(&mut self, seed: u64) {
        self.random = seed;
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
