//! Reading and writing what messages say of labs, apart from the messages: the boundary of parts that a first visit does without
//! (docs/adr/0005).

use coldstart_workspace::lab::{Check, PackedLab, Verdict};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What came of checks.
type Verdicts = Result<Vec<Verdict>, String>;
/// What a file came to.
type ReadLab = Result<Box<PackedLab>, Vec<String>>;

#[inline(never)]
pub(super) fn checks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Check>, D::Error> {
    Vec::deserialize(from)
}

#[inline(never)]
pub(super) fn write_checks<S: Serializer>(checks: &[Check], to: S) -> Result<S::Ok, S::Error> {
    checks.serialize(to)
}

#[inline(never)]
pub(super) fn verdicts<'de, D: Deserializer<'de>>(from: D) -> Result<Verdicts, D::Error> {
    Verdicts::deserialize(from)
}

#[inline(never)]
pub(super) fn write_verdicts<S: Serializer>(verdicts: &Verdicts, to: S) -> Result<S::Ok, S::Error> {
    verdicts.serialize(to)
}

#[inline(never)]
pub(super) fn lab<'de, D: Deserializer<'de>>(from: D) -> Result<ReadLab, D::Error> {
    ReadLab::deserialize(from)
}

#[inline(never)]
pub(super) fn write_lab<S: Serializer>(lab: &ReadLab, to: S) -> Result<S::Ok, S::Error> {
    lab.serialize(to)
}
