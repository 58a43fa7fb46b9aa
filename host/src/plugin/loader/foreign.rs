//! What a component asks for, read from its bytes: what is foreign is refused before anything of it is compiled.

use wasmparser::component_types::{ComponentEntityType, ComponentItem};
use wasmparser::types::Types;
use wasmparser::{Validator, WasmFeatures};

use super::LoadError;
use crate::plugin::inspect::Interfaces;
use crate::plugin::manifest::section::SectionError;

/// Lets pass only the host's interfaces, WASI 0.2 (which is empty here) and types. The linker would refuse others as
/// well, later and with a less helpful sentence.
pub(super) fn refuse_imports(component: &[u8]) -> Result<(), LoadError> {
    let foreign = imports(component)?.into_iter().next();
    foreign.map_or(Ok(()), |name| Err(LoadError::ForbiddenImport(name)))
}

/// The imports that no plugin is given, by name.
pub(in crate::plugin) fn imports(component: &[u8]) -> Result<Vec<String>, SectionError> {
    let types = Validator::new_with_features(WasmFeatures::default())
        .validate_all(component)
        .map_err(SectionError::Malformed)?;
    let mut imports = Interfaces::read(component)
        .map_err(SectionError::Malformed)?
        .imports;
    imports.retain(|name| {
        let import = types.component_item_for_import(name);
        !is_offered(name) && !import.is_some_and(|import| only_types(&types, import))
    });
    Ok(imports)
}

fn is_offered(name: &str) -> bool {
    name.starts_with("roomwire:host/") || is_empty_wasi(name)
}

/// What the runtimes of other languages import, whether or not a guest uses it. Nothing of it leads outside.
fn is_empty_wasi(name: &str) -> bool {
    const PACKAGES: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];
    let package = name
        .strip_prefix("wasi:")
        .and_then(|rest| rest.split_once('/'));
    package.is_some_and(|(package, interface)| {
        PACKAGES.contains(&package) && interface.contains("@0.2.")
    })
}

fn only_types(types: &Types, import: &ComponentItem) -> bool {
    match import.ty {
        ComponentEntityType::Instance(instance) => types[instance]
            .exports
            .values()
            .all(|export| matches!(export.ty, ComponentEntityType::Type { .. })),
        _ => false,
    }
}
