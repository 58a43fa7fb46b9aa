//! The report as JUnit XML, which build servers show.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::report::{Finding, Judgement, Report, Verdict};

impl Report {
    /// One suite with a test case for each scenario; what is unsupported counts as skipped.
    pub fn to_junit(&self) -> io::Result<Vec<u8>> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let skipped = self.count("skipped") + self.count("unsupported");
        let suite = BytesStart::new("testsuite").with_attributes([
            ("name", format!("{} {}", self.plugin, self.version).as_str()),
            ("tests", self.scenarios.len().to_string().as_str()),
            ("failures", self.count("failed").to_string().as_str()),
            ("errors", "0"),
            ("skipped", skipped.to_string().as_str()),
            ("timestamp", self.at.to_string().as_str()),
        ]);
        writer.write_event(Event::Start(suite))?;
        writer.write_event(Event::Start(BytesStart::new("properties")))?;
        let mut properties = vec![
            ("sha256", self.sha256.as_str()),
            ("against", self.against.name()),
        ];
        let left = self.not_proved.iter();
        properties.extend(left.map(|left| ("not-proved", left.as_str())));
        for (name, value) in properties {
            let property = [("name", name), ("value", value)];
            let property = BytesStart::new("property").with_attributes(property);
            writer.write_event(Event::Empty(property))?;
        }
        writer.write_event(Event::End(BytesEnd::new("properties")))?;
        for verdict in &self.scenarios {
            case(&mut writer, verdict)?;
        }
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
        Ok(writer.into_inner())
    }
}

fn case(writer: &mut Writer<Vec<u8>>, verdict: &Verdict) -> io::Result<()> {
    let milliseconds = verdict.cost.duration_ms;
    let time = format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000);
    let attributes = [
        ("classname", verdict.ability),
        ("name", verdict.scenario.as_str()),
        ("time", time.as_str()),
    ];
    let case = BytesStart::new("testcase").with_attributes(attributes);
    let (element, message, body) = match &verdict.judgement {
        Judgement::Passed => return writer.write_event(Event::Empty(case)),
        Judgement::Unsupported { reason } => ("skipped", format!("unsupported: {reason}"), None),
        Judgement::Skipped { reason } => ("skipped", reason.clone(), None),
        Judgement::Failed {
            step,
            doing,
            findings,
            look,
        } => {
            let message = format!("not shown: {} (step {step}, {doing})", verdict.proves);
            ("failure", message, Some(told(findings, look)))
        }
    };
    writer.write_event(Event::Start(case))?;
    let message = readable(&message);
    let inner = BytesStart::new(element).with_attributes([("message", message.as_str())]);
    match body {
        None => writer.write_event(Event::Empty(inner))?,
        Some(body) => {
            writer.write_event(Event::Start(inner))?;
            writer.write_event(Event::Text(BytesText::new(&readable(&body))))?;
            writer.write_event(Event::End(BytesEnd::new(element)))?;
        }
    }
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}

fn told(findings: &[Finding], look: &str) -> String {
    let mut text = String::new();
    for Finding { expected, came } in findings {
        text += &format!("expected {expected}\ncame {came}\n");
    }
    text + "look at: " + look
}

/// XML has no other control characters than these, however they are written.
fn readable(text: &str) -> String {
    let fits = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    text.chars()
        .map(|character| {
            if fits(character) {
                character
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}
