//! What was kept comes back, and nothing else does.

use std::os::unix::fs::PermissionsExt;

use wasmtime::Config;

use super::*;
use crate::plugin::engine;

fn open(folder: &Path) -> Cache {
    let engine = engine::for_compiling().expect("an engine");
    Cache::open(folder, &engine, &Random::system()).expect("a cache")
}

fn artifact() -> Artifact {
    Artifact::of_our_compiler(b"machine code".to_vec())
}

/// A cache of its own with one file, and its name.
fn filled() -> (tempfile::TempDir, Cache, Name) {
    let parent = tempfile::tempdir().expect("a folder");
    let cache = open(&parent.path().join("cache"));
    let name = cache.name(&[1; 32]);
    cache.put(&name, &artifact()).expect("kept");
    (parent, cache, name)
}

fn found(cache: &Cache, name: &Name) -> Option<Vec<u8>> {
    cache.get(name).map(|found| found.bytes().to_vec())
}

#[test]
fn what_was_kept_is_found_at_the_next_start() {
    let (_parent, cache, name) = filled();
    let next = open(&cache.folder);
    assert_eq!(next.name(&[1; 32]), name);
    assert_eq!(found(&next, &name).as_deref(), Some(&b"machine code"[..]));
    assert_eq!(found(&next, &next.name(&[2; 32])), None);
}

#[test]
fn one_altered_byte_is_enough_to_be_thrown_away() {
    let (_parent, cache, name) = filled();
    let whole = fs::read(cache.path(&name)).expect("the file");
    for place in [0, SEAL_BYTES, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[place] ^= 1;
        fs::write(cache.path(&name), &altered).expect("written");
        assert_eq!(found(&cache, &name), None, "byte {place}");
        assert!(!cache.path(&name).exists());
    }
    for length in [0, SEAL_BYTES - 1, SEAL_BYTES, whole.len() - 1] {
        fs::write(cache.path(&name), &whole[..length]).expect("written");
        assert_eq!(found(&cache, &name), None, "{length} bytes");
    }
}

#[test]
fn a_file_in_the_place_of_another_is_thrown_away() {
    let (_parent, cache, name) = filled();
    let other = cache.name(&[2; 32]);
    fs::rename(cache.path(&name), cache.path(&other)).expect("renamed");
    assert_eq!(found(&cache, &other), None);
}

#[test]
fn what_another_key_sealed_is_thrown_away() {
    let (_parent, cache, name) = filled();
    fs::remove_file(cache.folder.join(folder::KEY)).expect("removed");
    assert_eq!(found(&open(&cache.folder), &name), None);
}

#[test]
fn another_engine_has_other_names() {
    let (_parent, cache, name) = filled();
    let other = Engine::new(&Config::new()).expect("an engine");
    let other = Cache::open(&cache.folder, &other, &Random::system()).expect("a cache");
    assert_ne!(other.name(&[1; 32]), name);
}

#[test]
fn only_its_owner_may_enter_and_read() {
    let (_parent, cache, name) = filled();
    let mode = |path: &Path| {
        let found = fs::metadata(path).expect("it is there");
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode(&cache.folder), 0o700);
    assert_eq!(mode(&cache.path(&name)), 0o600);
    assert_eq!(mode(&cache.folder.join(folder::KEY)), 0o600);
}

#[test]
fn a_folder_that_others_may_enter_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let open_to_all = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path(), open_to_all).expect("changed");
    let engine = engine::for_compiling().expect("an engine");
    let refused = Cache::open(folder.path(), &engine, &Random::system());
    assert!(refused.is_err());
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

#[test]
fn those_who_start_at_once_share_one_key() {
    let parent = tempfile::tempdir().expect("a folder");
    let start = std::sync::Barrier::new(4);
    let keys = std::thread::scope(|scope| {
        let ask = || {
            start.wait();
            *folder::key(parent.path(), &Random::system()).expect("a key")
        };
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        let answers = asked.into_iter().map(|one| one.join().expect("no panic"));
        answers.collect::<Vec<_>>()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn a_sweep_leaves_the_key_and_what_is_in_use() {
    let (_parent, cache, name) = filled();
    let left_behind = cache.folder.join(".tmp-of-a-crash");
    fs::write(&left_behind, b"half").expect("written");
    File::options()
        .write(true)
        .open(&left_behind)
        .and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))
        .expect("aged");
    cache.sweep().expect("swept");
    assert!(!left_behind.exists());
    assert!(found(&cache, &name).is_some());
    assert!(cache.folder.join(folder::KEY).exists());
}
