//! `aead.ts`: the table of AEADs.

use std::fmt::Write as _;

use culvert_core::aead::AEADS;

use crate::typescript::head;

/// The text of the file.
pub fn text() -> String {
    let mut out = head("wasm-core/src/aead/table.rs");
    out.push_str(HEAD);
    for aead in AEADS {
        let lens: Vec<String> = aead.key_lens.iter().map(usize::to_string).collect();
        let _ = writeln!(out, "  \"{}\": {{", aead.name);
        let _ = writeln!(out, "    number: {},", aead.algorithm.number());
        let _ = writeln!(out, "    cipher: \"{}\",", aead.cipher);
        let _ = writeln!(out, "    keyLens: [{}],", lens.join(", "));
        let _ = writeln!(out, "    saltLen: {},", aead.salt_len);
        let _ = writeln!(out, "    ivLen: {},", aead.iv_len);
        let _ = writeln!(out, "    icvLen: {},", aead.icv_len);
        let _ = writeln!(out, "    source: \"{}\",", aead.source);
        out.push_str("  },\n");
    }
    let names: Vec<String> = AEADS
        .iter()
        .map(|aead| format!("\"{}\"", aead.name))
        .collect();
    let _ = write!(
        out,
        "}} as const satisfies Readonly<Record<string, Aead>>;\n\n\
         /** Name of an AEAD in the API and in configuration. */\n\
         export type AeadName = keyof typeof AEADS;\n\n\
         /** All names, in the order of the numbers. */\n\
         export const AEAD_NAMES = [\n  {},\n] as const satisfies readonly AeadName[];\n",
        names.join(",\n  ")
    );
    out
}

const HEAD: &str = "
/** An AEAD of ESP; lengths are octets. */
export interface Aead {
  /** Its number in an SA's specification. */
  readonly number: number;
  /** The cipher's name in a sentence. */
  readonly cipher: string;
  /** Lengths that a key may have. */
  readonly keyLens: readonly number[];
  /** The salt follows the key in the keying material. */
  readonly saltLen: number;
  /** The IV stands in front of the ciphertext. */
  readonly ivLen: number;
  /** The ICV stands behind it. */
  readonly icvLen: number;
  /** The RFC that defines it for ESP. */
  readonly source: string;
}

/** The AEADs of ESP that the core has. */
export const AEADS = {
";
