// Imports point one way (CONTRIBUTING.md, "Conventions"), and no file reaches itself again by them.

import { dirname, normalize } from "node:path/posix";
import { type Files, lineAt, select } from "./files.ts";

/**
 * Reports imports against the arrows, imports of a runtime's adapter, imports of tests by a product
 * file, and circles between files.
 *
 * An import counts whatever it is made by: `import`, `export ... from`, `import()`, and all of
 * these for types alone, in JSDoc too. A type that is taken upwards ties the files together as a
 * function does.
 */
export function checkImports(files: Files): string[] {
  const imports = select(files, /\.(ts|js)$/).flatMap(([path, text]) => importsOf(path, text));
  const circles = closingEdges(imports)
    .map(({ from, to, line }) => `${from}:${line}: circle through ${to}`);
  return [...imports.flatMap(_problemOf), ...circles];
}

/** Imports of one file that stay in the project, from top to bottom. */
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

/** The edges that close a circle: without them there is none. */
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

/** `gateway/lane` for a file in it, `gateway` for a file at its top, else the top-level folder. */
function _layer(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "gateway" && !second.includes(".") ? `${top}/${second}` : top;
}

/** A statement from the beginning of its line on, or a call, which is how JSDoc names types too. */
const IMPORT = /^(?:import|export)\b(?:[^"';]*?\bfrom)?\s*"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/gm;

const ADAPTER = /^gateway\/runtime\/(deno|bun)\.ts$/;

/** Tests and their helpers: they may use whatever helps them. */
const TEST_FILE = /_test\.ts$|^tests\//;

/** What a user runs, and what it is made of. */
const PRODUCT = /^(gateway|native-engine|ts-bindings|wasm-core)\//;

const GATEWAY = [
  "api",
  "cli",
  "config",
  "dashboard",
  "engine",
  "lane",
  "linux",
  "model",
  "runtime",
  "shell",
]
  .map((folder) => `gateway/${folder}`);

/** The interface of the runtime: whoever needs one is given it. */
const RUNTIME = "gateway/runtime/types.ts";

/** Who may import whom: a layer, or one file of it. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "bench": ["gateway", ...GATEWAY, "ts-bindings", "tests"],
  "tools": ["gateway", ...GATEWAY, "tests", "ts-bindings"],
  "gateway": [...GATEWAY, "ts-bindings"],
  "gateway/cli": [
    "gateway/api",
    "gateway/config",
    "gateway/engine",
    "gateway/model",
    "gateway/shell",
    RUNTIME,
    "ts-bindings",
  ],
  "gateway/api": ["gateway/config", "gateway/model", "gateway/shell", "ts-bindings"],
  "gateway/dashboard": ["gateway/model"],
  "gateway/shell": [
    "gateway/config",
    "gateway/engine",
    "gateway/lane",
    "gateway/linux",
    "gateway/model",
    RUNTIME,
    "ts-bindings",
  ],
  // A worker is a program of its own, so that it asks for its runtime itself.
  "gateway/lane": [
    "gateway/engine",
    "gateway/linux",
    "gateway/model",
    RUNTIME,
    "gateway/runtime/mod.ts",
    "ts-bindings",
  ],
  "gateway/config": ["gateway/model", "ts-bindings"],
  "gateway/engine": [RUNTIME, "ts-bindings"],
  "gateway/linux": ["gateway/model", RUNTIME],
  "gateway/runtime": [],
  "gateway/model": ["ts-bindings"],
};
