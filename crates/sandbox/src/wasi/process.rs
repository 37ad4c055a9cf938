//! Arguments, environment, clocks, random numbers, and the end of a process.

use super::*;

pub(super) fn strings_get(cx: &mut Cx<'_>, strings: &[String], list: u32, text: u32) -> Result {
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

pub(super) fn strings_sizes_get(
    cx: &mut Cx<'_>,
    strings: &[String],
    count: u32,
    bytes: u32,
) -> Result {
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
