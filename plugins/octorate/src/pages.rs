//! Reading lists page by page without knowing whether the first page is 0 or 1, nor whether the pages are counted.

use roomwire_plugin_sdk::Failure;

/// More pages than any hotel fills; a channel that never ends is stopped here.
const MAX_PAGES: u32 = 200;

/// Where in a list we are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Position {
    /// The number of the first page, as far as known.
    base: u32,
    page: u32,
    /// The id of the first item of the page before: a page that begins with it too is the same page again.
    before: String,
}

/// What an answer tells about the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    /// The page's own number, where it says so.
    pub(crate) page: Option<u32>,
    pub(crate) total_pages: Option<u32>,
    pub(crate) first: Option<&'a str>,
    /// Whether it holds as many items as were asked for, so that there may be more.
    pub(crate) full: bool,
}

/// What to do after an answer.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Step {
    /// Whether the page's items were already seen.
    pub(crate) repeated: bool,
    pub(crate) next: Option<Position>,
}

impl Position {
    pub(crate) fn start() -> Self {
        Self {
            base: 0,
            page: 0,
            before: String::new(),
        }
    }

    pub(crate) fn page(&self) -> u32 {
        self.page
    }

    /// Whether this page comes after others.
    pub(crate) fn is_later(&self) -> bool {
        self.page > self.base
    }

    /// Where to go when page 0 is refused: there, pages begin with 1.
    pub(crate) fn after_refusal(&self) -> Option<Self> {
        (self.page == 0).then(|| Self {
            base: 1,
            page: 1,
            before: String::new(),
        })
    }

    /// Where to go after an answer: on, until a page is empty, not full or a repetition. A count of the pages, which no
    /// document promises, only adds to them: a channel may fill its pages with fewer items than were asked for.
    pub(crate) fn step(mut self, answer: Answer<'_>) -> Step {
        let Some(first) = answer.first else {
            let next = self
                .after_refusal()
                .filter(|_| answer.total_pages != Some(0));
            return Step {
                repeated: false,
                next,
            };
        };
        if self.page == 0 && answer.page == Some(1) {
            (self.base, self.page) = (1, 1);
        }
        let repeated = self.page > 0 && self.before == first;
        // Page 1 may be page 0 by its other number. Any later page that repeats the one before it is the list's end.
        let goes_on = !repeated || (self.base, self.page) == (0, 1);
        if repeated {
            self.base = 1;
        }
        first.clone_into(&mut self.before);
        self.page += 1;
        let read = self.page - self.base;
        let counted = answer.total_pages.is_some_and(|total| read < total);
        let more = goes_on && read < MAX_PAGES && (answer.full || counted);
        Step {
            repeated,
            next: more.then_some(self),
        }
    }

    /// As the host keeps it between two calls.
    pub(crate) fn to_token(&self) -> String {
        format!("{}/{}/{}", self.base, self.page, self.before)
    }

    pub(crate) fn from_token(token: &str) -> Result<Self, Failure> {
        let mut parts = token.splitn(3, '/');
        let mut number = || {
            parts
                .next()
                .and_then(|part| part.parse::<u32>().ok())
                .filter(|number| *number <= MAX_PAGES)
        };
        match (number(), number()) {
            (Some(base), Some(page)) if base <= 1 && page >= base => Ok(Self {
                base,
                page,
                before: parts.next().unwrap_or_default().to_owned(),
            }),
            _ => Err(Failure::invalid(
                "",
                "page",
                format!("`{token}` is not a page that this connector named"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a channel shows on a page: its own number, its first item, and how full it is.
    type Shown = (Option<u32>, Option<&'static str>, bool);

    /// Reads a list to its end, and tells which pages brought something new.
    fn read(total_pages: Option<u32>, show: impl Fn(u32) -> Shown) -> Vec<u32> {
        let mut seen = Vec::new();
        let mut position = Some(Position::start());
        let mut asked = 0;
        while let Some(at) = position {
            asked += 1;
            assert!(asked < 10, "the list never ends");
            let page = at.page();
            let (number, first, full) = show(page);
            let step = at.step(Answer {
                page: number,
                total_pages,
                first,
                full,
            });
            if first.is_some() && !step.repeated {
                seen.push(page);
            }
            position = step.next;
        }
        seen
    }

    const FIRSTS: [&str; 3] = ["a", "b", "c"];

    fn item(page: u32) -> Option<&'static str> {
        FIRSTS.get(page as usize).copied()
    }

    #[test]
    fn pages_from_zero_are_read_to_the_end() {
        let counted = read(Some(3), |page| (Some(page), item(page), page < 2));
        assert_eq!(counted, [0, 1, 2]);
        let small = read(Some(3), |page| (Some(page), item(page), false));
        assert_eq!(small, [0, 1, 2], "pages of another size than asked for");
    }

    #[test]
    fn pages_that_nobody_counts_are_read_until_one_is_not_full() {
        assert_eq!(read(None, |page| (None, item(page), page < 2)), [0, 1, 2]);
        assert_eq!(
            read(None, |page| (None, item(page), page < 3)),
            [0, 1, 2],
            "the last page is full"
        );
        assert_eq!(
            read(Some(1), |page| (None, item(page), page < 2)),
            [0, 1, 2],
            "a wrong count ends nothing"
        );
        assert_eq!(read(None, |page| (None, item(page), false)), [0]);
    }

    #[test]
    fn pages_from_one_are_read_to_the_end_however_page_zero_is_answered() {
        let from_one = |page: u32| item(page.wrapping_sub(1));
        for total in [Some(3), None] {
            assert_eq!(
                read(total, |page| (
                    Some(page),
                    from_one(page),
                    (1..3).contains(&page)
                )),
                [1, 2, 3],
                "an empty page 0"
            );
            assert_eq!(
                read(total, |page| (
                    Some(page.max(1)),
                    from_one(page.max(1)),
                    page < 3
                )),
                [0, 2, 3],
                "page 1 under its own number"
            );
            assert_eq!(
                read(total, |page| (Some(page), from_one(page.max(1)), page < 3)),
                [0, 2, 3],
                "page 1 under the number asked for"
            );
        }
        assert_eq!(
            Position::start()
                .after_refusal()
                .map(|position| position.page()),
            Some(1),
            "a refusal"
        );
    }

    #[test]
    fn a_channel_that_repeats_itself_ends() {
        assert_eq!(
            read(None, |_| (None, Some("a"), true)),
            [0],
            "it ignores the page"
        );
        assert_eq!(
            read(None, |page| (None, item(page.min(2)), true)),
            [0, 1, 2],
            "it repeats its last page for ever"
        );
    }

    #[test]
    fn a_channel_that_never_ends_is_stopped() {
        let mut position = Some(Position::start());
        let mut asked = 0;
        while let Some(at) = position {
            let first = asked.to_string();
            asked += 1;
            let answer = Answer {
                page: None,
                total_pages: None,
                first: Some(&first),
                full: true,
            };
            position = at.step(answer).next;
        }
        assert_eq!(asked, MAX_PAGES);
    }

    #[test]
    fn a_page_survives_its_token_and_a_forged_one_is_refused() {
        let position = Position {
            base: 1,
            page: 3,
            before: "a/b".to_owned(),
        };
        assert_eq!(
            Position::from_token(&position.to_token()).expect("our own"),
            position
        );
        for forged in ["", "3", "2/3/", "1/0/x", "0/4294967295/", "0/-1/"] {
            assert!(Position::from_token(forged).is_err(), "{forged}");
        }
    }
}
