//! What was perhaps meant by a name nothing knows.

/// ` (did you mean "x"?)` with the nearest of the names, or nothing if none is near.
pub(crate) fn did_you_mean(wrong: &str, names: &[&str]) -> String {
    let nearest = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .min();
    match nearest {
        Some((distance, name)) if distance <= (name.len() / 3).max(2) => {
            format!(" (did you mean \"{name}\"?)")
        }
        _ => String::new(),
    }
}
