//! What transcripts are read from.

use std::io::{BufReader, Read};

/// Text that can be read once, from its beginning.
pub(crate) type Source = BufReader<Box<dyn Read + Send>>;
