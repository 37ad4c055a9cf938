//! Somebody's own lab.

use coldstart_sandbox::METER_VERSION;
use coldstart_workspace::lab::{LabFault, PackedLab, pack, read, unzip};

/// The lab in a zip, packed; or all that is wrong with it, a sentence each with its file.
#[inline(never)] // The boundary of a part (docs/adr/0005).
pub(crate) fn brought(bytes: &[u8], name: &str) -> Result<Box<PackedLab>, Vec<String>> {
    let (id, files) = unzip(bytes, name).map_err(|fault| vec![said(&fault)])?;
    let lab = read(&id, &files).map_err(|faults| faults.iter().map(said).collect::<Vec<_>>())?;
    pack(&lab, METER_VERSION).map(Box::new).map_err(|fault| vec![fault])
}

/// A fault of the lab as a whole has no file.
fn said(fault: &LabFault) -> String {
    match fault.file.as_str() {
        "" => fault.problem.clone(),
        _ => fault.to_string(),
    }
}
