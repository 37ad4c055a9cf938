//! The error numbers of WASI preview 1 that are in use here.

/// An error number; 0 is success.
pub(crate) type Errno = i32;

pub(crate) const SUCCESS: Errno = 0;
pub(crate) const BADF: Errno = 8;
pub(crate) const EXIST: Errno = 20;
pub(crate) const FBIG: Errno = 22;
pub(crate) const ILSEQ: Errno = 25;
pub(crate) const INVAL: Errno = 28;
pub(crate) const IO: Errno = 29;
pub(crate) const ISDIR: Errno = 31;
pub(crate) const MFILE: Errno = 33;
pub(crate) const NAMETOOLONG: Errno = 37;
pub(crate) const NOENT: Errno = 44;
pub(crate) const NOSPC: Errno = 51;
pub(crate) const NOTDIR: Errno = 54;
pub(crate) const NOTEMPTY: Errno = 55;
pub(crate) const NOTSUP: Errno = 58;
pub(crate) const ROFS: Errno = 69;
pub(crate) const SPIPE: Errno = 70;
pub(crate) const NOTCAPABLE: Errno = 76;
