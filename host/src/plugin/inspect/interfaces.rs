//! A component's face: the interfaces that it imports and exports, and the versions stamped into it.

use serde::Serialize;
use wasmparser::{BinaryReaderError, Parser, Payload};

/// The custom sections that the SDK writes into the core module.
const CONTRACT_STAMP: &str = "roomwire:contract";
const SDK_STAMP: &str = "roomwire:sdk";

/// Names as the component spells them: `roomwire:host/http@1.0.0`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Interfaces {
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    /// The contract that the SDK spoke; absent where another toolkit made the component.
    pub contract: Option<String>,
    /// The SDK's own version.
    pub sdk: Option<String>,
}

impl Interfaces {
    /// Reads the outermost level of a component; the stamps may stand in a nested module.
    pub fn read(component: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut interfaces = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        interfaces.imports.push(import?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        interfaces.exports.push(export?.name.name.to_owned());
                    }
                }
                Payload::CustomSection(section) => {
                    let stamp = || Some(String::from_utf8_lossy(section.data()).into_owned());
                    match section.name() {
                        CONTRACT_STAMP => interfaces.contract = stamp(),
                        SDK_STAMP => interfaces.sdk = stamp(),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        Ok(interfaces)
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{Component, CustomSection, Module, ModuleSection};

    use super::*;

    #[test]
    fn the_stamps_are_found_in_the_core_module() {
        let mut module = Module::new();
        module.section(&CustomSection {
            name: CONTRACT_STAMP.into(),
            data: b"1.0.0".into(),
        });
        module.section(&CustomSection {
            name: SDK_STAMP.into(),
            data: b"0.1.0".into(),
        });
        let mut component = Component::new();
        component.section(&ModuleSection(&module));
        let found = Interfaces::read(&component.finish()).expect("a component");
        assert_eq!(found.contract.as_deref(), Some("1.0.0"));
        assert_eq!(found.sdk.as_deref(), Some("0.1.0"));
        assert_eq!((found.imports.len(), found.exports.len()), (0, 0));
    }

    #[test]
    fn a_component_of_another_toolkit_has_no_stamps() {
        let found = Interfaces::read(&Component::new().finish()).expect("a component");
        assert_eq!(found, Interfaces::default());
    }
}
