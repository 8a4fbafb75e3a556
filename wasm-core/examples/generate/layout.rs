//! `layout.ts`: offsets, sizes and values.

use std::fmt::Write as _;

use culvert_core::border::FINGERPRINT;
use culvert_core::border::names::TABLES;
use culvert_core::layout::{DELAY_BUCKETS, QUEUE_BUCKETS};

use crate::typescript::{grouped, head};

/// The text of the file.
pub fn text() -> String {
    let mut out = head("wasm-core/src/layout");
    let _ = writeln!(
        out,
        "\n// Over all names and numbers that cross: the native engine has it, too.\n\
         export const LAYOUT_FINGERPRINT = {};",
        grouped(i64::from(FINGERPRINT))
    );
    for table in TABLES {
        let _ = write!(out, "\n// {}\n", table.title);
        for (name, value) in table.rows() {
            let _ = writeln!(out, "export const {name} = {};", grouped(value));
        }
    }
    out.push_str("\n// Kinds of frames, in the order of the counters.\n");
    out.push_str(
        "export const FRAME_KINDS = [\"ike\", \"esp\", \"keepalive\", \"empty\"] as const;\n",
    );
    let delays = "Upper bounds of LANE_IKE_DELAY, seconds.";
    buckets(&mut out, delays, ("DELAY_BUCKETS", &DELAY_BUCKETS));
    let octets = "Upper bounds of LANE_QUEUE, octets.";
    buckets(&mut out, octets, ("QUEUE_BUCKETS", &QUEUE_BUCKETS));
    out
}

fn buckets(out: &mut String, title: &str, (name, bounds): (&str, &[f64])) {
    let _ = write!(
        out,
        "\n// {title}\nexport const {name}: readonly number[] = [\n"
    );
    for bound in bounds {
        let _ = writeln!(out, "  {bound},");
    }
    out.push_str("];\n");
}
