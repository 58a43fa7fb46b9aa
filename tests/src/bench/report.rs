//! What a bench found: a short table for people, and the same for programs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::drive::percentile;
use crate::bench::options::Options;

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    AtLeast(f64),
    Below(f64),
    Exactly(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::Below(bound) => value < bound,
            Self::Exactly(wanted) => value.total_cmp(&wanted).is_eq(),
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(least) => format!("≥ {least}"),
            Self::Below(bound) => format!("< {bound}"),
            Self::Exactly(wanted) => format!("= {wanted}"),
        }
    }
}

/// One figure, and how it stands to another one that was taken beside it.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    target: Option<Target>,
    against: Option<(&'static str, f64)>,
    ratio_target: Option<Target>,
    note: Option<String>,
}

impl Figure {
    pub(super) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            value,
            unit,
            target: None,
            against: None,
            ratio_target: None,
            note: None,
        }
    }

    pub(super) fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// What the other is called, and what it is; without a figure there is no ratio.
    pub(super) fn against(mut self, what: &'static str, other: Option<f64>) -> Self {
        self.against = other.map(|other| (what, other));
        self
    }

    pub(super) fn ratio_target(mut self, target: Target) -> Self {
        self.ratio_target = Some(target);
        self
    }

    /// What there is to say about it.
    pub(super) fn note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.against.map(|(_, other)| self.value / other)
    }

    pub(super) fn line(&self) -> String {
        let digits = if self.value < 100.0 { 1 } else { 0 };
        let target = self.target.map(Target::text).unwrap_or_default();
        let ratio = self.against.map_or_else(String::new, |(what, other)| {
            let target = self
                .ratio_target
                .map(|target| format!(", {}", target.text()));
            format!(
                "{:.2} of {what} ({other:.0}{})",
                self.value / other,
                target.unwrap_or_default()
            )
        });
        let missed = if self.is_met() { "" } else { "  MISSED" };
        let note = self.note.as_ref().map(|note| format!("  {note}"));
        let line = format!(
            "{:<46}{:>10.digits$} {:<4}{target:>10}  {ratio}{missed}{}",
            self.what,
            self.value,
            self.unit,
            note.unwrap_or_default()
        );
        line.trim_end().to_owned()
    }

    fn is_met(&self) -> bool {
        let met = |target: Option<Target>, value: Option<f64>| {
            target
                .zip(value)
                .is_none_or(|(target, value)| target.is_met(value))
        };
        met(self.target, Some(self.value)) && met(self.ratio_target, self.ratio())
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what, "value": self.value, "unit": self.unit,
            "target": self.target.map(Target::text),
            "against": self.against.map(|(what, value)| json!({"what": what, "value": value})),
            "ratio": self.ratio(), "ratio_target": self.ratio_target.map(Target::text), "met": self.is_met(),
            "note": self.note,
        })
    }
}

/// The figures of one bench.
pub(super) struct Report {
    bench: &'static str,
    how: String,
    figures: Vec<Figure>,
    times: Vec<Times>,
}

/// How long requests of one kind took: the median, 95 and 99 of a hundred, in milliseconds.
struct Times {
    what: String,
    requests: usize,
    percentiles: [f64; 3],
    refused: usize,
}

impl Times {
    fn line(&self) -> String {
        let [p50, p95, p99] = self.percentiles;
        format!(
            "{:<46}{:>10}{p50:>9.1}{p95:>9.1}{p99:>9.1}{:>9}",
            self.what, self.requests, self.refused
        )
    }

    fn json(&self) -> Value {
        let [p50, p95, p99] = self.percentiles;
        json!({"what": self.what, "requests": self.requests, "refused": self.refused,
            "p50_ms": p50, "p95_ms": p95, "p99_ms": p99})
    }
}

impl Report {
    pub(super) fn new(bench: &'static str, how: String) -> Self {
        Self {
            bench,
            how,
            figures: Vec::new(),
            times: Vec::new(),
        }
    }

    /// Adds the times of one kind of request, of which so many were refused.
    pub(super) fn times(&mut self, what: &str, mut times: Vec<Duration>, refused: usize) {
        let times = Times {
            what: what.to_owned(),
            requests: times.len(),
            percentiles: [50, 95, 99].map(|percent| percentile(&mut times, percent)),
            refused,
        };
        eprintln!("    {}", times.line());
        self.times.push(times);
    }

    /// Adds a figure, and tells it at once: the whole takes minutes.
    pub(super) fn add(&mut self, figure: Figure) {
        eprintln!("    {}", figure.line());
        self.figures.push(figure);
    }

    /// The table, and the file that was asked for.
    pub(super) fn print(&self, options: &Options) {
        println!("\nbench {}: {}", self.bench, self.how);
        println!(
            "{:<46}{:>10} {:<4}{:>10}  ratio",
            "", "measured", "", "target"
        );
        for figure in &self.figures {
            println!("{}", figure.line());
        }
        if !self.times.is_empty() {
            println!(
                "{:<46}{:>10}{:>9}{:>9}{:>9}{:>9}",
                "milliseconds", "requests", "p50", "p95", "p99", "refused"
            );
        }
        for times in &self.times {
            println!("{}", times.line());
        }
        let Some(path) = &options.json else { return };
        let figures: Vec<Value> = self.figures.iter().map(Figure::json).collect();
        let times: Vec<Value> = self.times.iter().map(Times::json).collect();
        let json =
            json!({"bench": self.bench, "how": self.how, "figures": figures, "times": times});
        std::fs::write(path, format!("{json:#}\n"))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn a_figure_tells_its_target_its_ratio_and_whether_it_missed_either() {
    let figure = Figure::new("holds", 1_000.0, "/s").target(Target::AtLeast(300.0));
    assert!(
        figure.line().ends_with("1000 /s       ≥ 300"),
        "{}",
        figure.line()
    );
    let figure = figure
        .against("pgbench", Some(2_000.0))
        .ratio_target(Target::AtLeast(0.7));
    let line = figure.line();
    assert!(
        line.ends_with("0.50 of pgbench (2000, ≥ 0.7)  MISSED"),
        "{line}"
    );
    assert_eq!(figure.json()["ratio"], 0.5);
    let alone = figure.against("pgbench", None);
    assert!(alone.is_met(), "{}", alone.line());
}
