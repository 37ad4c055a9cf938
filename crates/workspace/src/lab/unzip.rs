//! A lab in a zip file, which a stranger may have made.
//!
//! Invariant: what is inflated is bounded, whatever the file claims about itself, and no path leads out of it.

use super::model::Files;
use super::read::{BYTES_MAX, FILES_MAX, LabFault};
use std::io::{Cursor, Read};
use zip::read::ZipArchive;

/// Entries of a zip: files of a lab, pictures beside them, folders.
const ENTRIES_MAX: usize = 4 * FILES_MAX;
/// All that is inflated, pictures too.
const TOTAL_BYTES_MAX: u64 = 8 * BYTES_MAX as u64;

/// The id and the text files of a lab's folder that was zipped. Other files, such as pictures, are left out, and so are those whose names
/// begin with a dot. A folder that holds all the rest is the lab's id; without one it is `name`.
///
/// # Errors
/// It is no zip that can be read, too large, or has paths that lead elsewhere.
pub fn unzip(bytes: &[u8], name: &str) -> Result<(String, Files), LabFault> {
    let whole = |problem: String| LabFault { file: String::new(), problem };
    let unreadable = |error: zip::result::ZipError| {
        whole(format!("this is not a zip file that can be read: {error}"))
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > ENTRIES_MAX {
        return Err(whole(format!("this zip file has more than {ENTRIES_MAX} entries")));
    }
    let mut left = TOTAL_BYTES_MAX;
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let path = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if !is_inside(&path) {
            let problem = "its path leads out of the zip file".to_owned();
            return Err(LabFault { file: path, problem });
        }
        let is_hidden = path.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
        if path.ends_with('/') || is_hidden {
            continue;
        }
        let mut bytes = Vec::new();
        let read = entry.by_ref().take(left + 1).read_to_end(&mut bytes);
        if let Err(error) = read {
            return Err(LabFault { file: path, problem: format!("it is damaged: {error}") });
        }
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            whole(format!("this zip file holds more than {TOTAL_BYTES_MAX} bytes"))
        })?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.insert(path, text.replace("\r\n", "\n"));
        }
    }
    let folder =
        files.keys().next().and_then(|path| path.split_once('/')).map(|(folder, _)| folder);
    let folder = folder.map(|folder| (folder.to_owned(), format!("{folder}/")));
    Ok(match folder {
        Some((folder, prefix)) if files.keys().all(|path| path.starts_with(&prefix)) => {
            let within =
                files.into_iter().map(|(path, text)| (path[prefix.len()..].to_owned(), text));
            (folder, within.collect())
        }
        _ => (name.to_owned(), files),
    })
}

fn is_inside(path: &str) -> bool {
    let is_plain = !path.is_empty() && !path.starts_with('/') && !path.contains(['\\', ':', '\0']);
    is_plain && path.split('/').all(|part| part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};

    fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).expect("a name");
            zip.write_all(bytes).expect("memory");
        }
        zip.finish().expect("memory").into_inner()
    }

    #[test]
    fn a_folder_that_holds_all_is_the_id() {
        let picture: (&str, &[u8]) = ("tea/assets/cup.png", &[0xff, 0xd8]);
        let zip = zip_of(&[
            ("__MACOSX/tea/._lab.toml", b"x"),
            ("tea/", b""),
            ("tea/.git/config", b"x"),
            ("tea/lab.toml", b"a\r\nb"),
            picture,
            ("tea/10-brew/step.md", b"text"),
        ]);
        let (id, files) = unzip(&zip, "download").expect("it is read");
        assert_eq!(id, "tea");
        let found: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(found, [("10-brew/step.md", "text"), ("lab.toml", "a\nb")]);

        let zip = zip_of(&[("lab.toml", b""), ("10-brew/step.md", b"text")]);
        let (id, files) = unzip(&zip, "tea").expect("it is read");
        assert_eq!((id.as_str(), files.len()), ("tea", 2));
    }

    #[track_caller]
    fn check(bytes: &[u8], message: &str) {
        let error = unzip(bytes, "tea").expect_err("it must not open").to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn what_is_no_lab_in_a_zip_is_refused() {
        check(b"", "not a zip file");
        check(b"PK\x03\x04 and more", "not a zip file");
        for path in ["/etc/passwd", "../lab.toml", "tea/../../lab.toml", "C:\\x", "tea\\lab.toml"] {
            check(&zip_of(&[("tea/lab.toml", b""), (path, b"x")]), "leads out of");
        }
        let zeros = vec![0; TOTAL_BYTES_MAX as usize + 1];
        let bomb = zip_of(&[("tea/lab.toml", &zeros)]);
        assert!(bomb.len() < 1 << 20, "a bomb is small");
        check(&bomb, "holds more than");
        let mut broken = zip_of(&[("tea/lab.toml", b"some text of a lab, some text of a lab")]);
        broken[45] ^= 0x55;
        assert!(unzip(&broken, "tea").is_err());
    }
}
