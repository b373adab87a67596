//! The text on a page of PDF (ISO 32000-2, 9.4): what its operators show, line by line, as far as
//! the codes of its fonts are characters or a table says which they are.

use std::collections::HashMap;

use zeroize::Zeroizing;

/// From codes to characters, as a `ToUnicode` stream of a font has them (9.10.3).
pub(super) struct Table {
    characters: HashMap<u32, Vec<u8>>,
    /// Bytes of a code.
    width: usize,
}

/// Characters of one font.
const CHARACTERS: usize = 1 << 16;

/// A shift to the right of more thousandths of the size of the font is a blank.
const BLANK: f64 = -180.0;

impl Table {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        memchr::memmem::find(bytes, b"beginbf")?;
        let mut table = Self { characters: HashMap::new(), width: 2 };
        let mut codes: Vec<Vec<u8>> = Vec::new();
        // Where in `codes` a list begins.
        let mut list = None;
        let mut tokens = Tokens { bytes, at: 0 };
        while let Some(token) = tokens.next() {
            match token {
                Token::Text(code) => codes.push(code),
                Token::Open => list = Some(codes.len()),
                Token::Word(b"begincodespacerange" | b"beginbfchar" | b"beginbfrange") => {
                    codes.clear();
                }
                Token::Word(b"endcodespacerange") => {
                    table.width = codes.first().map_or(2, |code| code.len().clamp(1, 4));
                }
                Token::Word(b"endbfchar") => {
                    for pair in codes.chunks_exact(2) {
                        if let [code, text] = pair {
                            table.add(number(code), utf8(text));
                        }
                    }
                }
                Token::Close => {
                    let start = list.take().and_then(|list: usize| list.checked_sub(2));
                    let (before, here) = codes.split_at(start.unwrap_or_default().min(codes.len()));
                    table.ranges(before);
                    if let [from, _to, characters @ ..] = here {
                        for (code, text) in (number(from)..=u32::MAX).zip(characters) {
                            table.add(code, utf8(text));
                        }
                    }
                    codes.clear();
                }
                Token::Word(b"endbfrange") => table.ranges(&codes),
                Token::Number(_) | Token::Word(_) => {}
            }
        }
        (!table.characters.is_empty()).then_some(table)
    }

    fn add(&mut self, code: u32, text: Vec<u8>) {
        if self.characters.len() < CHARACTERS {
            self.characters.insert(code, text);
        }
    }

    fn ranges(&mut self, codes: &[Vec<u8>]) {
        for triple in codes.chunks_exact(3) {
            if let [from, to, text] = triple {
                self.range(number(from), number(to), text);
            }
        }
    }

    fn range(&mut self, from: u32, to: u32, text: &[u8]) {
        for (step, code) in (from..=to).take(CHARACTERS).enumerate() {
            let mut text = text.to_vec();
            if let Some(last) = text.last_mut() {
                *last = last.wrapping_add(step as u8);
            }
            self.add(code, utf8(&text));
        }
    }

    fn spell(&self, codes: &[u8], out: &mut Vec<u8>) {
        for code in codes.chunks(self.width) {
            if let Some(text) = self.characters.get(&number(code)) {
                out.extend_from_slice(text);
            }
        }
    }
}

fn number(code: &[u8]) -> u32 {
    code.iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// UTF-8 of UTF-16.
fn utf8(text: &[u8]) -> Vec<u8> {
    let units = text.chunks(2).map(|unit| number(unit) as u16);
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>().into_bytes()
}

/// What a content stream shows.
pub(super) fn text(bytes: &[u8], table: Option<&Table>) -> Zeroizing<Vec<u8>> {
    // Room for all of it, so that it does not move.
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut tokens = Tokens { bytes, at: 0 };
    let mut numbers = Vec::new();
    let mut height = None;
    let mut is_list = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(codes) => match table {
                Some(table) => table.spell(&codes, &mut out),
                None => out.extend_from_slice(&codes),
            },
            Token::Number(number) if is_list => {
                if number < BLANK {
                    out.push(b' ');
                }
            }
            Token::Number(number) => numbers.push(number),
            Token::Open => is_list = true,
            Token::Close => is_list = false,
            Token::Word(word) => {
                let last = numbers.last().copied();
                let is_new_line = match word {
                    b"T*" | b"'" | b"\"" | b"ET" => true,
                    b"Td" | b"TD" => last.is_some_and(|down| down != 0.0),
                    b"Tm" => std::mem::replace(&mut height, last) != last,
                    b"ID" => {
                        tokens.pass_picture();
                        false
                    }
                    _ => false,
                };
                if is_new_line && !out.is_empty() && !out.ends_with(b"\n") {
                    // `'` and `"` show their text on the next line.
                    out.push(b'\n');
                }
                numbers.clear();
            }
        }
        if numbers.len() > 16 {
            numbers.clear();
        }
    }
    out
}

/// The text that `bytes` begin with, in parentheses or in hexadecimal.
pub(super) fn string(bytes: &[u8]) -> Option<Vec<u8>> {
    match (Tokens { bytes, at: 0 }).next() {
        Some(Token::Text(text)) => Some(text),
        _ => None,
    }
}

enum Token<'a> {
    Text(Vec<u8>),
    Number(f64),
    Word(&'a [u8]),
    /// `[` and `]`.
    Open,
    Close,
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.rest();
            let &byte = rest.first()?;
            self.at += 1;
            match byte {
                b'(' => return Some(Token::Text(self.literal())),
                b'<' if rest.get(1) != Some(&b'<') => return Some(Token::Text(self.hex())),
                b'[' => return Some(Token::Open),
                b']' => return Some(Token::Close),
                b'%' => self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()),
                b'<' | b'>' | b'{' | b'}' | b')' => {}
                byte if is_blank(byte) => {}
                _ => {
                    let is_end = |&byte: &u8| is_blank(byte) || b"()<>[]{}/%".contains(&byte);
                    let length = 1 + rest.iter().skip(1).position(is_end).unwrap_or(rest.len() - 1);
                    let word = rest.get(..length).unwrap_or_default();
                    self.at += length - 1;
                    if byte == b'/' {
                        continue;
                    }
                    let number = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
                    let is_number = matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.');
                    return Some(match number.filter(|_| is_number) {
                        Some(number) => Token::Number(number),
                        None => Token::Word(word),
                    });
                }
            }
        }
    }

    /// The text up to the parenthesis that closes it.
    fn literal(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut depth = 1_usize;
        while let Some(&byte) = self.rest().first() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if byte != b'\\' {
                text.push(byte);
                continue;
            }
            let rest = self.rest();
            self.at += 1;
            match rest.first() {
                Some(b'n') => text.push(b'\n'),
                Some(b'r') => text.push(b'\r'),
                Some(b't') => text.push(b'\t'),
                Some(b'\n') => {}
                Some(b'\r') => self.at += usize::from(rest.get(1) == Some(&b'\n')),
                Some(b'0'..=b'7') => {
                    let digits = rest.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
                    let mut value = 0_u8;
                    let mut count = 0;
                    for digit in digits {
                        value = value.wrapping_mul(8).wrapping_add(digit - b'0');
                        count += 1;
                    }
                    text.push(value);
                    self.at += count - 1;
                }
                Some(&byte) => text.push(byte),
                None => {}
            }
        }
        text
    }

    fn hex(&mut self) -> Vec<u8> {
        let rest = self.rest();
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        self.at += end + 1;
        let digits = rest.get(..end).unwrap_or_default().iter();
        let mut digits = digits.filter_map(|&byte| char::from(byte).to_digit(16));
        let mut text = Vec::new();
        while let Some(high) = digits.next() {
            text.push((high * 16 + digits.next().unwrap_or_default()) as u8);
        }
        text
    }

    /// Passes the bytes of a picture in a page.
    fn pass_picture(&mut self) {
        let rest = self.rest();
        let mut ends = memchr::memmem::find_iter(rest, b"EI");
        let end = ends.find(|&at| {
            let before = at.checked_sub(1).and_then(|at| rest.get(at));
            let after = rest.get(at + 2);
            before.is_some_and(|&byte| is_blank(byte)) && after.is_none_or(|&byte| is_blank(byte))
        });
        // Without an end it is no picture.
        self.at += end.map_or(0, |end| end + 2);
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_text_line_by_line() {
        let page =
            b"BT /F1 12 Tf 1 0 0 1 50 700 Tm [(A\\(B) -20 (C\\)) -300 (D)] TJ T* (E\\101\\\n) Tj \
                     0 -14 Td <46 4 7> Tj 5 0 Td (H) Tj ET BI /W 1 ID \x01(x)\x02 EI (I) Tj";
        assert_eq!(text(page, None).as_slice(), b"A(BC) D\nEA\nFGH\nI");
    }

    #[test]
    fn a_table_says_what_codes_are() {
        let table = b"1 begincodespacerange <0000><ffff> endcodespacerange 1 beginbfchar <0001> \
                      <002D> endbfchar 2 beginbfrange <0002> <0003> <0041> <0010> <0011> [<0058> \
                      <0059>] endbfrange";
        let table = Table::read(table).unwrap();
        let page = b"<000100020003> Tj <00100011> Tj <0099> Tj";
        assert_eq!(text(page, Some(&table)).as_slice(), b"-ABXY");
        assert!(Table::read(b"nothing").is_none());
    }
}
