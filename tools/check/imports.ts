// Imports point one way (docs/architecture.md): bench, tests -> gateway -> ts-bindings; inside the gateway cli -> shell -> lane ->
// linux, api -> shell, and everyone may use the interface of runtime. No module reaches itself again.

import { dirname, normalize } from "node:path/posix";
import { type Files, lineAt, select } from "./files.ts";

/** Reports imports against the arrows, of a runtime's adapter, and cycles. */
export function checkImports(files: Files): string[] {
  const edges = select(files, /\.ts$/).flatMap(([path, text]) => importsOf(path, text));
  const runs = edges.filter((edge) => !edge.isType);
  const cycles = closingEdges(runs)
    .map(({ from, to, line }) => `${from}:${line}: cycle through ${to}`);
  return [...edges.flatMap(_arrowProblem), ...cycles];
}

/** Imports of one module that stay in the project. */
export function importsOf(path: string, text: string): Edge[] {
  return [...text.matchAll(IMPORT)].map((match) => ({
    from: path,
    to: normalize(`${dirname(path)}/${match[2] ?? ""}`),
    line: lineAt(text, match.index),
    isType: match[1] !== undefined,
  }));
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
  /** `import type` does not run anything, so it makes no cycle. */
  readonly isType: boolean;
}

function _arrowProblem({ from, to, line }: Edge): string[] {
  if (ADAPTER.test(to) && _layer(from) !== "gateway/runtime") {
    return [`${from}:${line}: ${to} belongs to gateway/runtime alone`];
  }
  const [source, target] = [_layer(from), _layer(to)];
  // A test may use what helps it; a fake kernel stands in for the real one.
  const isTest = /_test\.ts$|\/fake\//.test(from);
  if (isTest || source === target || (ARROWS[source] ?? []).includes(target)) return [];
  if (SHARED.includes(to)) return [];
  return [`${from}:${line}: ${source} imports ${target} (${to})`];
}

/** The edges that close a cycle: without them there is none. */
export function closingEdges<E extends Pick<Edge, "from" | "to">>(edges: readonly E[]): E[] {
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

const IMPORT = /^(?:import|export)(\s+type)?\b(?:[^"';]*?\bfrom)?\s*"(\.[^"]+)"/gm;

const ADAPTER = /^gateway\/runtime\/(deno|bun)\.ts$/;

/** Interfaces that more than one layer speaks, the number of the release, and the form of the log. */
const SHARED: readonly string[] = [
  "gateway/log_line.ts",
  "gateway/runtime/types.ts",
  "gateway/shell/types.ts",
  "gateway/version.ts",
];

const GATEWAY = ["api", "cli", "config", "dashboard", "engine", "lane", "linux", "runtime", "shell"]
  .map((folder) => `gateway/${folder}`);

/** Who may import whom. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "bench": ["gateway", ...GATEWAY, "ts-bindings", "tests"],
  "tests": ["gateway", ...GATEWAY, "ts-bindings"],
  "tools": ["gateway", ...GATEWAY, "tests", "ts-bindings"],
  "gateway": [...GATEWAY, "ts-bindings"],
  "gateway/cli": [
    "gateway/api",
    "gateway/config",
    "gateway/engine",
    "gateway/runtime",
    "gateway/shell",
    "ts-bindings",
  ],
  "gateway/api": ["gateway/config", "gateway/dashboard", "gateway/shell", "ts-bindings"],
  "gateway/config": ["ts-bindings"],
  "gateway/shell": [
    "gateway/config",
    "gateway/engine",
    "gateway/lane",
    "gateway/linux",
    "gateway/runtime",
    "ts-bindings",
  ],
  "gateway/engine": ["gateway/runtime", "ts-bindings"],
  "gateway/lane": ["gateway/engine", "gateway/linux", "gateway/runtime", "ts-bindings"],
  "gateway/linux": ["gateway/runtime"],
  "gateway/runtime": ["ts-bindings"],
};
