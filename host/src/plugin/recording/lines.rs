//! How one text became another, line by line.

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 2;

/// Above this many comparisons the lines between the first and the last change count as replaced.
const MOST_COMPARISONS: usize = 4_000_000;

/// The lines that went (`-`) and came (`+`), with a few unchanged ones around them; empty where nothing changed.
pub(super) fn difference(old: &[String], new: &[String]) -> Vec<String> {
    let starts = old.iter().zip(new);
    let before = starts.take_while(|(old, new)| old == new).count();
    let ends = old.iter().rev().zip(new.iter().rev());
    let after = ends
        .take(old.len().min(new.len()) - before)
        .take_while(|(old, new)| old == new)
        .count();
    if before == old.len() && before == new.len() {
        return Vec::new();
    }
    let mut marked: Vec<(char, &String)> = old[..before].iter().map(|line| (' ', line)).collect();
    let (old_part, new_part) = (
        &old[before..old.len() - after],
        &new[before..new.len() - after],
    );
    marked.extend(changes(old_part, new_part));
    marked.extend(old[old.len() - after..].iter().map(|line| (' ', line)));
    around_changes(&marked)
}

/// The shortest way from the old lines to the new ones.
fn changes<'a>(old: &'a [String], new: &'a [String]) -> Vec<(char, &'a String)> {
    let removed = |line| ('-', line);
    let added = |line| ('+', line);
    if old.len().saturating_mul(new.len()) > MOST_COMPARISONS {
        return old
            .iter()
            .map(removed)
            .chain(new.iter().map(added))
            .collect();
    }
    let common = common(old, new);
    let (mut left, mut right) = (0, 0);
    let mut marked = Vec::new();
    while left < old.len() && right < new.len() {
        if old[left] == new[right] {
            marked.push((' ', &old[left]));
            left += 1;
            right += 1;
        } else if common[left + 1][right] >= common[left][right + 1] {
            marked.push(removed(&old[left]));
            left += 1;
        } else {
            marked.push(added(&new[right]));
            right += 1;
        }
    }
    marked.extend(old[left..].iter().map(removed));
    marked.extend(new[right..].iter().map(added));
    marked
}

/// How many lines are common to the rests from each place on.
fn common(old: &[String], new: &[String]) -> Vec<Vec<u32>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for left in (0..old.len()).rev() {
        for right in (0..new.len()).rev() {
            common[left][right] = if old[left] == new[right] {
                common[left + 1][right + 1] + 1
            } else {
                common[left + 1][right].max(common[left][right + 1])
            };
        }
    }
    common
}

fn around_changes(marked: &[(char, &String)]) -> Vec<String> {
    let mut shown = Vec::new();
    let mut is_open = true;
    for (place, (mark, line)) in marked.iter().enumerate() {
        let from = place.saturating_sub(CONTEXT);
        let to = (place + CONTEXT + 1).min(marked.len());
        if marked[from..to].iter().any(|(mark, _)| *mark != ' ') {
            shown.push(format!("{mark} {line}"));
            is_open = true;
        } else if is_open {
            shown.push("  …".to_owned());
            is_open = false;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> Vec<String> {
        let lines = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        difference(&lines(old), &lines(new))
    }

    #[test]
    fn equal_texts_do_not_differ() {
        assert!(told("a b c", "a b c").is_empty());
        assert!(difference(&[], &[]).is_empty());
    }

    #[test]
    fn only_the_changed_lines_are_told_with_a_few_around_them() {
        assert_eq!(
            told("a b c d e f g", "a b c x e f g"),
            ["  …", "  b", "  c", "- d", "+ x", "  e", "  f", "  …"]
        );
        assert_eq!(told("a b", "a b c"), ["  a", "  b", "+ c"]);
        assert_eq!(told("a a", "a"), ["  a", "- a"]);
        assert_eq!(told("a", "b"), ["- a", "+ b"]);
    }

    #[test]
    fn lines_that_stay_between_changes_are_kept() {
        assert_eq!(told("1 a 2", "3 a 4"), ["- 1", "+ 3", "  a", "- 2", "+ 4"]);
    }

    #[test]
    fn texts_too_long_to_be_compared_are_replaced() {
        let lines =
            |letter: &str| -> Vec<String> { (0..2_001).map(|n| format!("{letter}{n}")).collect() };
        let told = difference(&lines("a"), &lines("b"));
        assert_eq!(told.len(), 4_002);
        assert_eq!((told[0].as_str(), told[2_001].as_str()), ("- a0", "+ b0"));
    }
}
