// The page as one file. Style, script and data are inside it, so that it opens from a disk as well
// as from a server. Its policy allows its own two scripts and its style by their digests, and
// nothing else (decision 0007).

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { PageData } from "./types.ts";

/** The page, and its policy as the value of a header. */
export interface Page {
  readonly html: string;
  readonly policy: string;
}

/**
 * Makes the page. The script is bundled once per process; later changes to its modules are not
 * seen.
 */
export async function renderPage(data: PageData): Promise<Page> {
  bundled ??= bundle();
  const script = await bundled;
  const style = STYLES.map(read).join("\n");
  const theme = read("../../gateway/dashboard/theme.js");
  const policy = [
    "default-src 'none'",
    `script-src ${digest(theme)} ${digest(script)}`,
    `style-src ${digest(style)}`,
    "img-src data:",
    `connect-src ${data.programs.length === 0 ? "'none'" : "'self'"}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  const parts: Readonly<Record<string, string>> = {
    policy: `<meta http-equiv="content-security-policy" content="${policy}">`,
    style: `<style>${style}</style>`,
    theme: `<script>${theme}</script>`,
    data: `<script type="application/json" id="data">${inertJson(data)}</script>`,
    script: `<script type="module">${script}</script>`,
  };
  const html = read("page/index.html").replaceAll(
    /<!-- (\w+) -->/g,
    (whole, name: string) => parts[name] ?? whole,
  );
  return { html, policy };
}

/**
 * Data as JSON that cannot end the element around it. Each record is one line, so that a diff shows
 * a changed record as a changed line.
 */
export function inertJson({ files, ...rest }: PageData): string {
  const texts = files.map(({ name, records }) =>
    `{"name":${JSON.stringify(name)},"records":[\n${records.map(toJson).join(",\n")}\n]}`
  );
  const others = JSON.stringify(rest).slice(1);
  return `{"files":[${texts.join(",")}],${others}`.replaceAll("<", "\\u003c");
}

let bundled: Promise<string> | undefined;

/**
 * Bundles the page's modules and uPlot with the Bun that package.json pins: another version may
 * minify to other octets.
 *
 * @throws {Error} If it is not installed
 */
async function bundle(): Promise<string> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const bun = `${root}node_modules/.bin/bun`;
  if (!existsSync(bun)) {
    throw new Error("Cannot bundle the page: node_modules/.bin/bun is not there (deno install)");
  }
  const args = ["build", "--minify", "--target=browser", "bench/dashboard/page/main.js"];
  const { stdout: script } = await promisify(execFile)(bun, args, { cwd: root });
  if (/<\/script|<!--/i.test(script)) throw new Error("Cannot inline the script: it ends itself");
  return script;
}

const STYLES: readonly string[] = [
  ...["uplot", "tokens", "base", "bar", "panels", "facts", "dialogs", "narrow"]
    .map((name) => `../../gateway/dashboard/${name}.css`),
  "page/page.css",
];

function toJson(value: unknown): string {
  return JSON.stringify(value);
}

function digest(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}
