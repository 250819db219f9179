//! What was perhaps meant by a name nothing knows.

/// The nearest of the names, if one is near enough to be meant.
pub(crate) fn nearest<'a>(wrong: &str, names: &[&'a str]) -> Option<&'a str> {
    let nearest = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), *name))
        .min();
    nearest
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(2))
        .map(|(_, name)| name)
}
