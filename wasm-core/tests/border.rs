//! The table of exports: what the generator and the documents take from it.

use std::collections::HashSet;

use culvert_core::border::{Export, SECTIONS};

fn exports() -> impl Iterator<Item = &'static Export> {
    SECTIONS.iter().flat_map(|section| section.exports)
}

#[test]
fn an_export_stands_in_one_section() {
    let names: HashSet<&str> = exports().map(|export| export.name).collect();
    assert_eq!(names.len(), exports().count());
    assert!(names.contains("core_init") && names.contains("rx_at"));
}

#[test]
fn an_export_has_parameters_result_and_documentation() {
    let of = |name| exports().find(|export| export.name == name);
    let rx_skip = of("rx_skip").expect("an export");
    let parameters: Vec<_> = rx_skip
        .parameters
        .iter()
        .map(|one| (one.name, one.kind))
        .collect();
    assert_eq!(
        parameters,
        [("_lane", "u32"), ("conn", "u32"), ("octets", "u32")]
    );
    assert_eq!(rx_skip.result, None);
    assert_eq!(rx_skip.doc, [" Consumes octets of the stream prefix."]);
    assert_eq!(of("rx_at").expect("an export").result, Some("Offset"));
}
