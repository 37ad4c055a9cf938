//! Sockets, of which there are none.

use super::*;

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
