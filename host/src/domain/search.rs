//! Words by which a reservation is found, and what somebody who looks for one may mean.

use crate::domain::reservation::Guest;

/// One thing that must be found: a word of the reservation has one of these beginnings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    pub beginnings: Vec<String>,
}

/// The most words of a question; more would only cost.
const MOST_WORDS: usize = 5;
/// The longest word that is kept.
const LONGEST: usize = 60;
/// Fewer digits at the end of a telephone number say nothing.
const LEAST_DIGITS: usize = 4;

/// Every word of a reservation. A telephone number is kept backwards behind a `~`, for its end is what people know.
pub fn words(number: &str, guests: &[&Guest]) -> Vec<String> {
    let mut words = vec![number.to_lowercase()];
    for guest in guests {
        words.extend(split(&guest.first_name));
        words.extend(split(&guest.last_name));
        words.extend(guest.phone.as_deref().and_then(backwards));
    }
    words.sort();
    words.dedup();
    words
}

/// What a question asks for, or `None` where it says too little: a word needs two letters, and a telephone number
/// its last four digits.
pub fn question(text: &str) -> Option<Vec<Wanted>> {
    let telephone = text.chars().all(|letter| {
        letter.is_ascii_digit() || letter.is_whitespace() || "+-()/.".contains(letter)
    });
    if telephone && let Some(number) = backwards(text) {
        let whole: String = text.chars().filter(char::is_ascii_digit).collect();
        return Some(vec![Wanted {
            beginnings: vec![number, whole],
        }]);
    }
    let words = split(text);
    let letters = |word: &String| word.chars().filter(|letter| !is_mark(*letter)).count();
    if words.is_empty() || words.iter().any(|word| letters(word) < 2) {
        return None;
    }
    let wanted = words.into_iter().take(MOST_WORDS);
    Some(
        wanted
            .map(|word| Wanted {
                beginnings: vec![word],
            })
            .collect(),
    )
}

fn split(text: &str) -> Vec<String> {
    text.to_lowercase()
        // Marks that follow their letter belong to its word.
        .split(|letter: char| !letter.is_alphanumeric() && !is_mark(letter))
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LONGEST).collect())
        .collect()
}

/// Whether it only marks the letter before it. Such marks are not kept, so they alone would begin every word.
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

fn backwards(phone: &str) -> Option<String> {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= LEAST_DIGITS).then(|| {
        std::iter::once('~')
            .chain(digits.into_iter().rev().take(LONGEST))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(first_name: &str, last_name: &str, phone: Option<&str>) -> Guest {
        Guest {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: None,
            phone: phone.map(str::to_owned),
        }
    }

    fn asked(text: &str) -> Option<Vec<Vec<String>>> {
        Some(
            question(text)?
                .into_iter()
                .map(|wanted| wanted.beginnings)
                .collect(),
        )
    }

    #[test]
    fn a_reservation_is_found_by_names_number_and_the_end_of_a_telephone_number() {
        let ada = guest("Ada Augusta", "O'Brien-Müller", Some("+39 06 123-45"));
        assert_eq!(
            words("7G2K", &[&ada]),
            [
                "7g2k",
                "ada",
                "augusta",
                "brien",
                "müller",
                "o",
                "~543216093"
            ]
        );
    }

    #[test]
    fn a_question_of_digits_is_a_telephone_number_or_a_number() {
        let both = vec!["~5432".to_owned(), "2345".to_owned()];
        assert_eq!(asked("23-45"), Some(vec![both]));
    }

    #[test]
    fn each_word_of_a_question_must_be_found_and_too_little_is_no_question() {
        let words =
            |list: &[&str]| Some(list.iter().map(|word| vec![(*word).to_owned()]).collect());
        assert_eq!(asked("Ada  LOVE"), words(&["ada", "love"]));
        assert_eq!(asked("a b c d e f g"), None);
        assert_eq!(asked("ab bc cd de ef fg").map(|all| all.len()), Some(5));
        for nothing in ["", "a", "1", "%_", "\u{0}", "\u{301}\u{301}", "e\u{301}"] {
            assert_eq!(asked(nothing), None, "{nothing}");
        }
    }
}
