//! A file that is no plugin of this host is refused with a sentence, before anything of it runs.

use std::error::Error;
use std::sync::Arc;

use wasm_encoder::{
    Component, ComponentExportKind, ComponentExportSection, ComponentImportSection,
    ComponentInstanceSection, ComponentTypeRef, ComponentTypeSection, InstanceType,
    PrimitiveValType,
};

use super::*;
use crate::domain::clock::Clock;
use crate::domain::key_value::InMemoryKeyValues;
use crate::domain::random::Random;
use crate::plugin::compile::CompileLimits;
use crate::plugin::manifest::tests::example;
use crate::plugin::manifest::{CONTRACT, LOWEST_CONTRACT};

const PROVIDER: &str = "roomwire:channel/channel-manager-provider@1.0.0";
const ARI_READER: &str = "roomwire:channel/ari-reader@1.0.0";

/// A component that imports one instance with one function.
fn importing(interface: &str) -> Component {
    let mut instance = InstanceType::new();
    instance
        .ty()
        .function()
        .params([("number", PrimitiveValType::U32)])
        .result(None);
    instance.export("reach", ComponentTypeRef::Func(0));
    let mut types = ComponentTypeSection::new();
    types.instance(&instance);
    let mut imports = ComponentImportSection::new();
    imports.import(interface, ComponentTypeRef::Instance(0));
    let mut component = Component::new();
    component.section(&types);
    component.section(&imports);
    component
}

/// A component that exports empty instances under these names.
fn exporting(interfaces: &[&str]) -> Component {
    let mut instances = ComponentInstanceSection::new();
    let mut exports = ComponentExportSection::new();
    for (index, interface) in (0..).zip(interfaces) {
        instances.export_items([] as [(&str, ComponentExportKind, u32); 0]);
        // Each export makes another instance index.
        exports.export(*interface, ComponentExportKind::Instance, index, None);
    }
    let mut component = Component::new();
    component.section(&instances);
    component.section(&exports);
    component
}

/// The example's manifest, with these abilities and no webhooks.
pub(super) fn manifest(abilities: &str) -> Manifest {
    let text = example().replace(
        r#"["ari-reader", "reservation-source", "webhook-source"]"#,
        abilities,
    );
    let text = text
        .split("[webhook]")
        .next()
        .unwrap_or_default()
        .to_owned();
    Manifest::from_toml(&text).expect("a manifest")
}

pub(super) fn loader() -> Loader {
    Loader::start(settings()).expect("an engine")
}

fn settings() -> LoaderSettings {
    let surroundings = Surroundings {
        key_values: Arc::new(InMemoryKeyValues::default()),
        clock: Clock::system(),
        random: Random::seeded(1),
    };
    LoaderSettings {
        limits: Limits::default(),
        calls_of_one_plugin: 1,
        surroundings,
        compiler: Compiler::InThisProcess,
        cache: None,
    }
}

/// Everything that a refusal says.
async fn refusal(component: Component, abilities: &str) -> String {
    let file = section::embed(&component.finish(), &manifest(abilities)).expect("a component");
    let Err(error) = loader().load(file, &Approvals::default()).await else {
        panic!("it was loaded")
    };
    let causes = std::iter::successors(Some(&error as &dyn Error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[tokio::test]
async fn what_is_not_offered_cannot_be_imported() {
    for interface in [
        "evil:sockets/tcp@1.0.0",
        "wasi:filesystem/types@0.3.0",
        "wasi:http/outgoing-handler@0.2.0",
        "roomwire:hosts/http@1.0.0",
        "wasi-like:cli/environment@0.2.0",
    ] {
        let sentence = refusal(importing(interface), "[]").await;
        assert!(
            sentence.starts_with(&format!(
                "it imports `{interface}`, which no plugin is given"
            )),
            "{sentence}"
        );
    }
}

#[tokio::test]
async fn an_interface_of_another_version_or_shape_is_not_linked() {
    for interface in [
        "roomwire:host/http@2.0.0",
        "roomwire:host/http@1.0.0",
        "wasi:random/random@0.2.0",
    ] {
        let sentence = refusal(importing(interface), "[]").await;
        assert!(
            sentence.starts_with(&format!(
                "it asks the host for something that this version does not offer: build it again with an SDK for \
                 the contracts {LOWEST_CONTRACT} to {CONTRACT}, or update the host: "
            )),
            "{sentence}"
        );
    }
}

#[tokio::test]
async fn the_mandatory_interface_must_be_exported() {
    let sentence = refusal(Component::new(), "[]").await;
    assert_eq!(
        sentence,
        format!("the component does not export `{PROVIDER}`, which its manifest's `kind` requires")
    );
    let sentence = refusal(exporting(&["roomwire:email/email-provider@1.0.0"]), "[]").await;
    assert!(
        sentence.starts_with("the component does not export"),
        "{sentence}"
    );
}

#[tokio::test]
async fn abilities_and_exports_must_agree() {
    let undeclared = refusal(exporting(&[PROVIDER, ARI_READER]), "[]").await;
    assert!(
        undeclared.contains("add `ari-reader` to the manifest's `abilities`"),
        "{undeclared}"
    );
    let missing = refusal(exporting(&[PROVIDER]), r#"["ari-reader"]"#).await;
    assert!(
        missing.contains("declares the ability `ari-reader`, and the component does not export"),
        "{missing}"
    );
}

#[tokio::test]
async fn an_export_without_the_contracts_functions_is_refused() {
    let sentence = refusal(exporting(&[PROVIDER]), "[]").await;
    assert!(
        sentence.starts_with(&format!(
            "the component exports an interface of another shape than the contract's: build it again with an SDK for \
             the contracts {LOWEST_CONTRACT} to {CONTRACT}, and without changes to its WIT files"
        )),
        "{sentence}"
    );
}

#[tokio::test]
async fn what_nobody_signed_is_not_even_parsed() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let approvals = Approvals {
        signers: vec!["00".repeat(32)],
        ..Approvals::default()
    };
    let refused = loader().load_file(file.path(), &approvals).await;
    assert!(matches!(refused, Err(LoadError::Unsigned(_))));
}

#[tokio::test]
async fn what_was_not_approved_is_not_even_compiled() {
    let settings = LoaderSettings {
        compiler: Compiler::Apart {
            program: Path::new("/nowhere/roomwire").to_owned(),
            limits: CompileLimits::default(),
        },
        ..settings()
    };
    let file = section::embed(&exporting(&[PROVIDER]).finish(), &manifest("[]"));
    let approvals = Approvals {
        required: true,
        ..Approvals::default()
    };
    let loader = Loader::start(settings).expect("an engine");
    let refused = loader.load(file.expect("a component"), &approvals).await;
    assert!(matches!(refused, Err(LoadError::Unapproved(_))));
}

#[tokio::test]
async fn what_is_no_component_or_has_no_manifest_is_refused() {
    let loader = loader();
    let core_module = wasm_encoder::Module::new().finish();
    for (bytes, expected) in [
        (Vec::new(), "not a WebAssembly component"),
        (b"#!/bin/sh".to_vec(), "not a WebAssembly component"),
        (
            core_module,
            "not a WebAssembly component: the file is a core module",
        ),
        (
            Component::new().finish(),
            "the component has no `roomwire:manifest` section",
        ),
    ] {
        let Err(error) = loader.load(bytes, &Approvals::default()).await else {
            panic!("it was loaded")
        };
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_even_read() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file()
        .set_len(MAX_FILE_BYTES + 1)
        .expect("a sparse file");
    let approvals = Approvals::default();
    let refused = loader().load_file(file.path(), &approvals).await;
    assert!(matches!(refused, Err(LoadError::TooLarge(_))));
    let absent = loader()
        .load_file(Path::new("absent.wasm"), &approvals)
        .await;
    assert!(matches!(absent, Err(LoadError::Read(_))));
    let device = loader().load_file(Path::new("/dev/null"), &approvals).await;
    assert!(matches!(device, Err(LoadError::Read(_))));
}

/// The machine code of an empty component, from where a loader with this cache gets it.
async fn origin(cache: &Path, compiler: Compiler) -> Result<Origin, LoadError> {
    let settings = LoaderSettings {
        compiler,
        cache: Some(cache.to_owned()),
        ..settings()
    };
    let loader = Loader::start(settings).expect("an engine");
    let (_, origin) = loader.component(Component::new().finish(), [7; 32]).await?;
    Ok(origin)
}

#[tokio::test]
async fn what_was_compiled_once_needs_no_compiler_again() {
    let parent = tempfile::tempdir().expect("a folder");
    let cache = parent.path().join("cache");
    let first = origin(&cache, Compiler::InThisProcess).await;
    assert_eq!(first.expect("compiled"), Origin::Compiler);
    let nobody = Compiler::Apart {
        program: Path::new("/nowhere/roomwire").to_owned(),
        limits: CompileLimits::default(),
    };
    let second = origin(&cache, nobody.clone()).await;
    assert_eq!(second.expect("kept"), Origin::Cache);

    for file in std::fs::read_dir(&cache).expect("the cache") {
        let file = file.expect("an entry").path();
        if file
            .extension()
            .is_some_and(|extension| extension == "cwasm")
        {
            std::fs::write(&file, b"of somebody else's").expect("written");
        }
    }
    let third = origin(&cache, nobody).await;
    assert!(matches!(third, Err(LoadError::Compile(_))));
}

#[tokio::test]
async fn a_cache_that_cannot_be_used_is_done_without() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let below_a_file = file.path().join("cache");
    let loaded = origin(&below_a_file, Compiler::InThisProcess).await;
    assert_eq!(loaded.expect("compiled"), Origin::Compiler);
}
