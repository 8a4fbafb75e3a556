// Modules of the Rust crates form no cycle, and neither do the rooms (top-level modules) that they
// stand in.

import { type Files, lineAt, select } from "./files.ts";
import { closingEdges } from "./imports.ts";

/** Reports each import that closes a cycle of modules or of rooms. */
export function checkRustModules(files: Files): string[] {
  return CRATES.flatMap((crate) => _checkCrate(crate, files));
}

function _checkCrate(crate: string, files: Files): string[] {
  const prefix = `${crate}/src/`;
  const sources = select(files, new RegExp(`^${prefix}.*\\.rs$`));
  const modules = new Map(sources.map(([path]) => [_modulePath(path.slice(prefix.length)), path]));
  const edges = sources.flatMap(([path, text]) => {
    const own = _modulePath(path.slice(prefix.length));
    return _edgesOf({ path, text: _withoutTests(text), own }, modules);
  });
  const rooms = edges
    .map((edge) => ({ edge, from: _room(prefix, edge.from), to: _room(prefix, edge.to) }))
    .filter(({ from, to }) => from !== to && ![from, to].includes("lib.rs"));
  return [
    ...closingEdges(_once(edges)).map(({ from, to, line }) =>
      `${from}:${line}: cycle through ${to}`
    ),
    ...closingEdges(_once(rooms)).map(({ edge, from, to }) =>
      `${edge.from}:${edge.line}: ${from} imports ${to}, which leads back to it`
    ),
  ];
}

/** The first edge of each pair. */
function _once<E extends Pick<Edge, "from" | "to">>(edges: readonly E[]): E[] {
  const first = new Map<string, E>();
  for (const edge of edges) {
    const pair = `${edge.from} ${edge.to}`;
    if (!first.has(pair)) first.set(pair, edge);
  }
  return [...first.values()];
}

interface Source {
  readonly path: string;
  readonly text: string;
  /** `a::b` for `src/a/b.rs` and for `src/a/b/mod.rs`; empty for the root. */
  readonly own: string;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/** Imports of one file, each from the file to the one that has what is named, or passes it on. */
function _edgesOf({ path, text, own }: Source, modules: ReadonlyMap<string, string>): Edge[] {
  const code = text.replace(/\/\/.*|\bpub\(in [^)]*\)/g, (found) => " ".repeat(found.length));
  const children = [...code.matchAll(DECLARED)].map((match) => match[1] ?? "");
  const inline = _inlineModules(code);
  return [..._namedPaths(code, children)].flatMap(({ segments, offset }) => {
    const base = [
      own,
      ...inline.filter((m) => m.start < offset && offset < m.end).map((m) => m.name),
    ]
      .filter((name) => name !== "").join("::");
    const to = _resolve(segments, base.split("::").filter((name) => name !== ""), modules);
    return to === undefined || to === path ? [] : [{ from: path, to, line: lineAt(text, offset) }];
  });
}

interface NamedPath {
  readonly segments: readonly string[];
  readonly offset: number;
}

/** Every path in `code` that begins in this crate. */
function* _namedPaths(code: string, children: readonly string[]): Generator<NamedPath> {
  const start = ["crate", "super", "self", ...children].join("|");
  for (const match of code.matchAll(USE)) {
    for (const segments of _expand(match[1] ?? "")) {
      if (new RegExp(`^(${start})$`).test(segments[0] ?? "")) {
        yield { segments, offset: match.index };
      }
    }
  }
  const rest = code.replace(USE, (found) => found.replace(/[^\n]/g, " "));
  for (const match of rest.matchAll(new RegExp(`(?<![\\w:])(?:${start})(?:::\\w+)+`, "g"))) {
    yield { segments: match[0].split("::"), offset: match.index };
  }
}

/** The paths of one tree of a `use`: `a::{b, c::d}` is `a::b` and `a::c::d`. */
function _expand(tree: string): string[][] {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/\s+as\s+\w+/, "").split("::").map((name) => name.trim())];
  const head = tree.slice(0, open).split("::").map((name) => name.trim()).filter((name) => name);
  const parts = _parts(tree.slice(open + 1, tree.lastIndexOf("}")));
  return parts.flatMap((part) => _expand(part).map((tail) => [...head, ...tail]));
}

/** The parts between commas outside of braces. */
function _parts(list: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of list) {
    if (letter === "{") depth += 1;
    if (letter === "}") depth -= 1;
    if (letter === "," && depth === 0) parts.push("");
    else parts.push(`${parts.pop()}${letter}`);
  }
  return parts.filter((part) => part.trim() !== "");
}

/**
 * The file of the longest front of the path that is a module; `base` is the module that says it.
 */
function _resolve(
  segments: readonly string[],
  base: readonly string[],
  modules: ReadonlyMap<string, string>,
): string | undefined {
  const first = segments[0] ?? "";
  const isRelative = !["crate", "super"].includes(first);
  const at = first === "crate" ? [] : [...base];
  for (const segment of segments) {
    if (segment === "super") at.pop();
    else if (segment !== "crate" && segment !== "self") at.push(segment);
  }
  const least = isRelative && first !== "self" ? base.length + 1 : 0;
  for (let length = at.length; length >= least; length -= 1) {
    const file = modules.get(at.slice(0, length).join("::"));
    if (file !== undefined) return file;
  }
  return undefined;
}

interface InlineModule {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Modules written inside of a file; rustfmt puts their last brace under their first letter. */
function _inlineModules(code: string): InlineModule[] {
  return [...code.matchAll(/^( *)(?:pub(?:\(\w+\))? )?mod (\w+) \{$/gm)].map((match) => {
    const end = code.indexOf(`\n${match[1] ?? ""}}`, match.index);
    return { name: match[2] ?? "", start: match.index, end: end < 0 ? code.length : end };
  });
}

/** The text with lines of test modules emptied. */
function _withoutTests(text: string): string {
  return text.replace(
    /^#\[cfg\(test\)\]\nmod \w+ \{\n[^]*?^\}$/gm,
    (tests) => tests.replace(/[^\n]/g, ""),
  );
}

function _modulePath(file: string): string {
  return file.replace(/(^|\/)(lib|mod)\.rs$/, "").replace(/\.rs$/, "").replaceAll("/", "::");
}

/** Folder or file right below `src`. */
function _room(prefix: string, path: string): string {
  return path.slice(prefix.length).split("/")[0] ?? "";
}

const CRATES: readonly string[] = [
  "wasm-core",
  "wasm-pki",
  "native-engine",
  "tools/taint",
  "tools/vectors",
];

const DECLARED = /^(?:pub(?:\(\w+\))? )?mod (\w+);$/gm;

const USE = /\buse\s+([^;]+);/g;
