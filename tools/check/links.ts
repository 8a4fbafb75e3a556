// Checks that links in the documents lead to existing files and headings.

import { dirname, normalize } from "node:path/posix";
import { type Files, lineAt, select } from "./files.ts";

/** Reports links inside the project that lead nowhere. */
export function checkLinks(files: Files): string[] {
  const folders = new Set([...files.keys()].flatMap(_parents));
  return select(files, /\.md$/).flatMap(([path, text]) =>
    [...text.matchAll(LINK)].flatMap((match) => {
      const [target = "", fragment] = (match[1] ?? "").split("#");
      const to = target === "" ? path : normalize(`${dirname(path)}/${target}`).replace(/\/$/, "");
      const where = `${path}:${lineAt(text, match.index)}:`;
      if (!files.has(to) && !folders.has(to)) return [`${where} no file ${to}`];
      const anchors = _anchors(files.get(to) ?? "");
      if (fragment === undefined || !to.endsWith(".md") || anchors.has(fragment)) return [];
      return [`${where} no heading #${fragment} in ${to}`];
    })
  );
}

function _parents(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Anchors of the headings, as GitHub makes them. */
function _anchors(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")
    ),
  );
}

/** `[text](target)` without a scheme. */
const LINK = /\]\((?!\w+:)([^)\s]+)\)/g;
