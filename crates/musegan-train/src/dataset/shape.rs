//! What the rows of a dataset are: a layout, the preset that named it, and whether onsets count.
//!
//! What must stay true: a shape that was read is one that this program could have written.
use musegan_score::Layout;
use musegan_score::layout::Parts;
use serde::{Deserialize, Serialize};

/// Most cells of a row: those of the seventeen families at 48 steps a bar, and some room.
const MAX_CELLS: usize = 1 << 20;

/// The shape of a dataset's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Shape {
    /// Name of the preset that it was prepared with.
    pub preset: String,
    /// The axes.
    pub layout: Layout,
    /// Whether only cells count: each run of cells is stored as one note, without velocity.
    pub binary: bool,
}

impl Shape {
    /// The band's: what the networks here play.
    #[must_use]
    pub fn band() -> Self {
        Self { preset: "band".into(), layout: Layout::BAND, binary: false }
    }

    /// Bytes of one plane of bits, one bit for each cell.
    #[must_use]
    pub const fn plane_bytes(&self) -> usize {
        self.layout.cells().div_ceil(8)
    }
}

/// As it stands in the index.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    preset: String,
    parts: Vec<String>,
    bars: u8,
    steps_per_beat: u8,
    lowest_pitch: u8,
    pitches: u8,
    binary: bool,
}

impl From<Shape> for Written {
    fn from(Shape { preset, layout, binary }: Shape) -> Self {
        Self {
            preset,
            parts: layout.parts.names().iter().map(ToString::to_string).collect(),
            bars: layout.bars,
            steps_per_beat: layout.steps_per_beat,
            lowest_pitch: layout.lowest_pitch,
            pitches: layout.pitches,
            binary,
        }
    }
}

impl TryFrom<Written> for Shape {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let known = [Parts::Band, Parts::Families, Parts::Melody, Parts::Piano];
        let parts = known.into_iter().find(|parts| parts.names() == written.parts);
        let parts = parts.ok_or_else(|| format!("no layout has the parts {:?}", written.parts))?;
        let layout = Layout {
            parts,
            bars: written.bars,
            steps_per_beat: written.steps_per_beat,
            lowest_pitch: written.lowest_pitch,
            pitches: written.pitches,
        };
        let top = u16::from(layout.lowest_pitch) + u16::from(layout.pitches);
        if layout.cells() == 0 || layout.cells() > MAX_CELLS || top > 128 {
            return Err(format!("no layout has the axes {layout:?}"));
        }
        Ok(Self { preset: written.preset, layout, binary: written.binary })
    }
}
