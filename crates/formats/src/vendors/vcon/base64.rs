//! Base64.

use crate::problem::Problem;

/// The text that base64url stands for; plain base64, padding and line ends are read too.
pub(super) fn text(encoded: &str) -> Result<String, Problem> {
    let wrong = || Problem::new("not base64url of a text");
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(encoded.len() / 4 * 3), 0u32, 0u32);
    for byte in encoded.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            b'=' | b'\n' | b'\r' => continue,
            _ => return Err(wrong()),
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn both_alphabets() {
        for (encoded, want) in [
            ("", ""),
            ("SGk", "Hi"),
            ("SGk=", "Hi"),
            ("SGkh", "Hi!"),
            ("Pz8_w78", "???ÿ"),
            ("Pz8/\nw78=", "???ÿ"),
        ] {
            assert_eq!(text(encoded).as_deref(), Ok(want), "{encoded}");
        }
        assert!(text("a b").is_err());
        assert!(text("_w").is_err());
    }
}
