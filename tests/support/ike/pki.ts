// The module for certificates, as tests use it.

import { readFileSync } from "node:fs";
import { isSigned } from "../../../gateway/ike/keys/signatures.ts";
import { instantiatePki, type Pki } from "../../../ts-bindings/pki.ts";

/** Makes an instance of the committed module. */
export function openTestPki(): Pki {
  const octets = readFileSync(new URL("../../../ts-bindings/pki.wasm", import.meta.url));
  return instantiatePki(new Uint8Array(octets), {
    verify: ({ kind, hash, ...claim }) => isSigned({ kind, hash }, claim),
  });
}
