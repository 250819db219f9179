//! Changes to saved bytes that keep their checksum right: a checksum keeps damage out, it is no lock.
//!
//! They are written parted by spaces: `120=ff` sets a byte, `120+8` adds to it, `120x` leaves it out, `120~` cuts there, `120i0a` puts one in.

use twox_hash::XxHash3_64;

/// Where the body begins; the two numbers before it are its length and its checksum.
const HEADER: usize = 32;

/// The bytes with these changes in their body.
pub(crate) fn changed(saved: &[u8], changes: &str) -> Vec<u8> {
    let (header, body) = saved.split_at(HEADER);
    let mut body = body.to_vec();
    changes
        .split_whitespace()
        .for_each(|change| apply(change, &mut body));
    let length = (body.len() as u64).to_le_bytes();
    let checksum = XxHash3_64::oneshot(&body).to_le_bytes();
    [&header[..16], &length[..], &checksum[..], &body[..]].concat()
}

fn apply(change: &str, body: &mut Vec<u8>) {
    let Some(at) = change.find(|c: char| !c.is_ascii_digit()) else {
        return;
    };
    let (place, how) = change.split_at(at);
    if body.is_empty() {
        return;
    }
    let place = place.parse::<usize>().unwrap_or_default() % body.len();
    let mut how = how.chars();
    let kind = how.next();
    let value = u8::from_str_radix(how.as_str(), 16).unwrap_or_default();
    match kind {
        Some('=') => body[place] = value,
        Some('+') => body[place] = body[place].wrapping_add(value),
        Some('i') => body.insert(place, value),
        Some('x') => drop(body.remove(place)),
        Some('~') => body.truncate(place),
        _ => {}
    }
}

/// Changes all over the body of these bytes.
pub(crate) fn seeds(saved: &[u8]) -> Vec<Vec<u8>> {
    let body = saved.len() - HEADER;
    let changes = (0..body).step_by((body / 40).max(1));
    changes
        .map(|at| format!("{at}=ff {}+1", at / 2).into_bytes())
        .collect()
}

/// Changes that are worth a try anywhere.
pub(crate) fn words() -> Vec<String> {
    [
        "=ff ", "=00 ", "=80 ", "=7f ", "=01 ", "+1 ", "+ff ", "x ", "~ ", "i00 ", "iff ",
    ]
    .map(str::to_owned)
    .to_vec()
}
