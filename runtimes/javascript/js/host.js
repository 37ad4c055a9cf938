// What the module itself gives: functions of src/host.rs. Nothing else may be reached from here.

const given = globalThis.__host;
delete globalThis.__host;

/** All of it. Texts go over as UTF-8, so halves of characters are replaced first. */
export const host = given;
const { log, utf8 } = given;
host.log = (stream, text) => log(stream, text.toWellFormed());
host.utf8 = (text) => utf8(text.toWellFormed());
