//! The blocks of an [event stream](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr2;

use super::body::BodyFault;

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Splits chunks into blocks and returns their data. Finds and bounds the blocks in one scan, and does no I/O.
pub(super) struct BlockSplitter {
    /// The most bytes that a block may have, including its line ends and the empty line. The LF of a CRLF does not count.
    limit: usize,
    chunk: Bytes,
    /// How many bytes of the chunk have been read.
    read: usize,
    /// The data lines of the current block, each with a LF, then the start of a line that goes on in the next chunk.
    held: Vec<u8>,
    /// How many bytes of `held` are data lines.
    data: usize,
    /// How many bytes of the current block have been read.
    size: usize,
    /// The last byte read was a CR, so a LF that follows belongs to it.
    after_cr: bool,
    first_line: bool,
}

/// Where the data of a block is.
enum Place {
    Chunk(Range<usize>),
    /// At the start of what is held, this long.
    Held(usize),
}

impl BlockSplitter {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            chunk: Bytes::new(),
            read: 0,
            held: Vec::new(),
            data: 0,
            size: 0,
            after_cr: false,
            first_line: true,
        }
    }

    /// Adds a chunk, once [`next`](Self::next) has returned `None` for the one before.
    pub(super) fn feed(&mut self, chunk: Bytes) {
        (self.chunk, self.read) = (chunk, 0);
    }

    /// The data of the next block that has any, its lines joined with LF. `None` where it takes another chunk to complete one. Nothing
    /// more can be read after a fault.
    pub(super) fn next(&mut self) -> Option<Result<&str, BodyFault>> {
        let data = match self.find_block().transpose()? {
            Ok(Place::Chunk(range)) => &self.chunk[range],
            Ok(Place::Held(length)) => &self.held[..length],
            Err(fault) => return Some(Err(fault)),
        };
        Some(str::from_utf8(data).map_err(BodyFault::NotText))
    }

    fn find_block(&mut self) -> Result<Option<Place>, BodyFault> {
        if self.size == 0 {
            // The data of the block before, which has been read.
            self.held.clear();
            self.data = 0;
        }
        while let Some(line) = self.find_line() {
            self.count(line.len() + 1)?;
            if let Some(data) = self.only_line(&line) {
                self.read += 1;
                self.count(1)?;
                self.size = 0;
                return Ok(Some(Place::Chunk(data)));
            }
            if self.ends_block(line) {
                self.size = 0;
                if let Some(length) = self.data.checked_sub(1) {
                    return Ok(Some(Place::Held(length)));
                }
            }
        }
        self.hold_rest()?;
        Ok(None)
    }

    /// The next line that ends in this chunk, without its end. It may have started in an earlier one.
    fn find_line(&mut self) -> Option<Range<usize>> {
        if self.after_cr && self.read < self.chunk.len() {
            self.after_cr = false;
            self.read += usize::from(self.chunk[self.read] == b'\n');
        }
        let start = self.read;
        let end = start + memchr2(b'\n', b'\r', &self.chunk[start..])?;
        self.after_cr = self.chunk[end] == b'\r';
        self.read = end + 1;
        Some(start..end)
    }

    fn count(&mut self, bytes: usize) -> Result<(), BodyFault> {
        if bytes > self.limit - self.size {
            return Err(BodyFault::TooLarge(self.limit));
        }
        self.size += bytes;
        Ok(())
    }

    /// The value of a data line that is a block by itself and lies whole in the chunk, as most do. It need not be copied.
    fn only_line(&self, line: &Range<usize>) -> Option<Range<usize>> {
        let is_first = self.size == line.len() + 1 && !self.first_line;
        if !is_first || !self.chunk[line.end..].starts_with(b"\n\n") {
            return None;
        }
        data_value(&self.chunk[line.clone()]).map(|value| line.start + value..line.end)
    }

    /// Takes in a line and keeps its data, if it has any. Returns whether the line is empty, so that it ends the block.
    fn ends_block(&mut self, line: Range<usize>) -> bool {
        self.held.extend_from_slice(&self.chunk[line]);
        if self.first_line && self.held.starts_with(BYTE_ORDER_MARK) {
            self.held.drain(..BYTE_ORDER_MARK.len());
        }
        self.first_line = false;
        let line = &self.held[self.data..];
        if line.is_empty() {
            return true;
        }
        match data_value(line) {
            Some(value) => {
                self.held.drain(self.data..self.data + value);
                self.held.push(b'\n');
            }
            None => self.held.truncate(self.data),
        }
        self.data = self.held.len();
        false
    }

    /// Keeps the start of a line that goes on in the next chunk, and lets go of this chunk.
    fn hold_rest(&mut self) -> Result<(), BodyFault> {
        self.count(self.chunk.len() - self.read)?;
        self.held.extend_from_slice(&self.chunk[self.read..]);
        self.feed(Bytes::new());
        Ok(())
    }
}

/// Where the value of a data line starts; `None` for any other line.
fn data_value(line: &[u8]) -> Option<usize> {
    match line.strip_prefix(b"data")? {
        [b':', b' ', ..] => Some(6),
        [b':', ..] => Some(5),
        [] => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::RngSeed;

    use super::*;

    /// The data of the blocks, and whether the last was followed by a fault.
    type Blocks = (Vec<String>, bool);

    fn split(limit: usize, pieces: &[&[u8]]) -> Blocks {
        let (mut blocks, mut data) = (BlockSplitter::new(limit), Vec::new());
        for piece in pieces {
            blocks.feed(Bytes::copy_from_slice(piece));
            while let Some(block) = blocks.next() {
                match block {
                    Ok(block) => data.push(block.to_owned()),
                    Err(_) => return (data, true),
                }
            }
            assert!(blocks.held.len() <= limit, "{} bytes are held", blocks.held.len());
        }
        (data, false)
    }

    /// What the standard says, a line and a rule at a time, and the limit of a block.
    fn standard(limit: usize, bytes: &[u8]) -> Blocks {
        let unmarked = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        // The mark counts.
        let (mut events, mut buffer, mut size) = (Vec::new(), Vec::new(), bytes.len() - unmarked.len());
        let mut lines = lines(unmarked);
        let unfinished = lines.pop().unwrap();
        for line in lines {
            size += line.len() + 1;
            if size > limit {
                return (events, true);
            }
            let (field, value) = match line.iter().position(|byte| *byte == b':') {
                Some(colon) => (&line[..colon], &line[colon + 1..]),
                None => (&line[..], &line[line.len()..]),
            };
            if line.is_empty() {
                size = 0;
                if buffer.pop().is_some() {
                    let Ok(event) = String::from_utf8(std::mem::take(&mut buffer)) else { return (events, true) };
                    events.push(event);
                }
            } else if field == b"data" {
                buffer.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
                buffer.push(b'\n');
            }
        }
        (events, size + unfinished.len() > limit)
    }

    /// The lines without their ends; the last is what follows the last end.
    fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
        let (mut lines, mut at) = (vec![Vec::new()], 0);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
                b'\r' | b'\n' => lines.push(Vec::new()),
                byte => lines.last_mut().unwrap().push(*byte),
            }
            at += 1;
        }
        lines
    }

    /// Pieces of streams, so put together that every rule is met often.
    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        const TOKENS: [&[u8]; 24] = [
            b"\n",
            b"\n",
            b"\n\n",
            b"\r",
            b"\r\r",
            b"\r\n",
            b"\r\n\r\n",
            b"data: a\n\n",
            b"data: {}\n\n",
            b"data",
            b"data:",
            b"data: ",
            b"data:  x",
            b"data : x",
            b"Data: x",
            b"datas: x",
            b": a comment",
            b"id: 7",
            b"event",
            b"\xEF\xBB\xBF",
            b"\xEF\xBB",
            b"\xFF",
            b"\0",
            "\u{1F9E0}".as_bytes(),
        ];
        (any::<bool>(), vec(select(&TOKENS[..]), 0..24)).prop_map(|(marked, tokens)| {
            let mark = if marked { BYTE_ORDER_MARK } else { b"" };
            [mark, &tokens.concat()].concat()
        })
    }

    fn cut<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 4_096,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn the_blocks_are_those_of_the_standard_however_the_stream_is_split(
            bytes in any_bytes(),
            cuts in vec(any::<Index>(), 0..12),
        ) {
            let expected = standard(usize::MAX, &bytes);
            prop_assert_eq!(split(usize::MAX, &[&bytes]), expected.clone());
            prop_assert_eq!(split(usize::MAX, &bytes.chunks(1).collect::<Vec<_>>()), expected.clone());
            prop_assert_eq!(split(usize::MAX, &cut(&bytes, &cuts)), expected);
        }

        #[test]
        fn a_limit_ends_a_stream_at_the_same_block_however_it_is_split(
            bytes in any_bytes(),
            cuts in vec(any::<Index>(), 0..12),
            limit in 0_usize..40,
        ) {
            let expected = standard(limit, &bytes);
            prop_assert_eq!(split(limit, &[&bytes]), expected.clone());
            prop_assert_eq!(split(limit, &bytes.chunks(1).collect::<Vec<_>>()), expected.clone());
            prop_assert_eq!(split(limit, &cut(&bytes, &cuts)), expected);
        }
    }

    #[test]
    fn only_a_block_counts_whatever_its_line_ends_and_however_it_is_split() {
        for line_end in ["\n", "\r", "\r\n"] {
            let block = format!("data: 1234{line_end}{line_end}");
            // Without the LF of a CRLF.
            let size = "data: 1234".len() + 2;
            let stream = block.repeat(100);
            let bytes = stream.as_bytes();
            for pieces in [vec![bytes], bytes.chunks(1).collect(), bytes.chunks(7).collect()] {
                let whole = (vec!["1234".to_owned(); 100], false);
                assert_eq!(split(size, &pieces), whole, "{line_end:?} in {} pieces", pieces.len());
                assert_eq!(split(size - 1, &pieces), (Vec::new(), true), "{line_end:?} in {} pieces", pieces.len());
            }
        }
    }

    #[test]
    fn a_block_of_one_line_is_not_copied() {
        let mut blocks = BlockSplitter::new(100);
        blocks.feed(Bytes::from_static(b": the first line may have a byte order mark\n\ndata: a\n\ndata: b\n\n"));
        while let Some(block) = blocks.next() {
            block.unwrap();
            assert!(blocks.held.is_empty());
        }
    }

    #[test]
    fn a_large_block_in_small_chunks_is_held_once() {
        let mut blocks = BlockSplitter::new(1 << 20);
        blocks.feed(Bytes::from_static(b"data:"));
        for _ in 0..1_000 {
            assert!(blocks.next().is_none());
            blocks.feed(Bytes::from_static(&[b'x'; 1_000]));
        }
        assert!(blocks.next().is_none());
        assert!(blocks.chunk.is_empty() && blocks.held.len() == 1_000_005);
    }
}
