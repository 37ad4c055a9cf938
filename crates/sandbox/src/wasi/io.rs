//! Reading from and writing to descriptors.

use super::*;

/// A guest's buffers, checked: address and length of each.
pub(super) fn iovecs(
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

pub(super) fn write(
    cx: &mut Cx<'_>,
    fd: i32,
    iovs: u32,
    count: u32,
    at: Option<u64>,
    out: u32,
) -> Result {
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
pub(super) fn write_stream(
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

pub(super) fn read(
    cx: &mut Cx<'_>,
    fd: i32,
    iovs: u32,
    count: u32,
    at: Option<u64>,
    out: u32,
) -> Result {
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
