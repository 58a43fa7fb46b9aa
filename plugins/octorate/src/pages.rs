//! Reading lists page by page without knowing whether the first page is 0 or 1.

use roomwire_plugin_sdk::Failure;

/// More pages than any hotel fills; a channel that never ends is stopped here.
const MAX_PAGES: u32 = 200;

/// Where in a list we are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Position {
    /// The number of the first page, as far as known.
    base: u32,
    page: u32,
    /// The id of the first page's first item: a page that repeats it is the first page again.
    first: String,
}

/// What an answer tells about the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    /// The page's own number, where it says so.
    pub(crate) page: Option<u32>,
    pub(crate) total_pages: Option<u32>,
    pub(crate) first: Option<&'a str>,
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
            first: String::new(),
        }
    }

    pub(crate) fn page(&self) -> u32 {
        self.page
    }

    /// Where to go when page 0 is refused: there, pages begin with 1.
    pub(crate) fn after_refusal(&self) -> Option<Self> {
        (self.page == 0).then(|| Self {
            base: 1,
            page: 1,
            first: String::new(),
        })
    }

    /// Where to go after an answer.
    pub(crate) fn step(mut self, answer: Answer<'_>) -> Step {
        let total = answer.total_pages.unwrap_or(1);
        let Some(first) = answer.first else {
            let next = self
                .after_refusal()
                .filter(|_| total > 0 && answer.total_pages.is_some());
            return Step {
                repeated: false,
                next,
            };
        };
        if self.page == 0 && answer.page == Some(1) {
            (self.base, self.page) = (1, 1);
        }
        let repeated = self.page > 0 && self.first == first;
        if repeated {
            self.base = 1;
        }
        if self.first.is_empty() {
            first.clone_into(&mut self.first);
        }
        self.page += 1;
        let more = self.page - self.base < total.min(MAX_PAGES);
        Step {
            repeated,
            next: more.then_some(self),
        }
    }

    /// As the host keeps it between two calls.
    pub(crate) fn to_token(&self) -> String {
        format!("{}/{}/{}", self.base, self.page, self.first)
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
                first: parts.next().unwrap_or_default().to_owned(),
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

    /// A channel with three pages, whose first is `base`; `show` is how it answers the page before that.
    fn read(base: u32, show: impl Fn(u32) -> (Option<u32>, Option<&'static str>)) -> Vec<u32> {
        let mut seen = Vec::new();
        let mut position = Some(Position::start());
        while let Some(at) = position {
            let page = at.page();
            let (number, first) = show(page);
            let step = at.step(Answer {
                page: number,
                total_pages: Some(3),
                first,
            });
            if first.is_some() && !step.repeated {
                seen.push(page.max(base));
            }
            position = step.next;
            assert!(seen.len() < 10, "the list never ends");
        }
        seen
    }

    const FIRSTS: [&str; 3] = ["a", "b", "c"];

    #[test]
    fn pages_from_zero_are_read_to_the_end() {
        assert_eq!(
            read(0, |page| (Some(page), FIRSTS.get(page as usize).copied())),
            [0, 1, 2]
        );
    }

    #[test]
    fn pages_from_one_are_read_to_the_end_however_page_zero_is_answered() {
        let item = |page: u32| FIRSTS.get((page as usize).wrapping_sub(1)).copied();
        assert_eq!(
            read(1, |page| (Some(page), item(page))),
            [1, 2, 3],
            "an empty page 0"
        );
        assert_eq!(
            read(1, |page| (Some(page.max(1)), item(page.max(1)))),
            [1, 2, 3],
            "page 1 under its own number"
        );
        assert_eq!(
            read(1, |page| (Some(page), item(page.max(1)))),
            [1, 2, 3],
            "page 1 under the number asked for"
        );
        assert_eq!(
            Position::start()
                .after_refusal()
                .map(|position| position.page()),
            Some(1),
            "a refusal"
        );
    }

    #[test]
    fn a_channel_that_ignores_the_page_ends() {
        assert_eq!(read(0, |_| (None, Some("a"))), [0]);
    }

    #[test]
    fn a_channel_that_does_not_count_its_pages_has_one() {
        let step = Position::start().step(Answer {
            page: None,
            total_pages: None,
            first: Some("a"),
        });
        assert_eq!(
            step,
            Step {
                repeated: false,
                next: None
            }
        );
        let empty = Position::start().step(Answer {
            page: None,
            total_pages: None,
            first: None,
        });
        assert_eq!(empty.next, None);
    }

    #[test]
    fn a_page_survives_its_token_and_a_forged_one_is_refused() {
        let position = Position {
            base: 1,
            page: 3,
            first: "a/b".to_owned(),
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
