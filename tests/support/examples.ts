// Examples of the guide's pages, read from the Markdown, so that what a test runs is what a reader
// copies. An example is the fenced block below a line `<!-- example: NAME -->`.

import { readFileSync } from "node:fs";

/** The text between the fences, with the indentation of the fence taken off. */
export function example(page: string, name: string): string {
  const found = examplesOf(page).find((one) => one.name === name);
  if (found === undefined) throw new Error(`No example "${name}" in ${pagePath(page)}`);
  return found.text;
}

/** Every fenced block of a page; `name` is undefined where no marker stands above it. */
export function examplesOf(page: string): { name: string | undefined; text: string }[] {
  const markdown = readFileSync(new URL(`../../${pagePath(page)}`, import.meta.url), "utf8");
  return [...markdown.matchAll(BLOCK)].map(({ groups }) => ({
    name: groups?.name,
    text: _dedent(groups?.body ?? "", groups?.indent?.length ?? 0),
  }));
}

/** The words of an example that is one command of the gateway, without its name. */
export function gatewayWords(page: string, name: string): string[] {
  const [program, ...words] = example(page, name).replaceAll("\\\n", " ").trim().split(/\s+/);
  if (program !== "culvert") throw new Error(`"${name}" of ${pagePath(page)} is no command`);
  return words;
}

export function pagePath(page: string): string {
  return `docs/guide/${page}.md`;
}

function _dedent(body: string, columns: number): string {
  return body.split("\n").map((line) => line.slice(columns)).join("\n");
}

const BLOCK =
  /(?:^ *<!-- example: (?<name>\S+) -->\n+)?^(?<indent> *)```\w*\n(?<body>[\s\S]*?)^ *```$/gm;
