//! What is written is read again, and what is not XML is not read.

use super::*;

fn written(element: &Element) -> String {
    String::from_utf8(element.to_bytes().expect("a document")).expect("UTF-8")
}

fn read(text: &str) -> Element {
    Element::parse(text.as_bytes()).expect(text)
}

#[test]
fn a_tree_is_written_in_one_line_with_everything_escaped() {
    let tree = Element::new("Rooms")
        .attribute("Version", "1.0")
        .optional("Target", None::<String>)
        .child(Element::new("Room").attribute("Name", "R&B \"loft\"\n<1>"))
        .children([Element::new("Text").text("a < b & c")]);
    assert_eq!(
        written(&tree),
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?><Rooms Version="1.0">"#,
            r#"<Room Name="R&amp;B &quot;loft&quot;&#10;&lt;1&gt;"/>"#,
            "<Text>a &lt; b &amp; c</Text></Rooms>"
        )
    );
    assert_eq!(read(&written(&tree)), tree);
}

#[test]
fn a_carriage_return_survives_in_texts_and_in_attributes() {
    let tree = Element::new("A")
        .attribute("B", "one\r\ntwo\rthree")
        .text("one\r\ntwo\rthree");
    let document = written(&tree);
    assert!(!document.contains('\r'), "{document}");
    assert!(
        document.contains("one&#13;\ntwo&#13;three</A>"),
        "{document}"
    );
    assert_eq!(read(&document), tree);
}

#[test]
fn what_is_empty_may_have_an_end_tag_of_its_own() {
    let tree = Element::new("Rooms").child(Element::new("Room").attribute("Id", "1"));
    let document = tree.to_bytes_in_pairs().expect("a document");
    assert_eq!(Element::parse(&document), Ok(tree));
    let text = String::from_utf8(document).expect("UTF-8");
    assert!(
        text.ends_with(r#"<Rooms><Room Id="1"></Room></Rooms>"#),
        "{text}"
    );
}

#[test]
fn what_xml_cannot_say_is_replaced_and_names_are_refused() {
    let mute = Element::new("A").attribute("B", "x\u{0}y").text("\u{1b}[m");
    assert_eq!(read(&written(&mute)).get("B"), Some("x\u{fffd}y"));
    assert_eq!(read(&written(&mute)).content(), "\u{fffd}[m");
    for name in ["", "1a", "a b", "a>", "é"] {
        assert!(Element::new(name).to_bytes().is_err(), "{name}");
        let attribute = Element::new("A").attribute(name, "x");
        assert!(attribute.to_bytes().is_err(), "{name}");
    }
}

#[test]
fn elements_are_found_by_name_whatever_their_prefix() {
    let envelope = read(concat!(
        "\u{feff}<?xml version='1.0'?><!-- hello --><s:Envelope xmlns:s='urn:s' s:id='7'>\n",
        "<s:Body><Room>1</Room><Rate/><Room> 2 </Room></s:Body></s:Envelope>\n"
    ));
    assert_eq!(envelope.name(), "Envelope");
    assert_eq!(envelope.get("id"), Some("7"));
    let all: Vec<_> = envelope.attributes().collect();
    assert_eq!(all, [("xmlns:s", "urn:s"), ("id", "7")]);
    let body = envelope.at(&["Body"]).expect("a body");
    let rooms: Vec<&str> = body.all("Room").map(Element::content).collect();
    assert_eq!(rooms, ["1", "2"]);
    assert_eq!(body.elements().len(), 3);
    assert!(envelope.at(&["Body", "Suite"]).is_none());
}

#[test]
fn text_comes_in_whatever_form_and_is_one() {
    let text = read("<A>x &amp; y&#233;<![CDATA[ <z> ]]>\r\n&lt;</A>");
    assert_eq!(text.content(), "x & yé <z> \n<");
}

#[test]
fn what_is_no_document_is_refused_without_its_values() {
    for broken in [
        "",
        "Ada",
        "<Ada>",
        "<A></B>",
        "</A>",
        "<A/><B/>",
        "<A/>Ada",
        "<A Ada/>",
        "<A b='1' b='2'/>",
        "<A>&ada;</A>",
        "<A>&ada</A>",
        "<A b='&ada;'/>",
        "<!DOCTYPE A [<!ENTITY ada 'x'>]><A>&ada;</A>",
    ] {
        let error = Element::parse(broken.as_bytes()).expect_err(broken);
        assert!(!error.to_string().to_lowercase().contains("ada"), "{error}");
    }
    assert!(Element::parse(b"<A>\xe9</A>").is_err());
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "<A>".repeat(depth), "</A>".repeat(depth));
    assert!(Element::parse(nested(64).as_bytes()).is_ok());
    assert!(Element::parse(nested(65).as_bytes()).is_err());
}
