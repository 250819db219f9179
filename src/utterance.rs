//! An utterance from its first chunk until it is passed on. What it was held in goes back to a small store of the thread, so that a call takes no
//! memory while nobody speaks, and the next utterance asks for none.

use std::cell::RefCell;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::compiled::Compiled;
use crate::matcher::{Scan, Tables};
use crate::packed::{Bounds, Packed, Parcel, Reader, bits, packed};
use crate::privacy::wipe;
use crate::transcript::{Role, WordTime};
use crate::turns::names::Names;
use crate::turns::said::Said;

/// So many utterances' memory is kept for the next ones.
const SPARES: usize = 8;
/// The memory of longer texts is given back.
const SPARE_BYTES: usize = 4096;

thread_local! {
    static STORE: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
    /// The ids that were shared last: several events tell of one utterance.
    static SHARED: RefCell<Shared> = const { RefCell::new(Shared { ids: [const { None }; SHARED_IDS], next: 0 }) };
}

/// An utterance that is open, or closed and waiting.
#[derive(Clone, Debug)]
pub(crate) struct Utterance {
    pub(crate) id: Id,
    pub(crate) arrival: u32,
    pub(crate) speaker: u8,
    pub(crate) start_ms: Option<i64>,
    pub(crate) end_ms: Option<i64>,
    pub(crate) text: String,
    pub(crate) scan: Scan,
    pub(crate) closed: bool,
    pub(crate) full: bool,
    pub(crate) announced: Vec<u16>,
    /// Nothing but white space has come.
    pub(crate) is_blank: bool,
    /// Judge again when there are so many tokens.
    pub(crate) judge_at: usize,
    /// Bytes that were read again because the role of the speaker changed; read on when the text has so many.
    pub(crate) read_again: usize,
    pub(crate) read_at: usize,
    /// What it looked like when it was judged last.
    pub(crate) look: Option<u64>,
    /// The version of the names it was first read with.
    pub(crate) names: u8,
    /// Up to which byte it was read with which version of the names.
    read: SmallVec<[(u32, u8); 2]>,
    pub(crate) words: Vec<WordTime>,
    /// Its words once it is closed, and where the customer said them lately.
    pub(crate) said: Said,
    pub(crate) places: Vec<u64>,
}

/// An utterance in memory that outlives it.
pub(crate) type Held = Box<Utterance>;

impl Utterance {
    /// An utterance that has just begun.
    pub(crate) fn begin(id: &str, arrival: u32, names: u8) -> Held {
        let spare = STORE.try_with(|store| store.borrow_mut().pop()).ok().flatten();
        let mut own = spare.unwrap_or_else(|| {
            Box::new(Utterance {
                id: Id::default(),
                arrival: 0,
                speaker: 0,
                start_ms: None,
                end_ms: None,
                text: String::new(),
                scan: Scan::new(),
                closed: false,
                full: false,
                announced: Vec::new(),
                is_blank: true,
                judge_at: 0,
                read_again: 0,
                read_at: 0,
                look: None,
                names: 0,
                read: SmallVec::new(),
                words: Vec::new(),
                said: Said::default(),
                places: Vec::new(),
            })
        });
        (own.id, own.arrival, own.names) = (Id::new(id), arrival, names);
        own
    }

    /// Closes it: reads what is left of its text.
    pub(crate) fn finish(&mut self, tables: Tables<'_>) {
        if self.text.len() < self.read_at {
            self.scan.advance(tables, &self.text);
        }
        self.scan.finish(tables, &self.text);
        self.closed = true;
    }

    /// Gives its memory to utterances to come.
    pub(crate) fn end(mut self: Held) {
        if self.text.capacity() > SPARE_BYTES || self.words.capacity() > SPARE_BYTES / size_of::<WordTime>() {
            return;
        }
        self.id = Id::default();
        (self.speaker, self.start_ms, self.end_ms) = (0, None, None);
        (self.closed, self.full, self.is_blank, self.look) = (false, false, true, None);
        (self.judge_at, self.read_again, self.read_at) = (0, 0, 0);
        wipe(&mut self.text);
        self.forget_reading();
        self.scan.forget_words();
        self.said.forget_words();
        self.announced.clear();
        self.words.clear();
        // Where the thread ends there is no store any more.
        let _ = STORE.try_with(|store| {
            let mut store = store.borrow_mut();
            if store.len() < SPARES {
                store.push(self);
            }
        });
    }
}

impl Utterance {
    /// Reads what has been added to its text, if it is time to; `names` is their version.
    pub(crate) fn read(&mut self, tables: Tables<'_>, names: u8, is_final: bool) {
        if self.text.len() < self.read_at {
            return;
        }
        if is_final {
            self.scan.take(tables, &self.text);
        } else {
            self.scan.advance(tables, &self.text);
        }
        let to = self.text.len() as u32;
        match self.read.last_mut() {
            Some(last) if last.1 == names => last.0 = to,
            _ => self.read.push((to, names)),
        }
    }

    /// Forgets what was read: all of it is to be read anew.
    pub(crate) fn forget_reading(&mut self) {
        self.scan.clear();
        self.read.clear();
    }

    /// Reads it as it was read before it was packed.
    pub(crate) fn read_as_before(&mut self, compiled: &Compiled, names: &Names, role: Option<Role>) {
        if self.closed {
            // If names were learned since, it is read once more before it goes on.
            return self
                .scan
                .read_again(compiled.tables(names.words(), role), &self.text);
        }
        for &(to, version) in &self.read {
            let words = names.words_at(version);
            self.scan
                .advance(compiled.tables(&words, role), &self.text[..to as usize]);
        }
    }

    /// Whether what was read into it fits the call and the text.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let places = self.read.iter().map(|r| r.0 as usize);
        bounds.is_speaker(self.speaker)
            && self.announced.iter().all(|&signal| bounds.is_signal(signal))
            && places.clone().is_sorted()
            && places.clone().all(|to| self.text.is_char_boundary(to))
    }
}

// What is read from the text is not kept but read again; where it arrived its place says.
impl Packed for Utterance {
    fn pack(&self, out: &mut Parcel) {
        let Utterance {
            id,
            arrival: _,
            speaker,
            start_ms,
            end_ms,
            text,
            scan: _,
            closed,
            full,
            announced,
            is_blank,
            judge_at,
            read_again,
            read_at,
            look,
            names,
            read,
            words,
            said: _,
            places: _,
        } = self;
        let facts = bits([*closed, *full, *is_blank]);
        out.counts([facts, (*speaker).into(), (*names).into()]);
        id.pack(out);
        start_ms.pack(out);
        end_ms.pack(out);
        text.pack(out);
        announced.pack(out);
        judge_at.pack(out);
        read_again.pack(out);
        read_at.pack(out);
        look.pack(out);
        read.pack(out);
        words.pack(out);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let Utterance {
            id,
            arrival: _,
            speaker,
            start_ms,
            end_ms,
            text,
            scan: _,
            closed,
            full,
            announced,
            is_blank,
            judge_at,
            read_again,
            read_at,
            look,
            names,
            read,
            words,
            said: _,
            places: _,
        } = self;
        let [facts, own_speaker, own_names] = from.counts();
        [*closed, *full, *is_blank] = [4, 2, 1].map(|fact| facts & fact != 0);
        (*speaker, *names) = (own_speaker as u8, own_names as u8);
        id.unpack(from);
        start_ms.unpack(from);
        end_ms.unpack(from);
        text.unpack(from);
        announced.unpack(from);
        judge_at.unpack(from);
        read_again.unpack(from);
        read_at.unpack(from);
        look.unpack(from);
        read.unpack(from);
        words.unpack(from);
    }
}

packed!(WordTime { start_ms, end_ms });

/// So many ids are kept shared.
const SHARED_IDS: usize = 4;

/// Ids as events have them.
struct Shared {
    ids: [Option<Arc<str>>; SHARED_IDS],
    /// The place of the next.
    next: usize,
}

impl Shared {
    fn share(&mut self, id: &str) -> Arc<str> {
        let known = self.ids.iter().flatten().find(|known| ***known == *id);
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let place = &mut self.ids[self.next];
        self.next = (self.next + 1) % SHARED_IDS;
        Arc::clone(place.insert(Arc::from(id)))
    }
}

/// Shorter ids need no memory of their own.
const SHORT: usize = 22;

/// The id of an utterance; it is shared only when an event tells of it.
#[derive(Clone, Debug)]
pub(crate) enum Id {
    Short(u8, [u8; SHORT]),
    Long(Arc<str>),
}

impl Default for Id {
    fn default() -> Self {
        Id::Short(0, [0; SHORT])
    }
}

impl Id {
    pub(crate) fn new(id: &str) -> Self {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..id.len()) {
            Some(own) => {
                own.copy_from_slice(id.as_bytes());
                Id::Short(id.len() as u8, bytes)
            }
            None => Id::Long(Arc::from(id)),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Id::Short(len, bytes) => &bytes[..usize::from(*len)],
            Id::Long(id) => id.as_bytes(),
        }
    }

    /// As events have it.
    pub(crate) fn share(&self) -> Arc<str> {
        match self {
            Id::Short(..) => {
                let own = str::from_utf8(self.as_bytes()).unwrap_or_default();
                let known = SHARED.try_with(|shared| shared.borrow_mut().share(own));
                known.unwrap_or_else(|_| Arc::from(own))
            }
            Id::Long(id) => Arc::clone(id),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Id::Short(..) => 0,
            Id::Long(id) => id.len() + 16,
        }
    }
}

impl Packed for Id {
    fn pack(&self, out: &mut Parcel) {
        out.len(self.as_bytes().len());
        out.bytes(self.as_bytes());
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let len = from.len();
        *self = Id::new(str::from_utf8(from.bytes(len)).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were() {
        for id in [
            "",
            "u1",
            "0123456789012345678901",
            "01234567890123456789012",
            "é–ü",
        ] {
            assert_eq!(&*Id::new(id).share(), id);
            assert_eq!(Id::new(id).as_bytes(), id.as_bytes());
        }
    }

    #[test]
    fn nothing_of_an_utterance_shows_in_the_next() {
        let mut first = Utterance::begin("a", 3, 1);
        first.text.push_str("some text");
        (first.speaker, first.closed, first.full, first.judge_at) = (2, true, true, 9);
        (first.start_ms, first.end_ms, first.look) = (Some(1), Some(2), Some(3));
        first.announced.push(7);
        first.end();
        let next = Utterance::begin("b", 4, 2);
        assert_eq!((next.arrival, next.names, next.id.as_bytes()), (4, 2, &b"b"[..]));
        assert_eq!(
            (next.speaker, next.closed, next.full, next.judge_at),
            (0, false, false, 0)
        );
        assert!(next.start_ms.is_none() && next.end_ms.is_none() && next.look.is_none());
        assert!(next.text.is_empty() && next.announced.is_empty() && next.scan.tokens.is_empty());
    }
}
