//! The custom section in which a plugin file carries its manifest.

use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use super::{Manifest, ManifestError};

/// The section's name.
pub const SECTION: &str = "roomwire:manifest";

/// The largest manifest that is read.
const MAX_MANIFEST_BYTES: usize = 256 * 1024;

/// Why a file's manifest cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SectionError {
    #[error("not a WebAssembly component: {0} (build it with `roomwire plugin build`)")]
    NotAComponent(String),
    #[error("the component is malformed: {0}")]
    Malformed(#[from] wasmparser::BinaryReaderError),
    #[error("the component has no `{SECTION}` section: build it with `roomwire plugin build`")]
    Missing,
    #[error("the component has more than one `{SECTION}` section")]
    Repeated,
    #[error("the manifest has {0} bytes, and {MAX_MANIFEST_BYTES} are allowed")]
    TooLarge(usize),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// Reads a component's manifest. The whole file is validated before anything in it is trusted.
pub fn read(component: &[u8]) -> Result<Manifest, SectionError> {
    Ok(Manifest::from_json(raw(component)?)?)
}

/// The section's bytes, of which nothing is believed yet. The whole file is validated first.
pub fn raw(component: &[u8]) -> Result<&[u8], SectionError> {
    validate(component)?;
    find(component)?.ok_or(SectionError::Missing)
}

/// A component with this manifest embedded. It must not have one yet.
pub fn embed(component: &[u8], manifest: &Manifest) -> Result<Vec<u8>, SectionError> {
    validate(component)?;
    if find(component)?.is_some() {
        return Err(SectionError::Repeated);
    }
    let data = manifest.to_json();
    if data.len() > MAX_MANIFEST_BYTES {
        return Err(SectionError::TooLarge(data.len()));
    }
    let mut file = component.to_vec();
    CustomSection {
        name: SECTION.into(),
        data: data.into(),
    }
    .append_to_component(&mut file);
    Ok(file)
}

fn validate(component: &[u8]) -> Result<(), SectionError> {
    if !component.starts_with(b"\0asm") {
        return Err(SectionError::NotAComponent(
            "the file does not begin as WebAssembly does".to_owned(),
        ));
    }
    if !Parser::is_component(component) {
        return Err(SectionError::NotAComponent(
            "the file is a core module".to_owned(),
        ));
    }
    Validator::new_with_features(WasmFeatures::default()).validate_all(component)?;
    Ok(())
}

/// The section at the outermost level: sections of nested modules and components say nothing about the file.
fn find(component: &[u8]) -> Result<Option<&[u8]>, SectionError> {
    let mut depth = 0_usize;
    let mut found = None;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => {
                let repeated = found.replace(section.data()).is_some();
                if repeated {
                    return Err(SectionError::Repeated);
                }
            }
            _ => {}
        }
    }
    match found {
        Some(data) if data.len() > MAX_MANIFEST_BYTES => Err(SectionError::TooLarge(data.len())),
        found => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::manifest::tests::example;

    fn empty_component() -> Vec<u8> {
        wasm_encoder::Component::new().finish()
    }

    #[test]
    fn an_embedded_manifest_is_read_back() {
        let manifest = Manifest::from_toml(&example()).expect("a manifest");
        let file = embed(&empty_component(), &manifest).expect("a component");
        let read = read(&file).expect("a manifest");
        assert_eq!(read.to_json(), manifest.to_json());
        assert!(matches!(
            embed(&file, &manifest),
            Err(SectionError::Repeated)
        ));
    }

    #[test]
    fn what_is_no_component_is_refused_with_a_sentence() {
        let core_module = wasm_encoder::Module::new().finish();
        let sentence = read(&core_module).expect_err("a core module").to_string();
        assert_eq!(
            sentence,
            "not a WebAssembly component: the file is a core module (build it with `roomwire plugin build`)"
        );
        assert!(matches!(read(b"MZ"), Err(SectionError::NotAComponent(_))));
        assert!(matches!(read(b""), Err(SectionError::NotAComponent(_))));
        assert!(matches!(
            read(&empty_component()),
            Err(SectionError::Missing)
        ));
    }

    #[test]
    fn a_file_that_is_cut_off_or_damaged_is_never_trusted() {
        let manifest = Manifest::from_toml(&example()).expect("a manifest");
        let file = embed(&empty_component(), &manifest).expect("a component");
        for length in 0..file.len() {
            assert!(read(&file[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn a_section_of_a_nested_module_does_not_count() {
        let manifest = Manifest::from_toml(&example()).expect("a manifest");
        let mut module = wasm_encoder::Module::new();
        module.section(&CustomSection {
            name: SECTION.into(),
            data: manifest.to_json().into(),
        });
        let mut component = wasm_encoder::Component::new();
        component.section(&wasm_encoder::ModuleSection(&module));
        assert!(matches!(
            read(&component.finish()),
            Err(SectionError::Missing)
        ));
    }
}
