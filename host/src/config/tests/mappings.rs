//! Mappings files: what is wrong with one, by its line, and what is written of a row.

use super::*;

#[test]
fn a_mappings_file_is_told_by_its_own_lines() {
    let world = whole();
    world.write("seaside.toml", &format!("{MAPPINGS}{MAPPINGS}"));
    assert_eq!(
        world.problems(),
        "seaside.toml:13:1: mappings[2]: line 2 maps the same product already\n\
         seaside.toml:18:1: mappings[3]: line 7 maps the same product already"
    );
    world.write("seaside.toml", "[[mappings]]\nroom = \"double\"\n");
    let problems = world.problems();
    let expected = "seaside.toml:2:1: mappings[0].room: unknown field `room`";
    assert!(problems.starts_with(expected), "{problems}");
}

#[test]
fn whoever_mends_mappings_reads_the_configuration_beside_them() {
    let world = whole();
    for broken in [None, Some("[[mappings]"), Some("[[mappings]]\nroom = 1\n")] {
        std::fs::remove_file(world.path("seaside.toml")).expect("it was there");
        if let Some(text) = broken {
            world.write("seaside.toml", text);
        }
        world.load().expect_err("broken mappings");
        let path = world.path("roomwire.toml");
        let config = Config::load_beside_mappings(Some(&path), &world.environment);
        let mappings = &config.expect("the rest").hotels[0].connections[0].mappings;
        assert_eq!(PathBuf::from(&mappings.file), world.path("seaside.toml"));
        assert!(mappings.rows.is_empty());
        world.write("seaside.toml", MAPPINGS);
    }
    world.write("roomwire.toml", "[server]\nlisten = 7\n");
    let path = world.path("roomwire.toml");
    Config::load_beside_mappings(Some(&path), &world.environment).expect_err("no address");
}

#[test]
fn a_row_that_is_written_is_read_as_it_was() {
    let ours = ("say \"DBL\"", "a\\b");
    let theirs = ("Zimmer für zwei", Some("# no comment"));
    let text = format!("# A comment.\n{}", mapping_row(ours, theirs));
    let (read, problems) = Mappings::of_text(Path::new("rows.toml"), text);
    assert_eq!(problems, []);
    let expected = Mapping {
        room_type: ours.0.to_owned(),
        rate_plan: ours.1.to_owned(),
        external_room: theirs.0.to_owned(),
        external_rate: theirs.1.map(str::to_owned),
        line: 2,
    };
    assert_eq!(read.rows, [expected]);
}

#[test]
fn rows_that_repeat_each_other_are_read_and_told_of() {
    let row = mapping_row(("DBL", "BAR"), ("1", None));
    let (read, problems) = Mappings::of_text(Path::new("rows.toml"), format!("{row}{row}"));
    assert_eq!(read.rows.len(), 2);
    assert_eq!(problems.len(), 1);
    let (read, problems) = Mappings::of_text(Path::new("rows.toml"), "[[mappings]".to_owned());
    assert!(read.rows.is_empty());
    assert_eq!(problems.len(), 1);
}

#[tokio::test]
async fn an_edit_is_seen_and_a_bad_one_keeps_what_was() {
    let world = whole();
    let path = world.path("roomwire.toml");
    let (_, mut watcher) =
        ConfigWatcher::start(Some(&path), world.environment.clone()).expect("a configuration");

    world.write("seaside.toml", "[[mapings]]");
    let limit = std::time::Duration::from_secs(20);
    let bad = tokio::time::timeout(std::time::Duration::from_millis(50), watcher.changed());
    assert!(bad.await.is_err(), "a bad edit is no change");

    world.write("seaside.toml", "");
    world.write("secret", "another");
    let config = tokio::time::timeout(limit, watcher.changed())
        .await
        .expect("a change");
    let connection = &config.hotels[0].connections[0];
    assert!(connection.mappings.rows.is_empty());
    assert_eq!(
        connection.secrets["client_secret"].expose_secret(),
        "another"
    );
}
