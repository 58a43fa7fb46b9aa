//! Secrets in a body that is XML: an element of its own, the first one in the document's root.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::readable;

/// Whose content an element becomes the first part of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inside {
    Root,
    /// The root's one child of this name.
    Child(&'static str),
}

/// The body with an element of these attributes in it. The error says nothing of the body or of the attributes.
pub(super) fn insert(
    body: &[u8],
    element: &str,
    attributes: &[(&str, &str)],
) -> Result<Vec<u8>, String> {
    let written = written(element, attributes)
        .map_err(|_| format!("the element `{element}` cannot be written"))?;
    insert_at(body, Inside::Root, &[element], &written)
}

/// The body with this in it, where no element of these names is there yet.
pub(super) fn insert_at(
    body: &[u8],
    inside: Inside,
    names: &[&str],
    written: &[u8],
) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(body)
        .ok()
        // Positions are counted from the first byte.
        .filter(|text| !text.starts_with('\u{feff}'))
        .filter(|text| readable::is_read_as_written(text))
        .ok_or_else(|| "the body is not XML in UTF-8".to_owned())?;
    let place = place(text, inside, names)?;
    Ok([&body[..place], written, &body[place..]].concat())
}

/// Where the content begins, in a well-formed document that has no such element yet.
fn place(text: &str, inside: Inside, names: &[&str]) -> Result<usize, String> {
    let unreadable = || "the body is not well-formed XML".to_owned();
    let mut reader = Reader::from_str(text);
    let (mut places, mut roots, mut depth) = (Vec::new(), 0_usize, 0_usize);
    loop {
        match reader.read_event().map_err(|_| unreadable())? {
            Event::Start(start) => {
                refuse_taken(&start, names)?;
                roots += usize::from(depth == 0);
                let here = match inside {
                    Inside::Root => depth == 0,
                    Inside::Child(name) => depth == 1 && start.local_name().into_inner() == name,
                };
                if here {
                    places.push(reader.buffer_position());
                }
                depth += 1;
            }
            Event::Empty(start) => {
                refuse_taken(&start, names)?;
                if depth == 0 {
                    return Err("the body's root has no end tag of its own".to_owned());
                }
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(_) => return Err("the body has a document type".to_owned()),
            Event::Eof if depth == 0 && roots == 1 => break,
            Event::Eof => return Err(unreadable()),
            _ => {}
        }
    }
    let [place] = places[..] else {
        return Err(match inside {
            Inside::Root => unreadable(),
            Inside::Child(name) => {
                format!("the body's root has no one element `{name}` with an end tag of its own")
            }
        });
    };
    usize::try_from(place).map_err(|_| unreadable())
}

fn refuse_taken(start: &BytesStart<'_>, names: &[&str]) -> Result<(), String> {
    let name = start.local_name().into_inner();
    if names.contains(&name) {
        return Err(format!(
            "the element `{name}` carries a secret, which the host adds"
        ));
    }
    Ok(())
}

/// With an end tag of its own: there are channels that take no other form.
fn written(element: &str, attributes: &[(&str, &str)]) -> std::io::Result<Vec<u8>> {
    let mut start = BytesStart::new(element);
    for attribute in attributes {
        start.push_attribute(*attribute);
    }
    let end = start.to_end().into_owned();
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Start(start))?;
    writer.write_event(Event::End(end))?;
    Ok(writer.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(body: &str) -> Result<String, String> {
        let attributes = [("user", "hotel"), ("password", "s3\"cr<t&")];
        let filled = insert(body.as_bytes(), "Login", &attributes)?;
        Ok(String::from_utf8(filled).expect("UTF-8"))
    }

    #[test]
    fn the_element_comes_first_in_the_root_with_its_values_escaped() {
        let login = r#"<Login user="hotel" password="s3&quot;cr&lt;t&amp;"></Login>"#;
        for (before, after) in [
            (
                "<?xml version=\"1.0\"?><Ask xmlns=\"urn:a\">",
                "<Hotel id=\"1\"></Hotel></Ask>",
            ),
            ("<Ask>", "</Ask>\n"),
            ("<!-- <Login/> --><a:Ask b=\">\">", " text<c/> </a:Ask>"),
        ] {
            let filled = inserted(&format!("{before}{after}"));
            assert_eq!(filled, Ok(format!("{before}{login}{after}")));
        }
    }

    #[test]
    fn a_guest_cannot_write_the_element_itself() {
        for body in [
            "<Ask><Login></Login></Ask>",
            "<Ask><In><Login password=\"x\"/></In></Ask>",
            "<Ask><a:Login/></Ask>",
            "<Login></Login>",
        ] {
            let refusal = inserted(body).expect_err(body);
            assert!(refusal.contains("which the host adds"), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_whole_document_takes_no_secret() {
        for body in [
            "",
            "{}",
            "<Ask/>",
            "<Ask>",
            "<Ask></Other>",
            "<Ask></Ask><Ask></Ask>",
            "<!DOCTYPE Ask [<!ENTITY a \"b\">]><Ask></Ask>",
            "\u{feff}<Ask></Ask>",
        ] {
            assert!(inserted(body).is_err(), "{body}");
        }
        assert!(insert(b"<Ask>\xe9</Ask>", "Login", &[]).is_err());
    }

    #[test]
    fn a_document_that_a_parser_would_read_in_another_encoding_is_refused() {
        for body in [
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><Ask></Ask>",
            "<?xml version='1.0' encoding = 'IBM037'?><Ask></Ask>",
            "<\0r\0>\0<a></a><\0/\0r\0>\0",
            "<\0r\0></\0r\0>",
            "<Ask>\u{1b}</Ask>",
        ] {
            let refused = inserted(body).expect_err("not as it is written");
            assert_eq!(refused, "the body is not XML in UTF-8", "{body:?}");
        }
        let declared = "<?xml version='1.0' encoding='UTF-8' standalone=\"yes\"?>\r\n<Ask>\t</Ask>";
        assert!(inserted(declared).is_ok());
    }
}
