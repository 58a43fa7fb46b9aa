//! `/docs`: a page that comes whole from the program.

use crate::harness::World;

/// The addresses that a page loads.
fn loaded(page: &str) -> Vec<String> {
    let quoted = |attribute: &'static str| {
        page.split(attribute)
            .skip(1)
            .filter_map(|rest| rest.split('"').next().map(str::to_owned))
    };
    quoted("src=\"").chain(quoted("href=\"")).collect()
}

#[tokio::test]
async fn the_page_loads_only_what_the_program_has() {
    let world = World::start().await;
    let anybody = world.anonymous();
    let entered = anybody.get("/docs").await;
    assert_eq!(
        (entered.status, entered.header("location")),
        (308, Some("docs/"))
    );
    let page = anybody.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    );
    let files = loaded(page.text());
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert!(!file.contains("//"), "{file} is elsewhere");
        let name = file.trim_start_matches("./");
        let answer = anybody.get(&format!("/docs/{name}")).await;
        assert_eq!(answer.status, 200, "{name}");
        assert!(!answer.body.is_empty(), "{name}");
    }
    assert!(
        !page.text().contains("<script>"),
        "the policy forbids scripts in the page"
    );
    let settings = anybody.get("/docs/swagger-initializer.js").await;
    assert!(
        settings.text().contains("\"../openapi.json\""),
        "{}",
        settings.text()
    );
    assert_eq!(
        anybody.get("/docs/nothing.js").await.code(),
        "no_such_route"
    );
}

#[tokio::test]
async fn the_page_may_ask_this_host_alone() {
    let world = World::start().await;
    let page = world.anonymous().get("/docs/").await;
    let policy = page.header("content-security-policy").expect("a policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    let settings = world.anonymous().get("/docs/swagger-initializer.js").await;
    let settings = settings.text();
    // The page's own default asks a validator on the internet.
    assert!(
        settings.contains("\"validatorUrl\": \"none\""),
        "{settings}"
    );
    assert!(
        settings.contains("\"supportedSubmitMethods\": []"),
        "{settings}"
    );
}
