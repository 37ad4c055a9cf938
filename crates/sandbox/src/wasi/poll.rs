//! Waiting for clocks and descriptors.

use super::*;

/// What a `poll_oneoff` that sleeps writes when it wakes: the events of the clocks that came due.
#[derive(Debug)]
pub(crate) struct Poll {
    events: u32,
    out: u32,
    due: Vec<[u8; 32]>,
}

pub(super) fn event(userdata: [u8; 8], error: Errno, kind: u8, bytes: u64) -> [u8; 32] {
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

pub(super) fn bytes_ready(wasi: &Wasi, descriptor: &Descriptor) -> u64 {
    match descriptor {
        Descriptor::Stdin => (wasi.stdin.len() - wasi.stdin_at) as u64,
        Descriptor::Node { id, offset, .. } => {
            wasi.fs.file(*id).map_or(0, |bytes| (bytes.len() as u64).saturating_sub(*offset))
        }
        Descriptor::Out(_) | Descriptor::Root => 0,
    }
}
