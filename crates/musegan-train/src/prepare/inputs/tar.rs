//! Tar archives, read once from front to back.
//!
//! Formats: POSIX ustar and pax (<https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html>)
//! and GNU's long names. What must stay true: whatever sizes a header claims, memory holds the one
//! folder, up to a limit.
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::gzip::Gzip;
use super::kind::{self, Kind};
use super::zip::{leads_outside, most_inflated};
use super::{Beside, Bytes, Content, Found, Ledger, Place, Source, Work, companions};
use crate::prepare::numpy::unfit;
use crate::prepare::read::{LARGEST_MIDI, LARGEST_PIANOROLL};

const BLOCK: u64 = 512;
/// Names and other attributes longer than this are not read.
const LONGEST_ATTRIBUTES: u64 = 1 << 16;

/// Bytes of one folder that wait until all of it was seen.
const MOST_WAITING: usize = 32 << 20;

/// An archive as something that holds songs.
pub(super) struct Tar {
    bytes: Box<dyn Read + Send>,
    /// Where the archive lies, and its path.
    outside: (Place, String),
    place: Place,
    /// Headers read so far, for the error.
    headers: u64,
    /// Why it is not read any further, or `None` behind its end.
    end: Option<io::Result<()>>,
    folder: Folder,
    /// What was found and is to be told.
    found: VecDeque<Work>,
}

/// The songs of the folder that is being read, until what lies beside them was seen.
#[derive(Default)]
struct Folder {
    path: String,
    songs: Vec<(String, Content)>,
    companions: Vec<(String, Vec<u8>)>,
    bytes: usize,
}

/// A file in the archive.
struct Member {
    name: String,
    size: u64,
    is_file: bool,
}

impl Tar {
    pub(super) fn open(path: &Path, file: &str, place: &Place, gzip: bool) -> io::Result<Self> {
        let archive = musegan_score::file::open(path)?;
        let most = most_inflated(archive.metadata()?.len());
        let packed = BufReader::with_capacity(1 << 16, archive);
        let bytes: Box<dyn Read + Send> =
            if gzip { Box::new(inflated(packed, most)) } else { Box::new(packed) };
        Ok(Self {
            bytes,
            outside: (place.clone(), file.to_owned()),
            place: place.inside(file),
            headers: 0,
            end: None,
            folder: Folder::default(),
            found: VecDeque::new(),
        })
    }

    /// Looks at the next file; `false` behind the last one.
    fn look(&mut self, ledger: &mut Ledger) -> io::Result<bool> {
        let Some(member) = self.next_member()? else { return Ok(false) };
        let path = member.name.trim_start_matches("./");
        let folder = companions::split(path).0;
        if folder != self.folder.path || self.folder.bytes > MOST_WAITING {
            self.end_folder();
            folder.clone_into(&mut self.folder.path);
        }
        let kind = kind::of(path).filter(|_| member.is_file);
        if let Some(kind @ (Kind::Midi | Kind::Npz)) = kind {
            if ledger.takes(&self.place, path) {
                let content = self.content(&member, kind)?;
                self.folder.bytes += content.held_bytes();
                self.folder.songs.push((path.to_owned(), content));
                return Ok(true);
            }
        } else if member.is_file {
            ledger.skip(&self.place, path);
            if kind::is_companion(path) && companions::is_plausible(member.size) {
                let bytes = self.read(member.size)?;
                self.folder.bytes += bytes.len();
                self.folder.companions.push((path.to_owned(), bytes));
                return Ok(true);
            }
        }
        self.skip(member.size)?;
        Ok(true)
    }

    fn content(&mut self, member: &Member, kind: Kind) -> io::Result<Content> {
        let most = if kind == Kind::Midi { LARGEST_MIDI } else { LARGEST_PIANOROLL };
        let refusal = if leads_outside(&member.name) {
            "its name leads outside the archive".to_owned()
        } else if member.size > most {
            format!("larger than {} MiB, which no song is", most >> 20)
        } else {
            let bytes = Bytes::Held(self.read(member.size)?);
            return Ok(match kind {
                Kind::Midi => Content::Midi(bytes, Beside::Held(Vec::new())),
                _ => Content::Pianoroll(bytes),
            });
        };
        self.skip(member.size)?;
        Ok(Content::Unreadable(refusal))
    }

    /// Gives each song of the folder what lies beside it.
    fn end_folder(&mut self) {
        let Folder { songs, companions, .. } = std::mem::take(&mut self.folder);
        for (path, mut content) in songs {
            if let Content::Midi(_, Beside::Held(beside)) = &mut content {
                for wanted in companions::paths_beside(&path) {
                    let found = companions.iter().filter(|(path, _)| *path == wanted);
                    let name = |path: &str| companions::split(path).1.to_owned();
                    beside.extend(found.map(|(path, bytes)| (name(path), bytes.clone())));
                }
            }
            self.found.push_back(self.place.work(&path, content));
        }
    }

    /// The next header that describes something, with the long name that may precede it.
    fn next_member(&mut self) -> io::Result<Option<Member>> {
        let (mut long_name, mut long_size) = (None, None);
        loop {
            let mut header = [0; BLOCK as usize];
            match read_whole(&mut self.bytes, &mut header)? {
                0 => return Ok(None),
                BLOCK => {}
                _ => return Err(unfit("it is cut off")),
            }
            if header.iter().all(|&byte| byte == 0) {
                return Ok(None);
            }
            check(&header)?;
            let size = number(&header[124..136])?;
            self.headers += 1;
            match header[156] {
                b'L' => long_name = Some(text(&self.attributes(size)?)),
                b'x' => {
                    let attributes = self.attributes(size)?;
                    long_name = pax(&attributes, "path").map(text).or(long_name);
                    let size = pax(&attributes, "size").and_then(|size| text(size).parse().ok());
                    long_size = size.or(long_size);
                }
                b'g' | b'K' => self.skip(size)?,
                kind => {
                    let is_file = matches!(kind, b'0' | 0 | b'7');
                    let name = long_name.unwrap_or_else(|| short_name(&header));
                    return Ok(Some(Member { name, size: long_size.unwrap_or(size), is_file }));
                }
            }
        }
    }

    fn stop(&mut self, end: io::Result<()>) {
        self.end_folder();
        self.end = Some(end);
    }

    fn attributes(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > LONGEST_ATTRIBUTES {
            return Err(unfit(format!("a file name of {size} bytes")));
        }
        self.read(size)
    }

    fn read(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.bytes.by_ref().take(size).read_to_end(&mut bytes)?;
        self.skip_exactly(padding(size))?;
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(unfit("it is cut off")) }
    }

    fn skip(&mut self, size: u64) -> io::Result<()> {
        self.skip_exactly(size.saturating_add(padding(size)))
    }

    fn skip_exactly(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.bytes.by_ref().take(bytes), &mut io::sink())?;
        if skipped == bytes { Ok(()) } else { Err(unfit("it is cut off")) }
    }
}

impl Source for Tar {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Found> {
        loop {
            if let Some(work) = self.found.pop_front() {
                return Some(Found::work(work));
            }
            match self.end.take() {
                None => {}
                Some(Ok(())) => {
                    self.end = Some(Ok(()));
                    return None;
                }
                Some(Err(error)) => {
                    self.end = Some(Ok(()));
                    let reached = self.headers.saturating_sub(1);
                    let reason = format!("{error}; {reached} of its files were reached");
                    return ledger.unreadable(&self.outside.0, &self.outside.1, reason);
                }
            }
            match self.look(ledger) {
                Ok(true) => {}
                Ok(false) => self.stop(Ok(())),
                Err(error) => self.stop(Err(error)),
            }
        }
    }

    fn origin(&self) -> (&Place, &str) {
        (&self.outside.0, &self.outside.1)
    }
}

fn inflated(packed: BufReader<File>, most: u64) -> impl Read {
    BufReader::with_capacity(1 << 16, Gzip::new(packed, most))
}

/// Fills the buffer as far as there are bytes.
fn read_whole(bytes: &mut impl Read, buffer: &mut [u8]) -> io::Result<u64> {
    let most = buffer.len() as u64;
    io::copy(&mut bytes.take(most), &mut io::Cursor::new(buffer))
}

/// Compares the header with its checksum: the sum of its bytes, those of the checksum as spaces.
fn check(header: &[u8]) -> io::Result<()> {
    let sum = header.iter().enumerate().fold(0, |sum, (at, &byte)| {
        sum + if (148..156).contains(&at) { 32 } else { u64::from(byte) }
    });
    let expected = number(&header[148..156]).ok();
    if expected == Some(sum) { Ok(()) } else { Err(unfit("no tar archive, or a damaged one")) }
}

/// A number in octal digits, or, of large ones, in bytes behind a first one of 128.
fn number(field: &[u8]) -> io::Result<u64> {
    if let Some((128, bytes)) = field.split_first() {
        let (high, low) = bytes.split_at(bytes.len().saturating_sub(8));
        let value = low.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        return if high.iter().all(|&byte| byte == 0) && value < i64::MAX as u64 {
            Ok(value)
        } else {
            Err(unfit("a file in it has no sensible size"))
        };
    }
    let digits = text(field);
    u64::from_str_radix(digits.trim(), 8).map_err(|_| unfit("no tar archive, or a damaged one"))
}

const fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

fn short_name(header: &[u8]) -> String {
    let name = text(&header[..100]);
    let is_ustar = &header[257..263] == b"ustar\0";
    match if is_ustar { text(&header[345..500]) } else { String::new() } {
        prefix if prefix.is_empty() => name,
        prefix => format!("{prefix}/{name}"),
    }
}

/// Text up to the first NUL.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// The value of a key in pax's records, `length key=value\n`; the last one counts.
fn pax<'a>(mut records: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut value = None;
    while let Some(space) = records.iter().position(|&byte| byte == b' ') {
        let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
        let record = records.get(space + 1..length)?;
        let equals = record.iter().position(|&byte| byte == b'=')?;
        if &record[..equals] == key.as_bytes() {
            value = record[equals + 1..].strip_suffix(b"\n");
        }
        records = &records[length..];
    }
    value
}
