// Checks that imports point one way (CONTRIBUTING.md, "Code") and form no cycles.

import { dirname, normalize } from "node:path/posix";
import { type Files, lineAt, select } from "./files.ts";

/**
 * Reports imports against the arrows, imports of a runtime's adapter, imports of tests by a product
 * file, and cycles between files.
 *
 * Every form of import counts: `import`, `export ... from`, `import()`, and imports of types alone,
 * in JSDoc too. A type that a lower layer imports ties the files together as a function would.
 */
export function checkImports(files: Files): string[] {
  const imports = select(files, /\.(ts|js)$/).flatMap(([path, text]) => importsOf(path, text));
  const cycles = closingEdges(imports)
    .map(({ from, to, line }) => `${from}:${line}: cycle through ${to}`);
  return [...imports.flatMap(_problemOf), ...cycles];
}

/** Imports of one file that stay in the project, in the order of its text. */
export function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map((match) => ({
    from: path,
    to: normalize(`${dirname(path)}/${match[1] ?? match[2] ?? ""}`),
    line: lineAt(text, match.index),
  }));
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

function _problemOf({ from, to, line }: Import): string[] {
  if (ADAPTER.test(to) && _layer(from) !== "gateway/runtime") {
    return [`${from}:${line}: ${to} belongs to gateway/runtime alone`];
  }
  if (TEST_FILE.test(from)) return [];
  const [source, target] = [_layer(from), _layer(to)];
  if (PRODUCT.test(from) && target === "tests") {
    return [`${from}:${line}: a product file imports ${to}, which is for tests`];
  }
  const allowed = ARROWS[source] ?? [];
  if (source === target || allowed.includes(target) || allowed.includes(to)) return [];
  return [`${from}:${line}: ${source} imports ${target} (${to})`];
}

/** The edges that close a cycle: without them there is none. */
export function closingEdges<E extends Pick<Import, "from" | "to">>(edges: readonly E[]): E[] {
  const outgoing = Map.groupBy(edges, (edge) => edge.from);
  const state = new Map<string, "open" | "done">();
  const closing: E[] = [];
  const visit = (from: string): void => {
    state.set(from, "open");
    for (const edge of outgoing.get(from) ?? []) {
      if (state.get(edge.to) === "open") closing.push(edge);
      if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(from, "done");
  };
  for (const from of outgoing.keys()) if (!state.has(from)) visit(from);
  return closing;
}

/**
 * `gateway/lane` for a file in that folder, `gateway` for a file at its top, and the top-level
 * folder for any other file.
 */
function _layer(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "gateway" && !second.includes(".") ? `${top}/${second}` : top;
}

/**
 * Matches an import statement from the beginning of its line, or a call `import()`. JSDoc names
 * types by such calls too.
 */
const IMPORT = /^(?:import|export)\b(?:[^"';]*?\bfrom)?\s*"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/gm;

const ADAPTER = /^gateway\/runtime\/(deno|bun)\.ts$/;

/** Tests and their helpers may import anything that helps them. */
const TEST_FILE = /_test\.ts$|^tests\//;

/** Folders of the product itself. */
const PRODUCT = /^(gateway|native-engine|ts-bindings|wasm-core|wasm-pki)\//;

const GATEWAY = [
  "api",
  "cli",
  "config",
  "dashboard",
  "edges",
  "engine",
  "ike",
  "ike_worker",
  "lane",
  "linux",
  "model",
  "runtime",
  "shell",
  "state",
]
  .map((folder) => `gateway/${folder}`);

/** The interface of the runtime. Code that needs a runtime gets it passed in. */
const RUNTIME = "gateway/runtime/types.ts";

/** What each layer may import: whole layers, or single files of them. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "bench": ["gateway", ...GATEWAY, "ts-bindings", "tests"],
  "tools": ["gateway", ...GATEWAY, "tests", "ts-bindings"],
  "gateway": [...GATEWAY, "ts-bindings"],
  "gateway/cli": [
    "gateway/api",
    "gateway/config",
    "gateway/engine",
    "gateway/ike",
    "gateway/model",
    "gateway/shell",
    "gateway/state",
    RUNTIME,
    "ts-bindings",
  ],
  "gateway/state": [
    "gateway/config",
    "gateway/ike",
    "gateway/linux",
    "gateway/model",
    RUNTIME,
    "ts-bindings",
  ],
  "gateway/api": ["gateway/config", "gateway/model", "gateway/shell", "ts-bindings"],
  "gateway/dashboard": ["gateway/model"],
  "gateway/shell": [
    "gateway/config",
    "gateway/edges",
    "gateway/engine",
    "gateway/ike",
    "gateway/ike_worker",
    "gateway/lane",
    "gateway/linux",
    "gateway/model",
    RUNTIME,
    "ts-bindings",
  ],
  // A worker is a program of its own, so it asks for its runtime itself.
  "gateway/lane": [
    "gateway/edges",
    "gateway/engine",
    "gateway/linux",
    "gateway/model",
    RUNTIME,
    "gateway/runtime/mod.ts",
    "ts-bindings",
  ],
  "gateway/config": ["gateway/ike", "gateway/model", "ts-bindings"],
  "gateway/edges": ["gateway/linux", "gateway/model", RUNTIME],
  "gateway/engine": [RUNTIME, "ts-bindings"],
  // This worker is a program of its own, too.
  "gateway/ike_worker": [
    "gateway/edges",
    "gateway/ike",
    "gateway/linux",
    "gateway/model",
    RUNTIME,
    "gateway/runtime/mod.ts",
    "ts-bindings",
  ],
  "gateway/ike": ["gateway/model", "ts-bindings"],
  "gateway/linux": ["gateway/model", RUNTIME],
  "gateway/runtime": [],
  "gateway/model": ["ts-bindings"],
};
