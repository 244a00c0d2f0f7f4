use std::io::{self, BufRead, BufReader, Read};

/// A longer line is no result and no event, and would have to be held whole.
const LONGEST: usize = 1 << 20;

/// Lines of somebody else's, one at a time: each is text, or set aside with the reason.
pub struct Lines<R> {
    input: BufReader<R>,
    number: u64,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1; empty lines count.
    pub number: u64,
    /// What stands in it, without its end; as far as it is text.
    pub text: String,
    /// Why it cannot be read, if it cannot.
    pub fault: Option<&'static str>,
}

impl<R: Read> Lines<R> {
    /// Lines of a file or a pipe.
    pub fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(1 << 18, input), number: 0 }
    }

    /// Whether the next line, or its end, may have to be waited for.
    pub fn may_wait(&self) -> bool {
        !self.input.buffer().contains(&b'\n')
    }

    /// The next line that is not empty; none at the end.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut bytes = Vec::new();
            let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 1;
            if (&mut self.input).take(limit).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let too_long = bytes.len() > LONGEST;
            if too_long && !bytes.ends_with(b"\n") {
                self.skip_line()?;
            }
            let bytes = if self.number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            let not_text = std::str::from_utf8(bytes).is_err();
            let fault = match (too_long, not_text) {
                (true, _) => Some("longer than 1 MiB"),
                (_, true) => Some("not UTF-8"),
                _ => None,
            };
            let shown = if too_long { bytes.get(..200).unwrap_or_default() } else { bytes };
            let text = String::from_utf8_lossy(shown).trim().to_owned();
            return Ok(Some(Line { number: self.number, text, fault }));
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let many = end.map_or(buffer.len(), |end| end + 1);
            let done = end.is_some() || buffer.is_empty();
            self.input.consume(many);
            if done {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_or_set_aside_and_its_number_is_that_of_the_file() {
        let long = "x".repeat(3 << 20);
        let text = [b"\xef\xbb\xbfone\r\n\n  \n\xff\n".as_slice(), long.as_bytes(), b"\nlast"].concat();
        let mut lines = Lines::new(text.as_slice());
        let mut read = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            read.push((line.number, line.text.chars().take(4).collect::<String>(), line.fault));
        }
        assert_eq!(
            read,
            [
                (1, "one".to_owned(), None),
                (4, "\u{fffd}".to_owned(), Some("not UTF-8")),
                (5, "xxxx".to_owned(), Some("longer than 1 MiB")),
                (6, "last".to_owned(), None)
            ]
        );
    }
}
