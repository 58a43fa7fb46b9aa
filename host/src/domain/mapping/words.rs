//! A name as what it means: case, accents and the language of common words do not count.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::domain::fold::folded;
use crate::domain::mapping::vocabulary::{Kind, LONGEST, VOCABULARY};

/// One thing that a name says.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Word {
    Known(Kind, &'static str),
    Other(String),
}

impl Word {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Known(_, name) => name,
            Self::Other(word) => word,
        }
    }

    fn is(&self, wanted: Kind) -> bool {
        matches!(self, Self::Known(kind, _) if *kind == wanted)
    }
}

/// Everything that a name says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Words(BTreeSet<Word>);

/// What each phrase means.
static PHRASES: LazyLock<HashMap<&'static str, (Kind, &'static str)>> = LazyLock::new(|| {
    VOCABULARY
        .iter()
        .flat_map(|(kind, name, phrases)| {
            phrases
                .split(", ")
                .map(|phrase| (phrase.trim(), (*kind, *name)))
        })
        .collect()
});

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let plain = plain(text);
        let parts: Vec<&str> = plain.split_whitespace().collect();
        let (mut words, mut fillers) = (BTreeSet::new(), BTreeSet::new());
        let mut rest = parts.as_slice();
        while let [first, after @ ..] = rest {
            let Some((length, kind, name)) = longest_phrase(rest) else {
                words.insert(Word::Other((*first).to_owned()));
                rest = after;
                continue;
            };
            let to = match kind {
                Kind::Filler => &mut fillers,
                _ => &mut words,
            };
            to.insert(Word::Known(kind, name));
            rest = &rest[length..];
        }
        Self(if words.is_empty() { fillers } else { words })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn says(&self, kind: Kind, name: &str) -> bool {
        self.0
            .iter()
            .any(|word| word.is(kind) && word.text() == name)
    }

    pub(super) fn says_any(&self, kind: Kind) -> bool {
        self.0.iter().any(|word| word.is(kind))
    }

    /// Whether both say something of this kind, and nothing of it in common.
    pub(super) fn contradicts(&self, other: &Self, kind: Kind) -> bool {
        self.says_any(kind)
            && other.says_any(kind)
            && !self.0.intersection(&other.0).any(|word| word.is(kind))
    }

    /// What is said of these kinds.
    pub(super) fn only(&self, kinds: &[Kind]) -> Self {
        self.filtered(|word| kinds.iter().any(|kind| word.is(*kind)))
    }

    /// What is said besides these kinds; everything, where nothing else is said.
    pub(super) fn besides(&self, kinds: &[Kind]) -> Self {
        let rest = self.filtered(|word| !kinds.iter().any(|kind| word.is(*kind)));
        if rest.is_empty() { self.clone() } else { rest }
    }

    /// What this says and the other does not.
    pub(super) fn without(&self, other: &Self) -> Self {
        self.filtered(|word| !other.0.contains(word))
    }

    fn filtered(&self, keep: impl Fn(&Word) -> bool) -> Self {
        Self(self.0.iter().filter(|word| keep(word)).cloned().collect())
    }

    /// What both say.
    pub(super) fn shared<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Word> {
        self.0.intersection(&other.0)
    }

    /// How much of both is said by both, in percent.
    pub(super) fn alike(&self, other: &Self) -> usize {
        let all = self.0.len() + other.0.len();
        if all == 0 {
            return 0;
        }
        200 * self.shared(other).count() / all
    }
}

fn longest_phrase(words: &[&str]) -> Option<(usize, Kind, &'static str)> {
    (1..=words.len().min(LONGEST)).rev().find_map(|length| {
        let phrase = words[..length].join(" ");
        let (kind, name) = PHRASES.get(phrase.as_str())?;
        Some((length, *kind, *name))
    })
}

/// Letters and digits without case and accents; everything else parts words.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in folded(text).chars() {
        let plainly = match letter {
            // An accent that stands by itself, behind its letter.
            '\u{300}'..='\u{36f}' => continue,
            'æ' => {
                plain.push_str("ae");
                continue;
            }
            'œ' => {
                plain.push_str("oe");
                continue;
            }
            'ß' => {
                plain.push_str("ss");
                continue;
            }
            'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'č' => 'c',
            'ď' | 'đ' => 'd',
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
            'ğ' => 'g',
            'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
            'ł' => 'l',
            'ñ' | 'ń' | 'ň' => 'n',
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
            'ř' => 'r',
            'ś' | 'š' | 'ş' | 'ș' => 's',
            'ť' | 'ţ' | 'ț' => 't',
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
            'ý' | 'ÿ' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            letter if letter.is_alphanumeric() => letter,
            _ => ' ',
        };
        plain.push(plainly);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_means_one_thing_and_is_as_names_are_after_folding() {
        let mut known = BTreeSet::new();
        for (_, name, phrases) in VOCABULARY {
            for phrase in phrases.split(", ").map(str::trim) {
                assert!(known.insert(phrase), "{phrase} of {name} is there twice");
                assert_eq!(plain(phrase), phrase);
                assert!(phrase.split(' ').count() <= LONGEST, "{phrase}");
            }
        }
    }

    #[test]
    fn accents_case_and_signs_do_not_count() {
        for (one, other) in [
            ("Frühstück", "FRUHSTUCK"),
            ("Petit-déjeuner", "petit de\u{301}jeuner"),
            ("Habitación doble", "habitacion DOBLE"),
            ("Bed & Breakfast", "B&B"),
            ("Straßenseite", "strassenseite"),
        ] {
            assert_eq!(Words::of(one), Words::of(other), "{one}");
        }
    }

    #[test]
    fn the_longest_phrase_counts() {
        let suite = Words::of("Junior Suite");
        assert!(suite.contradicts(&Words::of("Suite"), Kind::Sort));
        assert!(!Words::of("Doppia uso singola").says(Kind::Sort, "single"));
    }

    #[test]
    fn what_says_nothing_counts_only_alone() {
        assert_eq!(
            Words::of("Standard Double Room").alike(&Words::of("Double")),
            100
        );
        assert_eq!(Words::of("Standard").alike(&Words::of("Standard")), 100);
        assert_eq!(Words::of("").alike(&Words::of("")), 0);
    }
}
