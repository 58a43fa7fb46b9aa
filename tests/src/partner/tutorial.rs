//! The tutorial in the SDK's README, followed to the letter.

use std::fs;
use std::time::Instant;

use super::workbench::{Workbench, workspace};
use super::wrong_turns;

const HEADING: &str = "## Ten minutes";

/// What the tutorial tells a reader to do.
#[derive(Debug, PartialEq)]
enum Step {
    /// A line is typed, and these lines are among what it answers.
    Run { line: String, says: Vec<String> },
    /// A file is saved.
    Save { path: String, text: String },
    /// A passage of a file, which is there once, becomes another.
    Replace {
        path: String,
        from: String,
        to: String,
    },
}

impl Step {
    /// The step in one line.
    fn told(&self) -> String {
        match self {
            Self::Run { line, .. } => format!("$ {line}"),
            Self::Save { path, .. } => format!("save {path}"),
            Self::Replace { path, .. } => format!("edit {path}"),
        }
    }
}

/// How long each step takes is printed: `--nocapture` shows it.
#[test]
fn the_tutorial_leads_from_nothing_to_a_certified_plugin_and_back_from_wrong_turns() {
    let readme = workspace().join("plugin-sdk/README.md");
    let steps = steps(&fs::read_to_string(readme).expect("the README"));
    assert!(steps.len() > 10, "{} steps were found", steps.len());
    let mut workbench = Workbench::new();
    let began = Instant::now();
    for step in steps {
        let step_began = Instant::now();
        follow(&mut workbench, &step);
        let seconds = step_began.elapsed().as_secs_f64();
        println!("{seconds:7.1} s  {}", step.told());
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{seconds:7.1} s  altogether");
    assert!(workbench.path("sea-view.wasm").is_file());
    wrong_turns::take(&workbench);
}

fn follow(workbench: &mut Workbench, step: &Step) {
    match step {
        Step::Run { line, says } => {
            if let Some(folder) = line.strip_prefix("cd ") {
                return workbench.enter(folder);
            }
            if let Some(line) = line.strip_suffix(" &") {
                let [says] = says.as_slice() else {
                    panic!("`{line}` says one line when it is ready, and not {says:?}");
                };
                workbench.start(line, says);
                return;
            }
            let answer = workbench.done(line);
            for expected in says {
                assert!(
                    answer
                        .lines()
                        .any(|said| said.starts_with(expected.as_str())),
                    "`{line}` does not say {expected:?}:\n{answer}"
                );
            }
        }
        Step::Save { path, text } => workbench.write(path, text),
        Step::Replace { path, from, to } => {
            let text = workbench.read(path);
            assert_eq!(text.matches(from.as_str()).count(), 1, "{path}: {from}");
            workbench.write(path, &text.replace(from.as_str(), to));
        }
    }
}

/// Reads the steps: what is to be done with a block stands in the line of prose before it.
fn steps(readme: &str) -> Vec<Step> {
    let start = readme.find(HEADING).expect("the README has a tutorial");
    let tutorial = &readme[start + HEADING.len()..];
    let end = tutorial.find("\n## ").unwrap_or(tutorial.len());
    let mut lines = tutorial[..end].lines();
    let mut steps = Vec::new();
    let mut instruction = "";
    let mut replaced: Option<(String, String)> = None;
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            if !line.trim().is_empty() {
                instruction = line;
            }
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = block.join("\n");
        if language == "console" {
            steps.extend(runs(&block));
        } else if let Some(path) = between(instruction, "Save this as `", "`:") {
            steps.push(Step::Save { path, text });
        } else if let Some(path) = between(instruction, "In `", "`, replace") {
            replaced = Some((path, text));
        } else {
            assert_eq!(instruction, "by", "what is to be done with this?\n{text}");
            let (path, from) = replaced.take().expect("what is replaced comes first");
            let to = text;
            steps.push(Step::Replace { path, from, to });
        }
    }
    assert_eq!(replaced, None, "what is replaced is replaced by something");
    steps
}

fn runs(block: &[&str]) -> Vec<Step> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in block {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(line), _) => found.push((line.to_owned(), Vec::new())),
            (None, Some((_, says))) => says.push((*line).to_owned()),
            (None, None) => panic!("an answer stands before its question: {line}"),
        }
    }
    found
        .into_iter()
        .map(|(line, says)| Step::Run { line, says })
        .collect()
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let inner = text.strip_prefix(before)?.strip_suffix(after)?;
    Some(inner.to_owned())
}

#[test]
fn a_tutorial_is_read_as_a_reader_does() {
    let readme = "# X\n\n## Ten minutes\n\nType\n\n```console\n$ a\nsays b\n$ c\n```\n\nSave this as `d.json`:\n\n```json\n{}\n```\n\nIn `e.rs`, replace\n\n```rust,ignore\n    f\n```\n\nby\n\n```rust,ignore\n    g\n```\n\n## More\n\n```console\n$ h\n```\n";
    let run = |line: &str, says: &[&str]| Step::Run {
        line: line.to_owned(),
        says: says.iter().map(|&line| line.to_owned()).collect(),
    };
    let expected = [
        run("a", &["says b"]),
        run("c", &[]),
        Step::Save {
            path: "d.json".to_owned(),
            text: "{}".to_owned(),
        },
        Step::Replace {
            path: "e.rs".to_owned(),
            from: "    f".to_owned(),
            to: "    g".to_owned(),
        },
    ];
    assert_eq!(steps(readme), expected);
}
