//! The file system of an execution environment, in memory: `/tmp` with a quota, `/var/task` and `/opt` read-only.
//!
//! Invariant: a path never leads out of the tree; `..` above the directory it starts from is refused.
//! Invariant: bytes and nodes below `/tmp` never exceed the quota, deleted files that are still open included.

use super::errno::{self, Errno};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files and directories below `/tmp`.
const NODES_MAX: usize = 32_768;
/// As on Linux.
const NAME_BYTES_MAX: usize = 255;
/// As on Linux.
const PATH_BYTES_MAX: usize = 4096;
/// What a node costs of the quota beside its bytes: its directory entry.
const NODE_BYTES: u64 = 256;

/// An index into [`Fs::nodes`].
pub(crate) type NodeId = usize;

/// The root of the tree.
pub(crate) const ROOT: NodeId = 0;

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    File(Data),
    Directory(BTreeMap<String, NodeId>),
}

/// A file's bytes: shared until the first write.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Shared(Arc<[u8]>),
    Owned(Vec<u8>),
}

impl Data {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

#[derive(Debug, Clone)]
struct Node {
    kind: Kind,
    parent: NodeId,
    writable: bool,
    modified_ns: u64,
    /// File descriptors that hold it.
    opened: u32,
    /// Whether a directory names it.
    linked: bool,
}

/// What `filestat` says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stat {
    pub(crate) inode: u64,
    pub(crate) is_directory: bool,
    pub(crate) size: u64,
    pub(crate) modified_ns: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Fs {
    nodes: BTreeMap<NodeId, Node>,
    next_id: NodeId,
    tmp: NodeId,
    tmp_used: u64,
    tmp_nodes: usize,
    tmp_bytes_max: u64,
}

impl Fs {
    pub(crate) fn new(
        tmp: &BTreeMap<String, Arc<[u8]>>,
        root: &BTreeMap<String, Arc<[u8]>>,
        task: &BTreeMap<String, Arc<[u8]>>,
        opt: &BTreeMap<String, Arc<[u8]>>,
        tmp_bytes_max: u64,
    ) -> Self {
        let mut fs = Self {
            nodes: BTreeMap::new(),
            next_id: 0,
            tmp: 0,
            tmp_used: 0,
            tmp_nodes: 0,
            tmp_bytes_max,
        };
        fs.add(ROOT, Kind::Directory(BTreeMap::new()), false);
        for (path, bytes) in root {
            if path.split('/').next() != Some("tmp") {
                fs.place(ROOT, path, bytes);
            }
        }
        for (path, bytes) in task {
            fs.place(ROOT, &format!("var/task/{path}"), bytes);
        }
        for (path, bytes) in opt {
            fs.place(ROOT, &format!("opt/{path}"), bytes);
        }
        fs.directory(ROOT, "var/task", false);
        fs.directory(ROOT, "opt", false);
        fs.tmp = fs.directory(ROOT, "tmp", true);
        for (path, bytes) in tmp {
            fs.place(fs.tmp, path, bytes);
        }
        fs
    }

    /// Every file below `/tmp`.
    pub(crate) fn tmp_files(&self) -> BTreeMap<String, Arc<[u8]>> {
        let mut files = BTreeMap::new();
        let mut open = vec![(self.tmp, String::new())];
        while let Some((id, prefix)) = open.pop() {
            match self.kind(id) {
                Some(Kind::Directory(entries)) => {
                    for (name, child) in entries {
                        let path = if prefix.is_empty() {
                            name.clone()
                        } else {
                            format!("{prefix}/{name}")
                        };
                        open.push((*child, path));
                    }
                }
                Some(Kind::File(Data::Shared(bytes))) => {
                    drop(files.insert(prefix, Arc::clone(bytes)))
                }
                Some(Kind::File(Data::Owned(bytes))) => {
                    drop(files.insert(prefix, Arc::from(bytes.as_slice())))
                }
                None => {}
            }
        }
        files
    }

    fn kind(&self, id: NodeId) -> Option<&Kind> {
        self.nodes.get(&id).map(|node| &node.kind)
    }

    fn add(&mut self, parent: NodeId, kind: Kind, writable: bool) -> NodeId {
        let id = self.next_id;
        self.next_id += 1;
        self.nodes
            .insert(id, Node { kind, parent, writable, modified_ns: 0, opened: 0, linked: true });
        id
    }

    /// The directory at `path`, made when it is missing. Only for the trees that the environment starts with.
    fn directory(&mut self, from: NodeId, path: &str, writable: bool) -> NodeId {
        let mut at = from;
        for name in path.split('/').filter(|name| !matches!(*name, "" | "." | "..")) {
            let found = match self.kind(at) {
                Some(Kind::Directory(entries)) => entries.get(name).copied(),
                _ => return at,
            };
            at = found.unwrap_or_else(|| {
                let id = self.add(at, Kind::Directory(BTreeMap::new()), writable);
                self.link(at, name, id);
                id
            });
        }
        at
    }

    /// Puts a file of the initial trees in its place. Files kept from an earlier guest fit the quota already.
    fn place(&mut self, from: NodeId, path: &str, bytes: &Arc<[u8]>) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if matches!(name, "" | "." | "..") {
            return;
        }
        let writable = from == self.tmp && self.tmp != ROOT;
        let before = self.nodes.len();
        let parent = self.directory(from, folder, writable);
        let id = self.add(parent, Kind::File(Data::Shared(Arc::clone(bytes))), writable);
        self.link(parent, name, id);
        if writable {
            let made = self.nodes.len() - before;
            self.tmp_nodes += made;
            self.tmp_used += made as u64 * NODE_BYTES + bytes.len() as u64;
        }
    }

    fn link(&mut self, parent: NodeId, name: &str, id: NodeId) {
        if let Some(Node { kind: Kind::Directory(entries), .. }) = self.nodes.get_mut(&parent) {
            entries.insert(name.to_owned(), id);
        }
    }

    fn node(&self, id: NodeId) -> Result<&Node, Errno> {
        self.nodes.get(&id).ok_or(errno::BADF)
    }

    pub(crate) fn stat(&self, id: NodeId) -> Result<Stat, Errno> {
        let node = self.node(id)?;
        let (is_directory, size) = match &node.kind {
            Kind::File(data) => (false, data.bytes().len() as u64),
            Kind::Directory(_) => (true, 0),
        };
        Ok(Stat { inode: id as u64 + 1, is_directory, size, modified_ns: node.modified_ns })
    }

    pub(crate) fn is_writable(&self, id: NodeId) -> bool {
        self.nodes.get(&id).is_some_and(|node| node.writable)
    }

    pub(crate) fn is_directory(&self, id: NodeId) -> bool {
        matches!(self.kind(id), Some(Kind::Directory(_)))
    }

    pub(crate) fn file(&self, id: NodeId) -> Result<&[u8], Errno> {
        match &self.node(id)?.kind {
            Kind::File(data) => Ok(data.bytes()),
            Kind::Directory(_) => Err(errno::ISDIR),
        }
    }

    pub(crate) fn set_modified(&mut self, id: NodeId, ns: u64) -> Result<(), Errno> {
        let node = self.nodes.get_mut(&id).ok_or(errno::BADF)?;
        if !node.writable {
            return Err(errno::ROFS);
        }
        node.modified_ns = ns;
        Ok(())
    }

    /// The entries of a directory in name order, `.` and `..` first.
    pub(crate) fn entries(
        &self,
        id: NodeId,
    ) -> Result<impl Iterator<Item = (&str, NodeId)>, Errno> {
        let node = self.node(id)?;
        match &node.kind {
            Kind::Directory(entries) => Ok([(".", id), ("..", node.parent)]
                .into_iter()
                .chain(entries.iter().map(|(name, child)| (name.as_str(), *child)))),
            Kind::File(_) => Err(errno::NOTDIR),
        }
    }

    /// What `path` names, starting from the directory `from`.
    pub(crate) fn find(&self, from: NodeId, path: &str) -> Result<NodeId, Errno> {
        let (parent, name) = self.parent_of(from, path)?;
        match name {
            None => Ok(parent),
            Some(name) => self.child(parent, name)?.ok_or(errno::NOENT),
        }
    }

    fn child(&self, parent: NodeId, name: &str) -> Result<Option<NodeId>, Errno> {
        match &self.node(parent)?.kind {
            Kind::Directory(entries) => Ok(entries.get(name).copied()),
            Kind::File(_) => Err(errno::NOTDIR),
        }
    }

    /// The directory that holds the last part of `path`, and that part: none when the path ends in `.` or `..`.
    fn parent_of<'p>(
        &self,
        from: NodeId,
        path: &'p str,
    ) -> Result<(NodeId, Option<&'p str>), Errno> {
        if path.is_empty() {
            return Err(errno::NOENT);
        }
        if path.len() > PATH_BYTES_MAX {
            return Err(errno::NAMETOOLONG);
        }
        if path.starts_with('/') {
            return Err(errno::NOTCAPABLE);
        }
        if path.contains('\0') {
            return Err(errno::ILSEQ);
        }
        let mut at = from;
        let mut last = None;
        for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
            if name.len() > NAME_BYTES_MAX {
                return Err(errno::NAMETOOLONG);
            }
            if let Some(folder) = last.take() {
                at = self.child(at, folder)?.ok_or(errno::NOENT)?;
            }
            if !self.is_directory(at) {
                return Err(errno::NOTDIR);
            }
            if name == ".." {
                if at == from {
                    return Err(errno::NOTCAPABLE);
                }
                at = self.node(at)?.parent;
            } else {
                last = Some(name);
            }
        }
        if let (Some(name), true) = (last, path.ends_with('/'))
            && self.child(at, name)?.is_some_and(|id| !self.is_directory(id))
        {
            return Err(errno::NOTDIR);
        }
        Ok((at, last))
    }

    fn writable_parent<'p>(&self, from: NodeId, path: &'p str) -> Result<(NodeId, &'p str), Errno> {
        let (parent, name) = self.parent_of(from, path)?;
        let name = name.ok_or(errno::INVAL)?;
        if !self.node(parent)?.writable {
            return Err(errno::ROFS);
        }
        if !self.node(parent)?.linked {
            return Err(errno::NOENT);
        }
        Ok((parent, name))
    }

    fn create(
        &mut self,
        parent: NodeId,
        name: &str,
        kind: Kind,
        now_ns: u64,
    ) -> Result<NodeId, Errno> {
        if self.tmp_nodes >= NODES_MAX {
            return Err(errno::NOSPC);
        }
        self.reserve(NODE_BYTES)?;
        self.tmp_nodes += 1;
        let id = self.add(parent, kind, true);
        self.link(parent, name, id);
        self.touch(id, now_ns);
        self.touch(parent, now_ns);
        Ok(id)
    }

    fn touch(&mut self, id: NodeId, now_ns: u64) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.modified_ns = now_ns;
        }
    }

    fn reserve(&mut self, bytes: u64) -> Result<(), Errno> {
        let used = self.tmp_used.checked_add(bytes).ok_or(errno::NOSPC)?;
        if used > self.tmp_bytes_max {
            return Err(errno::NOSPC);
        }
        self.tmp_used = used;
        Ok(())
    }

    pub(crate) fn create_file(
        &mut self,
        from: NodeId,
        path: &str,
        now_ns: u64,
    ) -> Result<NodeId, Errno> {
        if path.ends_with('/') {
            return Err(errno::ISDIR);
        }
        let (parent, name) = self.writable_parent(from, path)?;
        self.create(parent, name, Kind::File(Data::Owned(Vec::new())), now_ns)
    }

    pub(crate) fn create_directory(
        &mut self,
        from: NodeId,
        path: &str,
        now_ns: u64,
    ) -> Result<(), Errno> {
        if self.find(from, path).is_ok() {
            return Err(errno::EXIST);
        }
        let (parent, name) = self.writable_parent(from, path)?;
        self.create(parent, name, Kind::Directory(BTreeMap::new()), now_ns)?;
        Ok(())
    }

    pub(crate) fn remove(
        &mut self,
        from: NodeId,
        path: &str,
        directory: bool,
        now_ns: u64,
    ) -> Result<(), Errno> {
        let id = self.find(from, path)?;
        match (self.kind(id), directory) {
            (Some(Kind::Directory(entries)), true) if !entries.is_empty() => {
                return Err(errno::NOTEMPTY);
            }
            (Some(Kind::Directory(_)), false) => return Err(errno::ISDIR),
            (Some(Kind::File(_)), true) => return Err(errno::NOTDIR),
            _ => {}
        }
        let (parent, name) = self.writable_parent(from, path)?;
        let name = name.to_owned();
        self.unlink(parent, &name, now_ns);
        Ok(())
    }

    /// Takes the name away; the node goes with its last file descriptor.
    fn unlink(&mut self, parent: NodeId, name: &str, now_ns: u64) {
        let id = match self.nodes.get_mut(&parent) {
            Some(Node { kind: Kind::Directory(entries), .. }) => entries.remove(name),
            _ => None,
        };
        self.touch(parent, now_ns);
        if let Some(id) = id {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.linked = false;
            }
            self.free_if_unused(id);
        }
    }

    fn free_if_unused(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get(&id) else { return };
        if node.linked || node.opened > 0 {
            return;
        }
        let bytes = match &node.kind {
            Kind::File(data) => data.bytes().len() as u64,
            Kind::Directory(_) => 0,
        };
        self.nodes.remove(&id);
        self.tmp_nodes = self.tmp_nodes.saturating_sub(1);
        self.tmp_used = self.tmp_used.saturating_sub(bytes + NODE_BYTES);
    }

    pub(crate) fn rename(
        &mut self,
        from: NodeId,
        path: &str,
        to_from: NodeId,
        to: &str,
        now_ns: u64,
    ) -> Result<(), Errno> {
        let id = self.find(from, path)?;
        let (parent, name) = self.writable_parent(from, path)?;
        let (to_parent, to_name) = self.writable_parent(to_from, to)?;
        let (name, to_name) = (name.to_owned(), to_name.to_owned());
        if self.is_directory(id) && self.is_inside(to_parent, id) {
            return Err(errno::INVAL);
        }
        if let Some(target) = self.child(to_parent, &to_name)? {
            if target == id {
                return Ok(());
            }
            match (self.kind(target), self.is_directory(id)) {
                (Some(Kind::Directory(entries)), true) if !entries.is_empty() => {
                    return Err(errno::NOTEMPTY);
                }
                (Some(Kind::Directory(_)), false) => return Err(errno::ISDIR),
                (Some(Kind::File(_)), true) => return Err(errno::NOTDIR),
                _ => {}
            }
            self.unlink(to_parent, &to_name, now_ns);
        }
        if let Some(Node { kind: Kind::Directory(entries), .. }) = self.nodes.get_mut(&parent) {
            entries.remove(&name);
        }
        self.link(to_parent, &to_name, id);
        if let Some(node) = self.nodes.get_mut(&id) {
            node.parent = to_parent;
        }
        self.touch(parent, now_ns);
        self.touch(to_parent, now_ns);
        Ok(())
    }

    /// Whether `id` is `ancestor` or below it.
    fn is_inside(&self, id: NodeId, ancestor: NodeId) -> bool {
        let mut at = id;
        loop {
            if at == ancestor {
                return true;
            }
            match self.nodes.get(&at) {
                Some(node) if at != ROOT => at = node.parent,
                _ => return false,
            }
        }
    }

    /// Changes a file's length; new bytes are zero.
    pub(crate) fn set_size(&mut self, id: NodeId, size: u64, now_ns: u64) -> Result<(), Errno> {
        let old = self.file(id)?.len() as u64;
        if !self.is_writable(id) {
            return Err(errno::ROFS);
        }
        let wanted = usize::try_from(size).map_err(|_| errno::FBIG)?;
        if size > old {
            self.reserve(size - old)?;
        }
        let grown = self.owned(id).and_then(|bytes| {
            bytes.try_reserve(wanted.saturating_sub(bytes.len())).map_err(|_| errno::NOSPC)?;
            bytes.resize(wanted, 0);
            Ok(())
        });
        match grown {
            Ok(()) if size < old => self.tmp_used = self.tmp_used.saturating_sub(old - size),
            Ok(()) => {}
            Err(error) => {
                self.tmp_used = self.tmp_used.saturating_sub(size.saturating_sub(old));
                return Err(error);
            }
        }
        self.touch(id, now_ns);
        Ok(())
    }

    fn owned(&mut self, id: NodeId) -> Result<&mut Vec<u8>, Errno> {
        match self.nodes.get_mut(&id) {
            Some(Node { kind: Kind::File(data), .. }) => {
                if let Data::Shared(bytes) = data {
                    *data = Data::Owned(bytes.to_vec());
                }
                match data {
                    Data::Owned(bytes) => Ok(bytes),
                    Data::Shared(_) => Err(errno::IO),
                }
            }
            Some(_) => Err(errno::ISDIR),
            None => Err(errno::BADF),
        }
    }

    /// A place of `len` bytes at `offset` to write into; the file grows when it must.
    pub(crate) fn window(
        &mut self,
        id: NodeId,
        offset: u64,
        len: usize,
        now_ns: u64,
    ) -> Result<&mut [u8], Errno> {
        let end = offset.checked_add(len as u64).ok_or(errno::FBIG)?;
        if end > self.file(id)?.len() as u64 {
            self.set_size(id, end, now_ns)?;
        } else if !self.is_writable(id) {
            return Err(errno::ROFS);
        }
        self.touch(id, now_ns);
        let bytes = self.owned(id)?;
        let from = offset as usize;
        bytes.get_mut(from..from + len).ok_or(errno::IO)
    }

    pub(crate) fn opened(&mut self, id: NodeId) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.opened += 1;
        }
    }

    pub(crate) fn closed(&mut self, id: NodeId) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.opened = node.opened.saturating_sub(1);
        }
        self.free_if_unused(id);
    }
}
