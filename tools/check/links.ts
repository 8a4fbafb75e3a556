// Checks that links in the documents lead to existing files and headings.

import { dirname, normalize } from "node:path/posix";
import { type Files, lineAt, pathsOf, select } from "./files.ts";

/** Reports links inside the project that lead nowhere. */
export function checkLinks(files: Files): string[] {
  const paths = pathsOf(files);
  return select(files, /\.md$/).flatMap(([path, text]) =>
    [...text.matchAll(LINK)].flatMap((match) => {
      const [target = "", fragment] = (match[1] ?? "").split("#");
      const to = target === "" ? path : normalize(`${dirname(path)}/${target}`).replace(/\/$/, "");
      const where = `${path}:${lineAt(text, match.index)}:`;
      if (!paths.has(to)) return [`${where} no file ${to}`];
      const anchors = _anchors(files.get(to) ?? "");
      if (fragment === undefined || !to.endsWith(".md") || anchors.has(fragment)) return [];
      return [`${where} no heading #${fragment} in ${to}`];
    })
  );
}

/** Headings as GitHub names them. */
function _anchors(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")
    ),
  );
}

/** `[text](target)` without a scheme. */
const LINK = /\]\((?!\w+:)([^)\s]+)\)/g;
