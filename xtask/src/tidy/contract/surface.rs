//! What a folder of WIT packages promises: every item of the contract with its shape, as text that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use semver::Version;
use walkdir::WalkDir;
use wit_parser::{
    Function, Handle, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner,
    UnresolvedPackageGroup, WorldId, WorldItem, WorldKey,
};

/// Packages by their name (`roomwire:channel`) and major version: two majors of one package live side by side.
pub(super) type Surface = BTreeMap<(String, u64), Package>;

#[derive(Debug)]
pub(super) struct Package {
    pub(super) version: Version,
    pub(super) interfaces: BTreeMap<String, Interface>,
    pub(super) worlds: BTreeMap<String, World>,
}

#[derive(Debug)]
pub(super) struct Interface {
    /// Whether a world exports it: every plugin of that world has written all of its functions.
    pub(super) exported: bool,
    /// Signatures by name.
    pub(super) functions: BTreeMap<String, String>,
    pub(super) types: BTreeMap<String, Shape>,
}

/// A type that has a name.
#[derive(Debug)]
pub(super) struct Shape {
    /// `record`, `variant` and so on; `type` where the name only stands for another type.
    pub(super) kind: &'static str,
    /// Fields or cases in their order, each with its type, which is empty where a case carries nothing.
    pub(super) members: Vec<(String, String)>,
}

/// What is imported and exported, by name.
#[derive(Debug)]
pub(super) struct World {
    pub(super) imports: BTreeMap<String, String>,
    pub(super) exports: BTreeMap<String, String>,
}

/// Reads every package below a folder: one folder each, as in `wit/`.
pub(super) fn read(folder: &Path) -> Result<Surface> {
    let mut groups = Vec::new();
    let packages = WalkDir::new(folder).min_depth(1).max_depth(1);
    for entry in packages.sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_dir() {
            groups.push(UnresolvedPackageGroup::parse_dir(entry.path())?);
        }
    }
    let Some(main) = groups.pop() else {
        bail!("{} holds no WIT package", folder.display());
    };
    let mut resolve = Resolve::default();
    resolve
        .push_groups(main, groups)
        .with_context(|| format!("the packages in {} do not fit", folder.display()))?;
    Reader::new(&resolve).surface()
}

struct Reader<'resolve> {
    resolve: &'resolve Resolve,
    exported: BTreeSet<InterfaceId>,
}

impl<'resolve> Reader<'resolve> {
    fn new(resolve: &'resolve Resolve) -> Self {
        let keys = resolve
            .worlds
            .iter()
            .flat_map(|(_, world)| world.exports.keys());
        let exported = keys.filter_map(|key| match key {
            WorldKey::Interface(id) => Some(*id),
            WorldKey::Name(_) => None,
        });
        Self {
            resolve,
            exported: exported.collect(),
        }
    }

    fn surface(&self) -> Result<Surface> {
        let mut surface = Surface::new();
        for (_, package) in &self.resolve.packages {
            let name = format!("{}:{}", package.name.namespace, package.name.name);
            let Some(version) = package.name.version.clone() else {
                bail!("the package {name} has no version: write `package {name}@1.0.0;`");
            };
            let interfaces = package.interfaces.iter();
            let worlds = package.worlds.iter();
            let read = Package {
                interfaces: interfaces
                    .map(|(name, id)| (name.clone(), self.interface(*id)))
                    .collect(),
                worlds: worlds
                    .map(|(name, id)| (name.clone(), self.world(*id)))
                    .collect(),
                version,
            };
            let key = (name, read.version.major);
            if let Some(twin) = surface.get(&key).map(|twin: &Package| &twin.version) {
                bail!(
                    "{} has the versions {twin} and {}: one of a major is enough",
                    key.0,
                    read.version
                );
            }
            surface.insert(key, read);
        }
        Ok(surface)
    }

    fn interface(&self, id: InterfaceId) -> Interface {
        let interface = &self.resolve.interfaces[id];
        let functions = interface.functions.iter();
        let types = interface.types.iter();
        Interface {
            exported: self.exported.contains(&id),
            functions: functions
                .map(|(name, function)| (name.clone(), self.signature(function)))
                .collect(),
            types: types
                .filter(|(_, id)| !self.is_used_from_elsewhere(**id))
                .map(|(name, id)| (name.clone(), self.shape(*id)))
                .collect(),
        }
    }

    /// Whether the name was only brought in by `use`: the type is read where it is written.
    fn is_used_from_elsewhere(&self, id: TypeId) -> bool {
        let definition = &self.resolve.types[id];
        match definition.kind {
            TypeDefKind::Type(Type::Id(other)) => {
                self.resolve.types[other].owner != definition.owner
            }
            _ => false,
        }
    }

    fn world(&self, id: WorldId) -> World {
        let world = &self.resolve.worlds[id];
        let items = |(key, item): (&WorldKey, &WorldItem)| (self.key(key), self.item(item));
        World {
            imports: world.imports.iter().map(items).collect(),
            exports: world.exports.iter().map(items).collect(),
        }
    }

    fn key(&self, key: &WorldKey) -> String {
        match key {
            WorldKey::Name(name) => name.clone(),
            WorldKey::Interface(id) => self.interface_name(*id),
        }
    }

    fn item(&self, item: &WorldItem) -> String {
        match item {
            WorldItem::Interface { .. } => "interface".to_owned(),
            WorldItem::Function(function) => self.signature(function),
            WorldItem::Type { id, .. } => self.defined(*id),
        }
    }

    /// `roomwire:channel/types@1`: with the major alone, so that a raised minor changes no text.
    fn interface_name(&self, id: InterfaceId) -> String {
        let interface = &self.resolve.interfaces[id];
        let name = interface.name.as_deref().unwrap_or("an interface");
        let Some(package) = interface.package else {
            return name.to_owned();
        };
        let package = &self.resolve.packages[package].name;
        let major = package.version.as_ref().map_or(0, |version| version.major);
        format!("{}:{}/{name}@{major}", package.namespace, package.name)
    }

    fn signature(&self, function: &Function) -> String {
        let begin = if function.kind.is_async() {
            "async func"
        } else {
            "func"
        };
        let parameters = function
            .params
            .iter()
            .map(|parameter| format!("{}: {}", parameter.name, self.text(&parameter.ty)));
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        match &function.result {
            Some(result) => format!("{begin}({parameters}) -> {}", self.text(result)),
            None => format!("{begin}({parameters})"),
        }
    }

    fn shape(&self, id: TypeId) -> Shape {
        let kind = &self.resolve.types[id].kind;
        let named = |name: &String| (name.clone(), String::new());
        let members = match kind {
            TypeDefKind::Record(record) => record
                .fields
                .iter()
                .map(|field| (field.name.clone(), self.text(&field.ty)))
                .collect(),
            TypeDefKind::Variant(variant) => variant
                .cases
                .iter()
                .map(|case| {
                    (
                        case.name.clone(),
                        case.ty
                            .as_ref()
                            .map_or_else(String::new, |carried| self.text(carried)),
                    )
                })
                .collect(),
            TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| named(&case.name)).collect(),
            TypeDefKind::Flags(flags) => flags.flags.iter().map(|flag| named(&flag.name)).collect(),
            TypeDefKind::Resource => Vec::new(),
            _ => {
                return Shape {
                    kind: "type",
                    members: vec![(String::new(), self.defined(id))],
                };
            }
        };
        Shape {
            kind: kind.as_str(),
            members,
        }
    }

    fn text(&self, kind: &Type) -> String {
        match kind {
            Type::Id(id) => self.defined(*id),
            primitive => format!("{primitive:?}").to_lowercase(),
        }
    }

    /// A record, variant, enum, set of flags or resource by its name; the rest as it is built, through every alias,
    /// because that is how the runtime compares.
    fn defined(&self, id: TypeId) -> String {
        let definition = &self.resolve.types[id];
        let part = |inner: &Option<Type>| {
            inner
                .as_ref()
                .map_or_else(|| "_".to_owned(), |inner| self.text(inner))
        };
        match &definition.kind {
            TypeDefKind::Type(aliased) => self.text(aliased),
            TypeDefKind::Option(inner) => format!("option<{}>", self.text(inner)),
            TypeDefKind::List(inner) => format!("list<{}>", self.text(inner)),
            TypeDefKind::FixedLengthList(inner, length) => {
                format!("list<{}, {length}>", self.text(inner))
            }
            TypeDefKind::Map(key, value) => {
                format!("map<{}, {}>", self.text(key), self.text(value))
            }
            TypeDefKind::Tuple(tuple) => {
                let parts: Vec<_> = tuple.types.iter().map(|part| self.text(part)).collect();
                format!("tuple<{}>", parts.join(", "))
            }
            TypeDefKind::Result(result) => {
                format!("result<{}, {}>", part(&result.ok), part(&result.err))
            }
            TypeDefKind::Future(inner) => format!("future<{}>", part(inner)),
            TypeDefKind::Stream(inner) => format!("stream<{}>", part(inner)),
            TypeDefKind::Handle(Handle::Own(resource)) => {
                format!("own<{}>", self.defined(*resource))
            }
            TypeDefKind::Handle(Handle::Borrow(resource)) => {
                format!("borrow<{}>", self.defined(*resource))
            }
            TypeDefKind::Record(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Resource
            | TypeDefKind::Unknown => self.type_name(definition),
        }
    }

    fn type_name(&self, definition: &TypeDef) -> String {
        let name = definition
            .name
            .as_deref()
            .unwrap_or("a type without a name");
        match definition.owner {
            TypeOwner::Interface(id) => format!("{}.{name}", self.interface_name(id)),
            TypeOwner::World(_) | TypeOwner::None => name.to_owned(),
        }
    }
}
