//! What differs between a published package and the present one, and what that does to plugins that exist.
//!
//! The rules were measured: they are the table in `wit/README.md`.

use std::collections::BTreeMap;

use super::surface::{Interface, Package, Shape, World};

/// What a change does to plugins that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// They load and run as before.
    Additive,
    /// Some of them do not load any more.
    Breaking,
}

/// One difference, as a sentence that names the item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) effect: Effect,
    pub(super) sentence: String,
}

/// Everything that differs; comments are no difference.
pub(super) fn changes(published: &Package, present: &Package) -> Vec<Change> {
    let mut comparison = Comparison::default();
    comparison.interfaces(published, present);
    comparison.worlds(published, present);
    comparison.changes
}

#[derive(Default)]
struct Comparison {
    changes: Vec<Change>,
}

impl Comparison {
    fn breaking(&mut self, sentence: String) {
        let effect = Effect::Breaking;
        self.changes.push(Change { effect, sentence });
    }

    fn additive(&mut self, sentence: String) {
        let effect = Effect::Additive;
        self.changes.push(Change { effect, sentence });
    }

    fn interfaces(&mut self, published: &Package, present: &Package) {
        for (name, old) in &published.interfaces {
            match present.interfaces.get(name) {
                Some(new) => self.interface(name, old, new),
                None => self.breaking(format!("the interface `{name}` is gone")),
            }
        }
        for name in added(&published.interfaces, &present.interfaces) {
            self.additive(format!("the interface `{name}` is new"));
        }
    }

    fn interface(&mut self, name: &str, old: &Interface, new: &Interface) {
        for (function, was) in &old.functions {
            match new.functions.get(function) {
                Some(is) if is == was => {}
                Some(is) => self.breaking(format!(
                    "the function `{name}.{function}` was `{was}` and is `{is}`"
                )),
                None => self.breaking(format!("the function `{name}.{function}` is gone")),
            }
        }
        for function in added(&old.functions, &new.functions) {
            if old.exported {
                self.breaking(format!(
                    "the function `{name}.{function}` is new, and plugins that exist export `{name}` without it: \
                     write an interface of its own"
                ));
            } else {
                self.additive(format!("the function `{name}.{function}` is new"));
            }
        }
        self.types(name, old, new);
    }

    fn types(&mut self, interface: &str, old: &Interface, new: &Interface) {
        for (name, was) in &old.types {
            match new.types.get(name) {
                Some(is) if is.kind == was.kind => {
                    self.members(&format!("{interface}.{name}"), was, is);
                }
                Some(is) => self.breaking(format!(
                    "the type `{interface}.{name}` was `{}` and is `{}`",
                    was.kind, is.kind
                )),
                None => self.breaking(format!("the type `{interface}.{name}` is gone")),
            }
        }
        for name in added(&old.types, &new.types) {
            self.additive(format!("the type `{interface}.{name}` is new"));
        }
    }

    fn members(&mut self, name: &str, was: &Shape, is: &Shape) {
        let member = member(was.kind);
        let before = self.changes.len();
        for (field, old) in &was.members {
            match is.members.iter().find(|(other, _)| other == field) {
                Some((_, new)) if new == old => {}
                Some((_, new)) if was.kind == "type" => {
                    self.breaking(format!("the type `{name}` was `{old}` and is `{new}`"));
                }
                Some((_, new)) => self.breaking(format!(
                    "the {member} `{name}.{field}` was `{}` and is `{}`",
                    carried(old),
                    carried(new)
                )),
                None => self.breaking(format!("the {member} `{name}.{field}` is gone")),
            }
        }
        for (field, _) in &is.members {
            if !was.members.iter().any(|(other, _)| other == field) {
                self.breaking(format!(
                    "the {member} `{name}.{field}` is new, and plugins that exist know the {} without it: {}",
                    was.kind,
                    instead(was.kind)
                ));
            }
        }
        if was.members != is.members && self.changes.len() == before {
            self.breaking(format!("the {member}s of `{name}` stand in another order"));
        }
    }

    fn worlds(&mut self, published: &Package, present: &Package) {
        for (name, old) in &published.worlds {
            match present.worlds.get(name) {
                Some(new) => self.world(name, old, new),
                None => self.breaking(format!("the world `{name}` is gone")),
            }
        }
        for name in added(&published.worlds, &present.worlds) {
            self.additive(format!("the world `{name}` is new"));
        }
    }

    fn world(&mut self, name: &str, old: &World, new: &World) {
        self.kept(name, "import", &old.imports, &new.imports);
        self.kept(name, "export", &old.exports, &new.exports);
        for import in added(&old.imports, &new.imports) {
            self.additive(format!(
                "the import of `{import}` in the world `{name}` is new"
            ));
        }
        for export in added(&old.exports, &new.exports) {
            self.breaking(format!(
                "the export of `{export}` in the world `{name}` is new, and plugins that exist do not have it: \
                 write a world of its own"
            ));
        }
    }

    /// Imports or exports that were there and are not, or not as they were.
    fn kept(
        &mut self,
        world: &str,
        direction: &str,
        old: &BTreeMap<String, String>,
        new: &BTreeMap<String, String>,
    ) {
        for (item, was) in old {
            match new.get(item) {
                Some(is) if is == was => {}
                Some(is) => self.breaking(format!(
                    "the {direction} of `{item}` in the world `{world}` was `{was}` and is `{is}`"
                )),
                None => self.breaking(format!(
                    "the {direction} of `{item}` in the world `{world}` is gone"
                )),
            }
        }
    }
}

/// Names that only the new ones have.
fn added<'new, T>(
    old: &BTreeMap<String, T>,
    new: &'new BTreeMap<String, T>,
) -> impl Iterator<Item = &'new String> {
    new.keys().filter(move |name| !old.contains_key(*name))
}

fn member(kind: &str) -> &'static str {
    match kind {
        "record" => "field",
        "flags" => "flag",
        _ => "case",
    }
}

fn carried(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

/// What `wit/README.md` says to do instead of one more member.
fn instead(kind: &str) -> &'static str {
    match kind {
        "record" => "name a value of `extensions`",
        "variant" => "name a thing of the `other` case",
        _ => "write a type of its own",
    }
}
