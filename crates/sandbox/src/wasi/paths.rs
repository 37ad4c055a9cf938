//! Paths: opening, making, renaming and removing files and directories.

use super::*;

/// A path of the guest, or the error of one that cannot be.
pub(super) fn path(
    cx: &mut Cx<'_>,
    at: i32,
    len: i32,
) -> Result<std::result::Result<String, Errno>> {
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

pub(super) fn remove(cx: &mut Cx<'_>, fd: i32, at: i32, len: i32, directory: bool) -> Result {
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
