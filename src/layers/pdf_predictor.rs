//! Predictors of PDF (ISO 32000-2, 7.4.4.4), undone: what was packed is what a byte differs by from
//! those beside and above it.

use zeroize::Zeroizing;

use super::pdf_filter::Decode;

/// Bytes of a row; a longer one is left as it is.
const ROW: usize = 1 << 20;

/// How rows were changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Predictor {
    /// Whether each row says how, as in PNG.
    is_png: bool,
    /// Bytes of a row, and between a byte and the one beside it.
    row: usize,
    pixel: usize,
}

impl Predictor {
    /// As the parameters of a filter say it; nothing where nothing was changed.
    pub(super) fn of(parameter: &dyn Fn(&[u8]) -> Option<usize>) -> Option<Self> {
        let kind = parameter(b"/Predictor").filter(|&kind| kind > 1)?;
        let [colors, bits, columns] = [
            parameter(b"/Colors").unwrap_or(1),
            parameter(b"/BitsPerComponent").unwrap_or(8),
            parameter(b"/Columns").unwrap_or(1),
        ];
        let pixel = colors.checked_mul(bits)?;
        let row = pixel.checked_mul(columns)?.div_ceil(8);
        let is_png = kind >= 10;
        // Of TIFF only whole bytes: others are pictures.
        let is_known = (1..=ROW).contains(&row) && (is_png || bits == 8);
        is_known.then_some(Self { is_png, row, pixel: pixel.div_ceil(8) })
    }
}

pub(super) struct Rows {
    how: Predictor,
    /// The kind of this row, once it is read.
    kind: Option<u8>,
    above: Zeroizing<Vec<u8>>,
    here: Zeroizing<Vec<u8>>,
}

impl Rows {
    pub(super) fn new(how: Predictor) -> Self {
        let above = Zeroizing::new(vec![0; how.row]);
        let kind = (!how.is_png).then_some(1);
        Self { how, kind, above, here: Zeroizing::new(Vec::with_capacity(how.row)) }
    }
}

impl Decode for Rows {
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        let Some(kind) = self.kind else {
            self.kind = Some(byte);
            return true;
        };
        let at = self.here.len();
        let beside = at.checked_sub(self.how.pixel);
        let byte_of = |row: &[u8], at: Option<usize>| {
            at.and_then(|at| row.get(at)).copied().unwrap_or_default()
        };
        let (left, up) = (byte_of(&self.here, beside), byte_of(&self.above, Some(at)));
        let corner = byte_of(&self.above, beside);
        let predicted = match kind {
            1 => left,
            2 => up,
            3 => left.midpoint(up),
            4 => paeth(left, up, corner),
            _ => 0,
        };
        let byte = byte.wrapping_add(predicted);
        out.push(byte);
        self.here.push(byte);
        if self.here.len() == self.how.row {
            std::mem::swap(&mut self.here, &mut self.above);
            self.here.clear();
            self.kind = (!self.how.is_png).then_some(1);
        }
        true
    }
}

/// PNG (third edition) 9.4: whichever of the three is nearest to their plane.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let plane = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |byte: u8| (plane - i16::from(byte)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
