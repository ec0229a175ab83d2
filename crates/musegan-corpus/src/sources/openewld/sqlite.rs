//! As much of SQLite's file format as reading a small table takes: ordinary tables, integers and
//! texts. What is anything else reads as nothing, so that a damaged database costs tags, no more.
//!
//! <https://www.sqlite.org/fileformat2.html>

/// A database in memory. What is read of it takes no more memory than some times its own size,
/// however often its pages name the same bytes.
pub(super) struct Database<'a> {
    bytes: &'a [u8],
    page_bytes: usize,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Other,
    Integer(i64),
    Text(String),
}

/// A row: its number and its values.
pub(super) type Row = (i64, Vec<Value>);

const HEADER_BYTES: usize = 100;
const LEAF: u8 = 13;
const INTERIOR: u8 = 5;
/// Values of the longest row.
const MAX_VALUES: usize = 64;

impl Value {
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub const fn integer(&self) -> Option<i64> {
        if let Self::Integer(integer) = self { Some(*integer) } else { None }
    }
}

impl<'a> Database<'a> {
    /// Nothing where the bytes are no database.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let size = u16::from_be_bytes(bytes.get(16..18)?.try_into().ok()?);
        let page_bytes = if size == 1 { 65_536 } else { usize::from(size) };
        let sound = bytes.starts_with(b"SQLite format 3\0") && page_bytes >= 512;
        sound.then_some(Self { bytes, page_bytes })
    }

    /// The rows of a table; none where there is no such table.
    pub fn rows(&self, table: &str) -> Vec<Row> {
        let is_table = |(_, row): &Row| match row.as_slice() {
            [kind, name, ..] => kind.text() == Some("table") && name.text() == Some(table),
            _ => false,
        };
        let schema = self.tree(1);
        let root = schema.into_iter().find(is_table).and_then(|(_, row)| row.get(3)?.integer());
        root.and_then(|root| usize::try_from(root).ok())
            .map_or_else(Vec::new, |root| self.tree(root))
    }

    /// All rows of the tree with this root; every page is looked at once at most.
    fn tree(&self, root: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut seen = vec![false; self.bytes.len() / self.page_bytes + 1];
        let mut todo = vec![root];
        let mut left = self.bytes.len();
        while let Some(number) = todo.pop() {
            let Some(seen) = number.checked_sub(1).and_then(|index| seen.get_mut(index)) else {
                continue;
            };
            if !std::mem::replace(seen, true) {
                self.page(number, &mut left, &mut rows, &mut todo);
            }
        }
        rows.sort_by_key(|(number, _)| *number);
        rows
    }

    /// The rows of a leaf, as long as there are `left` bytes for them; of an inner page the pages
    /// below it.
    fn page(
        &self,
        number: usize,
        left: &mut usize,
        rows: &mut Vec<Row>,
        todo: &mut Vec<usize>,
    ) -> Option<()> {
        let start = (number - 1).checked_mul(self.page_bytes)?;
        let page = self.bytes.get(start..start + self.page_bytes)?;
        let header = if number == 1 { HEADER_BYTES } else { 0 };
        let kind = *page.get(header)?;
        let cells =
            usize::from(u16::from_be_bytes(page.get(header + 3..header + 5)?.try_into().ok()?));
        let pointers = header + if kind == INTERIOR { 12 } else { 8 };
        for index in 0..cells {
            let at = pointers + 2 * index;
            let cell = usize::from(u16::from_be_bytes(page.get(at..at + 2)?.try_into().ok()?));
            match kind {
                LEAF => rows.extend(row(page.get(cell..)?, left)),
                INTERIOR => todo.push(page_number(page.get(cell..cell + 4)?)?),
                _ => return None,
            }
        }
        if kind == INTERIOR {
            todo.push(page_number(page.get(header + 8..header + 12)?)?);
        }
        Some(())
    }
}

fn page_number(bytes: &[u8]) -> Option<usize> {
    Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize)
}

/// A cell of a leaf; nothing where the row does not fit into its page or what is left.
fn row(mut cell: &[u8], left: &mut usize) -> Option<Row> {
    let bytes = usize::try_from(varint(&mut cell)?).ok()?;
    *left = left.checked_sub(bytes)?;
    let number = varint(&mut cell)?;
    let record = cell.get(..bytes)?;
    let mut header = record;
    let header_bytes = usize::try_from(varint(&mut header)?).ok()?;
    let mut types = record.get(record.len() - header.len()..header_bytes)?;
    let mut body = record.get(header_bytes..)?;
    let mut values = Vec::new();
    while !types.is_empty() {
        if values.len() == MAX_VALUES {
            return None;
        }
        values.push(value(varint(&mut types)?, &mut body)?);
    }
    Some((number, values))
}

fn value(kind: i64, body: &mut &[u8]) -> Option<Value> {
    let bytes = match kind {
        0 | 8 | 9 => 0,
        1..=4 => kind as usize,
        5 => 6,
        6 | 7 => 8,
        12.. => usize::try_from((kind - 12) / 2).ok()?,
        _ => return None,
    };
    let (taken, rest) = body.split_at_checked(bytes)?;
    *body = rest;
    Some(match kind {
        8 => Value::Integer(0),
        9 => Value::Integer(1),
        1..=6 => {
            let sign = if taken[0] & 0x80 == 0 { 0 } else { -1 };
            Value::Integer(taken.iter().fold(sign, |n, byte| n << 8 | i64::from(*byte)))
        }
        13.. if kind % 2 == 1 => Value::Text(String::from_utf8_lossy(taken).into_owned()),
        _ => Value::Other,
    })
}

/// Seven bits to a byte, the most significant first; of a ninth byte all eight.
fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut number: i64 = 0;
    for index in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if index == 8 {
            return Some(number << 8 | i64::from(byte));
        }
        number = number << 7 | i64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_names_one_row_a_thousand_times_gives_no_more_than_its_size() {
        let mut page = vec![0; 4096];
        page[..16].copy_from_slice(b"SQLite format 3\0");
        page[16..18].copy_from_slice(&4096_u16.to_be_bytes());
        page[HEADER_BYTES] = LEAF;
        page[HEADER_BYTES + 3..HEADER_BYTES + 5].copy_from_slice(&1000_u16.to_be_bytes());
        // A row of 502 bytes, of which 499 are a text.
        let cell = [0x83, 0x76, 1, 3, 0x87, 0x73];
        page[3000..3000 + cell.len()].copy_from_slice(&cell);
        for pointer in page[HEADER_BYTES + 8..HEADER_BYTES + 2008].chunks_exact_mut(2) {
            pointer.copy_from_slice(&3000_u16.to_be_bytes());
        }
        let rows = Database::of(&page).map(|database| database.tree(1)).unwrap_or_default();
        assert_eq!(rows.len(), 8);
        assert_eq!(rows[0].1[0].text().map(str::len), Some(499));
    }
}
