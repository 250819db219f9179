//! Tables of turns: which columns hold what, rows gathered into calls, and the two formats of tables.

pub(crate) mod columns;
pub(crate) mod csv;
pub(crate) mod gathering;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
mod rows;
