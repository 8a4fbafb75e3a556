// Checks that unsafe Rust stays in one corner: only the files below may lift `deny(unsafe_code)`.

import { type Files, select } from "./files.ts";

/** Reports `unsafe` outside the corner, and a crate root without the lint. */
export function checkUnsafe(files: Files): string[] {
  const sources = select(files, /^(wasm-core|wasm-pki|native-engine)\/src\/.*\.rs$/);
  const problems = select(files, /^(wasm-core|wasm-pki|native-engine)\/src\/lib\.rs$/)
    .filter(([, text]) => !text.includes("#![deny(unsafe_code)]"))
    .map(([path]) => `${path}:1: does not deny unsafe_code`);
  for (const [path, text] of sources) {
    if (CORNER.test(path)) continue;
    text.split("\n").forEach((line, index) => {
      const code = line.replace(/\/\/.*/, "");
      const isUnsafe = /\bunsafe\b(?!_code)|allow\(unsafe_code\)|expect\(unsafe_code/.test(code);
      if (isUnsafe) problems.push(`${path}:${index + 1}: unsafe outside of its corner`);
    });
  }
  return problems;
}

/** Here memory is accessed, or others call in: `no_mangle` and raw offsets trip the lint. */
const CORNER =
  /^(wasm-core\/src\/(memory|border)\/|wasm-pki\/src\/(border|host)\.rs$|native-engine\/src\/(memory|exports)\.rs$)/;
