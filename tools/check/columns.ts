// Prose is wrapped at 100 columns: comments, and Markdown except lines that cannot be wrapped.

import { type Files, select } from "./files.ts";

/** Reports lines of comments and of Markdown prose that are too long. */
export function checkColumns(files: Files): string[] {
  return select(files, /\.(ts|js|rs|sh|ya?ml|toml|py|css|md)$|(^|\/)run$/)
    .filter(([path]) => !EXEMPT.test(path))
    .flatMap(([path, text]) =>
      longLines(path, text).map((line) => `${path}:${line}: over ${COLUMNS_MAX} columns`)
    );
}

/** 1-based numbers of the lines that are too long. */
function longLines(path: string, text: string): number[] {
  const isMarkdown = path.endsWith(".md");
  let isInFence = false;
  return text.split("\n").flatMap((line, at) => {
    if (isMarkdown && /^\s*```/.test(line)) isInFence = !isInFence;
    const isProse = isMarkdown ? !isInFence && isWrappable(line) : COMMENT.test(line);
    return isProse && widthOf(line) > COLUMNS_MAX ? [at + 1] : [];
  });
}

/** Tables, headings and indented code stay as they are. */
function isWrappable(line: string): boolean {
  return !/^\||^#|^ {4}|^!\[/.test(line);
}

/** Columns, without addresses and targets of links; 0 for a line that cannot be broken. */
function widthOf(line: string): number {
  const text = line.replaceAll(/\]\([^)]*\)/g, "]").replaceAll(/https?:\/\/\S+/g, "");
  const isOneWord =
    text.trim().replace(/^(\/\/[/!]?|\*|#|[-*]|\d+\.) /, "").split(" ").length === 1;
  return isOneWord || LINT.test(line) || CODE_SPAN.test(line) ? 0 : [...text].length;
}

const COLUMNS_MAX = 100;

/** A line that holds only a comment. An indented comment is a drawing, and is left out. */
const COMMENT = /^\s*(\/\/|\/?\*|# )(?! {4})/;

/** Directives are one line by their own rules. */
const LINT = /deno-lint-ignore|@ts-|biome-ignore|eslint-disable/;

/** A line of nothing but one code span, which must not be broken. */
const CODE_SPAN = /^\s*`[^`]+`[.,;:]?$/;

/** As their authors made them, or as a program writes them. */
const EXEMPT = /^gateway\/dashboard\/uplot\.|^bench\/results\/|^ts-bindings\/esp\.|lock$/;
