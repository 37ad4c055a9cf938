//! What descriptors are: their places, flags, sizes, times and directories.

use super::*;

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

pub(super) fn writable_node(cx: &Cx<'_>, fd: i32) -> std::result::Result<NodeId, Errno> {
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

pub(super) fn filestat(kind: u8, stat: Stat) -> [u8; 64] {
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

pub(super) fn node_filestat(stat: Stat) -> [u8; 64] {
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
pub(super) fn new_time(
    cx: &Cx<'_>,
    mtim: i64,
    flags: i32,
) -> std::result::Result<Option<u64>, Errno> {
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
