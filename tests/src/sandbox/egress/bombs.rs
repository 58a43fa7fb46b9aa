//! Answers that mean harm: too large, too slow, encoded, or lying about their length.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::rude::Answer;
use super::world::{EgressWorld, RUDE, Setup};

pub(super) const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

const BROKE_OFF: &str = "outcome unknown: the exchange with `rude.example.com` broke off";
pub(super) const LATE: &str = "outcome unknown: `rude.example.com` did not answer in time";
const TOO_LONG: &str = "limit: `rude.example.com` answered with more than 4194304 bytes";
const WITHHELD: &str =
    "outcome unknown: `rude.example.com` answered in an encoding that was not asked for";
const TOO_MANY_HEADERS: &str = "limit: the answer has more than 64 headers or 16384 bytes";

/// An answer by its name, and how what the guest learns of it begins.
type Bomb = (&'static str, Answer, &'static str);

pub(super) fn once(text: impl Into<Vec<u8>>) -> Answer {
    Answer {
        once: text.into(),
        ..Answer::default()
    }
}

fn and_closes(text: &str) -> Answer {
    Answer {
        closes: true,
        ..once(text)
    }
}

/// As fast as it is taken.
fn endless(text: &str, again: impl Into<Vec<u8>>) -> Answer {
    Answer {
        again: again.into(),
        ..once(text)
    }
}

fn dripping(text: &str, again: &str) -> Answer {
    Answer {
        pause: Duration::from_millis(20),
        ..endless(text, again)
    }
}

/// Four million zeros in 3,892 bytes of deflate, which is 1,000 to 1.
fn deflated() -> Vec<u8> {
    let begin = b"\xed\xc1\x01\x0d\0\0\0\xc2\xa0\xf7\x4f\x6d\x0f\x07\x14";
    [&begin[..], &[0; 3_875], b"\xf0\x6e"].concat()
}

/// The same as a file of gzip.
fn gzipped() -> Vec<u8> {
    let head = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff";
    let tail = b"\x7f\x2a\xdb\xcf\0\x09\x3d\0";
    [&head[..], &deflated(), tail].concat()
}

/// The body with its length, under these headers.
fn encoded(headers: &str, body: &[u8]) -> Answer {
    let head = format!("{OK}{headers}Content-Length: {}\r\n\r\n", body.len());
    once([head.as_bytes(), body].concat())
}

/// The host asks for no encoding and undoes none, so that no body grows in it.
fn encodings() -> Vec<Bomb> {
    let (gzip, deflate) = (gzipped(), deflated());
    let transferred = |encodings: &str| {
        let head = format!(
            "{OK}Transfer-Encoding: {encodings}\r\n\r\n{:x}\r\n",
            gzip.len()
        );
        once([head.as_bytes(), &gzip, b"\r\n0\r\n\r\n"].concat())
    };
    let under =
        |header: &str, body: &[u8]| encoded(&format!("Content-Encoding: {header}\r\n"), body);
    vec![
        ("gzip", under("gzip", &gzip), WITHHELD),
        ("deflate", under("deflate", &deflate), WITHHELD),
        ("gzip of gzip", under("gzip, gzip", &gzip), WITHHELD),
        ("zstd", under("zstd", b"x"), WITHHELD),
        (
            "gzip, behind identity",
            under("identity\r\nContent-Encoding: GZIP", &gzip),
            WITHHELD,
        ),
        ("a transfer in gzip", transferred("gzip, chunked"), WITHHELD),
        (
            "a transfer in gzip to its end",
            transferred("gzip"),
            WITHHELD,
        ),
        (
            "gzip as a file",
            encoded("Content-Type: application/gzip\r\n", &gzip),
            "200: 3910 bytes",
        ),
    ]
}

fn heads() -> Vec<Bomb> {
    // With its length these are 64 and 65.
    let of = |count: usize, length: usize| {
        let headers = format!("x: {}\r\n", "v".repeat(length)).repeat(count);
        encoded(&headers, b"ok")
    };
    vec![
        ("64 headers", of(63, 10), "200: ok"),
        ("65 headers", of(64, 10), BROKE_OFF),
        ("16 KiB of headers", of(16, 1_024), TOO_MANY_HEADERS),
        ("a header of 20 KiB", of(1, 20 * 1024), TOO_MANY_HEADERS),
        ("a header of 1 MiB", of(1, 1024 * 1024), BROKE_OFF),
        (
            "headers without end",
            endless(OK, "x: y\r\n".repeat(512)),
            BROKE_OFF,
        ),
        (
            "a header without end",
            endless(&format!("{OK}x: "), vec![b'a'; 64 * 1024]),
            BROKE_OFF,
        ),
        (
            "a head byte by byte",
            dripping(&format!("{OK}x: "), "a"),
            LATE,
        ),
        (
            "only hints of an answer",
            dripping("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
            LATE,
        ),
        ("no HTTP", and_closes("220 ready\r\n\r\n"), BROKE_OFF),
        ("a head cut off", and_closes(OK), BROKE_OFF),
    ]
}

fn bodies() -> Vec<Bomb> {
    let chunk = [&b"10000\r\n"[..], &[b'x'; 64 * 1024], b"\r\n"].concat();
    let plain = format!("{OK}\r\n");
    let long = format!("{OK}Content-Length: 1000\r\n\r\n");
    let extension = format!("{CHUNKED}2;");
    let trailers = format!("{CHUNKED}2\r\nok\r\n0\r\n");
    vec![
        ("chunks without end", endless(CHUNKED, chunk), TOO_LONG),
        (
            "a body without end",
            endless(&plain, vec![b'x'; 64 * 1024]),
            TOO_LONG,
        ),
        ("a body byte by byte", dripping(&long, "x"), LATE),
        ("chunks byte by byte", dripping(CHUNKED, "1\r\nx\r\n"), LATE),
        (
            "an extension of a chunk without end",
            endless(&extension, vec![b'x'; 64 * 1024]),
            BROKE_OFF,
        ),
        (
            "trailers without end",
            endless(&trailers, "x: y\r\n"),
            BROKE_OFF,
        ),
        (
            "a chunk beyond numbers",
            once(format!("{CHUNKED}FFFFFFFFFFFFFFFFFF\r\n")),
            BROKE_OFF,
        ),
        (
            "a chunk without a number",
            once(format!("{CHUNKED}xyz\r\n")),
            BROKE_OFF,
        ),
        (
            "chunks cut off",
            and_closes(&format!("{CHUNKED}5\r\nab")),
            BROKE_OFF,
        ),
    ]
}

/// Lengths that lie, and those that a proxy may read otherwise.
fn lengths() -> Vec<Bomb> {
    let of = |lengths: &str| once(format!("{OK}{lengths}\r\n\r\nok"));
    let short = format!("{OK}Content-Length: 100\r\n\r\nok");
    let chunked = "Content-Length: 100\r\nTransfer-Encoding: chunked";
    vec![
        ("longer than it is", and_closes(&short), BROKE_OFF),
        (
            "two lengths",
            of("Content-Length: 2\r\nContent-Length: 3"),
            BROKE_OFF,
        ),
        ("a list of lengths", of("Content-Length: 2, 3"), BROKE_OFF),
        ("a signed length", of("Content-Length: +2"), BROKE_OFF),
        ("a negative length", of("Content-Length: -2"), BROKE_OFF),
        ("a hexadecimal length", of("Content-Length: 0x2"), BROKE_OFF),
        (
            "a length beyond numbers",
            of("Content-Length: 99999999999999999999"),
            BROKE_OFF,
        ),
        (
            "the largest number",
            of("Content-Length: 18446744073709551615"),
            BROKE_OFF,
        ),
        (
            "a length and chunks",
            once(format!("{OK}{chunked}\r\n\r\n2\r\nok\r\n0\r\n\r\n")),
            "200: ok",
        ),
    ]
}

pub(super) fn request(path: &str, timeout: Option<u32>) -> Value {
    json!({ "method": "PUT", "host": RUDE, "path": path, "timeout_ms": timeout })
}

#[tokio::test]
async fn an_answer_that_means_harm_ends_with_itself() {
    let bombs: Vec<Bomb> = [encodings(), heads(), bodies(), lengths()].concat();
    let path = |number: usize| format!("/{number}");
    let answers = bombs.iter().enumerate();
    let answers = answers.map(|(number, (_, answer, _))| (path(number), answer.clone()));
    let world = EgressWorld::start(Setup {
        answers: answers.collect(),
        ..Setup::default()
    })
    .await;
    let timeout = |expected: &str| (expected == LATE).then_some(300);
    let requests = bombs.iter().enumerate();
    world.tell(
        requests
            .map(|(number, (_, _, expected))| request(&path(number), timeout(expected)))
            .collect(),
    );
    let mut problems = Vec::new();
    for (name, _, expected) in &bombs {
        let started = Instant::now();
        let told = world.next().await.result;
        let met = told.as_ref().is_ok_and(|told| told.starts_with(expected));
        // Far below the twenty seconds that a request may take: it was cut off, and not waited out.
        if !met || started.elapsed() > Duration::from_secs(10) {
            problems.push(format!("{name}: {told:?} after {:?}", started.elapsed()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
