//! Text that is compared without its case.

/// The same for every way of writing a text in capital and small letters, by Unicode.
///
/// Not by the database's `lower`, which knows only the letters of its locale: those of ASCII where there is none, and
/// another `i` in Turkish. Letter by letter, so that a part folds as it does within the whole: `str::to_lowercase`
/// writes a sigma at the end of a word differently.
pub fn folded(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'ς' { 'σ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capital_and_small_letters_are_the_same_in_every_script() {
        for (one, other) in [
            ("ROME", "rome"),
            ("ZÜRICH", "Zürich"),
            ("BÓB@guest.example", "bób@GUEST.example"),
            ("ΝΆΞΟΣ", "νάξος"),
            ("МОСКВА", "Москва"),
            ("GROẞ", "groß"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
    }

    #[test]
    fn a_part_folds_as_within_the_whole() {
        assert!(folded("ΣΥΡΟΣ-ΕΡΜΟΥΠΟΛΗ").contains(&folded("Συρος")));
    }

    #[test]
    fn accents_and_different_letters_are_told_apart() {
        for (one, other) in [("bob", "bób"), ("straße", "strasse"), ("ı", "i")] {
            assert_ne!(folded(one), folded(other), "{one}");
        }
    }
}
