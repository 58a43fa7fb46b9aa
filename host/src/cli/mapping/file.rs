//! Mappings as the file that the configuration names, with comments for whoever reads it; or as JSON.

use serde_json::{Value, json};

use crate::app::mappings::Discovery;
use crate::cli::mapping::Of;
use crate::config::mapping_row;
use crate::domain::connection::Mapping;
use crate::domain::connector::{ChannelProduct, ProductCode};
use crate::domain::mapping::{CERTAIN, Left, Suggestion};
use crate::domain::offer::Product;

/// What is in force.
pub(super) fn exported(of: &Of, rows: &[(Product, Mapping)]) -> String {
    let rows = rows.iter().map(|(product, mapping)| row(product, mapping));
    let head = format!(
        "# The mappings in force of `{}`, connection `{}`.\n",
        of.hotel, of.connection
    );
    std::iter::once(head).chain(rows).collect()
}

pub(super) fn exported_json(rows: &[(Product, Mapping)]) -> anyhow::Result<String> {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(product, mapping)| codes(product, &mapping.code))
        .collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}

/// What is in force, what suggests itself, and as comments what is less certain and what is left.
pub(super) fn suggested(of: &Of, found: &Discovery) -> String {
    let suggested = found.suggestions();
    let mut text = format!(
        "# A draft for `{hotel}`, connection `{connection}`: look at every row, then\n\
         # `roomwire mapping import {hotel} {connection} FILE`.\n\
         # Suggestions below {CERTAIN} of 100 are commented out: take the `# ` away from those that are right.\n",
        hotel = of.hotel,
        connection = of.connection
    );
    for mapping in &found.mappings {
        let product = found.product(mapping.room_type, mapping.rate_plan);
        text.extend(product.map(|product| row(product, mapping)));
    }
    for suggestion in &suggested.rows {
        let Suggestion { mapping, .. } = suggestion;
        let product = found.product(mapping.room_type, mapping.rate_plan);
        text.extend(product.map(|product| drafted(found, product, suggestion)));
    }
    text.push_str("\n# Ours that are left:\n");
    for (room_type, rate_plan) in &suggested.ours {
        let product = found.product(*room_type, *rate_plan);
        text.extend(product.map(|one| {
            let (room, rate) = (&one.room_type.code, &one.rate_plan.code);
            format!("#   {room} {rate} ({})\n", one_line(&our_names(one)))
        }));
    }
    text.push_str("# Theirs that are left:\n");
    for Left { code, why } in &suggested.theirs {
        let names = names_of(found, code);
        text.push_str(&format!("#   {} ({names}): {why}\n", one_line(&told(code))));
    }
    text
}

pub(super) fn suggested_json(found: &Discovery) -> anyhow::Result<String> {
    let suggested = found.suggestions();
    let rows: Vec<Value> = suggested
        .rows
        .iter()
        .filter_map(|row| {
            let product = found.product(row.mapping.room_type, row.mapping.rate_plan)?;
            let mut value = codes(product, &row.mapping.code);
            value["confidence"] = row.confidence.into();
            value["reason"] = row.reason.as_str().into();
            Some(value)
        })
        .collect();
    let ours: Vec<Value> = suggested
        .ours
        .iter()
        .filter_map(|(room_type, rate_plan)| {
            let product = found.product(*room_type, *rate_plan)?;
            let (room, rate) = (&product.room_type.code, &product.rate_plan.code);
            Some(json!({"room_type": room, "rate_plan": rate}))
        })
        .collect();
    let left = |left: &Left| json!({"external_room": left.code.room, "external_rate": left.code.rate, "reason": left.why});
    let theirs: Vec<Value> = suggested.theirs.iter().map(left).collect();
    let whole = json!({"suggestions": rows, "ours_left": ours, "theirs_left": theirs});
    Ok(serde_json::to_string_pretty(&whole)? + "\n")
}

fn row(product: &Product, mapping: &Mapping) -> String {
    let names = one_line(&our_names(product));
    format!("\n# {names}\n{}", fields(product, &mapping.code))
}

fn drafted(found: &Discovery, product: &Product, suggestion: &Suggestion) -> String {
    let Suggestion {
        mapping,
        confidence,
        reason,
    } = suggestion;
    let (ours, theirs) = (
        one_line(&our_names(product)),
        names_of(found, &mapping.code),
    );
    let reason = one_line(reason);
    let fields = weighed(fields(product, &mapping.code), *confidence);
    format!("\n# {ours} = {theirs}\n# {confidence} of 100: {reason}\n{fields}")
}

/// The fields of a row, as a comment where nobody should take them without a look.
fn weighed(fields: String, confidence: u8) -> String {
    if confidence >= CERTAIN {
        return fields;
    }
    let lines = fields.lines().map(|line| format!("# {line}\n"));
    lines.collect()
}

fn fields(product: &Product, code: &ProductCode) -> String {
    mapping_row(
        (&product.room_type.code, &product.rate_plan.code),
        (&code.room, code.rate.as_deref()),
    )
}

fn codes(product: &Product, code: &ProductCode) -> Value {
    json!({"room_type": product.room_type.code, "rate_plan": product.rate_plan.code,
        "external_room": code.room, "external_rate": code.rate})
}

fn our_names(product: &Product) -> String {
    format!("{}, {}", product.room_type.name, product.rate_plan.name)
}

fn names_of(found: &Discovery, code: &ProductCode) -> String {
    let names = |product: &ChannelProduct| match &product.rate_name {
        Some(rate) => format!("{}, {rate}", product.room_name),
        None => product.room_name.clone(),
    };
    one_line(&found.channel_product(code).map(names).unwrap_or_default())
}

fn told(code: &ProductCode) -> String {
    match &code.rate {
        Some(rate) => format!("{} / {rate}", code.room),
        None => code.room.clone(),
    }
}

/// A comment ends with its line, and what follows would count.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Mappings;

    #[test]
    fn what_is_less_than_certain_is_no_row_until_its_marks_are_taken_away() {
        let row = || mapping_row(("DBL", "BAR"), ("9", Some("1")));
        let rows = |text: String| Mappings::of_text(Path::new("draft.toml"), text).0.rows;
        assert_eq!(rows(weighed(row(), CERTAIN)).len(), 1);
        let doubtful = weighed(row(), CERTAIN - 1);
        assert!(rows(doubtful.clone()).is_empty());
        assert_eq!(rows(doubtful.replace("# ", "")), rows(row()));
    }

    #[test]
    fn a_name_cannot_end_its_comment() {
        assert_eq!(one_line("Double\n[[mappings]]"), "Double [[mappings]]");
    }
}
