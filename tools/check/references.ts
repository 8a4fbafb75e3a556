// What comments and documents cite is there: documents by path, decisions and protocol rules by
// number, and files that a document names. A path is written from the root of the project, or from
// the folder of the file that cites it.

import { dirname, normalize } from "node:path/posix";
import { type Files, lineAt, pathsOf, select } from "./files.ts";

/** Reports references that lead nowhere, and rules that are not cited as "rule T49". */
export function checkReferences(files: Files): string[] {
  const known: Known = {
    paths: pathsOf(files),
    rules: new Set([RULES, IKE_RULES].flatMap((path) => rulesOf(files.get(path) ?? ""))),
  };
  return select(files, SOURCES).filter(([path]) => !EXEMPT.test(path)).flatMap(([path, text]) => [
    ...pathProblems(path, text, known),
    ...ruleProblems(path, text, known),
    ...(path.endsWith(".md") ? fileProblems(path, text, known) : []),
  ]);
}

interface Known {
  /** Every file and folder. */
  readonly paths: ReadonlySet<string>;
  readonly rules: ReadonlySet<string>;
}

/** Numbers in the first column of the tables. */
function rulesOf(text: string): string[] {
  return [...text.matchAll(DEFINED)].map(([, rule = ""]) => rule);
}

function pathProblems(path: string, text: string, { paths }: Known): string[] {
  const cited = [DOCUMENT, FOLDER, DECISION].flatMap((pattern) => [...text.matchAll(pattern)])
    .filter(([target]) => !isThere(paths, path, target.replace(/[./]+$/, "")));
  return [
    ...new Set(cited.map((match) => {
      return `${path}:${lineAt(text, match.index)}: ${match[0]} leads nowhere`;
    })),
  ];
}

/** From the root, from the folder of the file that cites it, or a decision by its number. */
function isThere(paths: ReadonlySet<string>, from: string, target: string): boolean {
  if (paths.has(target) || paths.has(normalize(`${dirname(from)}/${target}`))) return true;
  const [, number] = /\bdecisions\/(\d{4})$/.exec(target) ?? [];
  return number !== undefined &&
    [...paths].some((path) => path.startsWith(`${DECISIONS}${number}-`));
}

function ruleProblems(path: string, text: string, { rules }: Known): string[] {
  const cited = [...text.matchAll(RULE), ...(TESTS.test(path) ? text.matchAll(NAME) : [])];
  const unknown = cited.flatMap((match) =>
    rulesIn(match[1] ?? "").filter((rule) => !rules.has(rule))
      .map((rule) => `${path}:${lineAt(text, match.index)}: no rule ${rule} in ${pageOf(rule)}`)
  );
  const bare = [...text.matchAll(BARE)]
    .map((match) => `${path}:${lineAt(text, match.index)}: say "rule ${match[1]}"`);
  return [...unknown, ...bare];
}

/** `T53, L30 to L32` as single rules. */
function rulesIn(list: string): string[] {
  return list.split(/, | and /).flatMap((part) => {
    const [first = "", last = first] = part.split(" to ");
    const [prefix = ""] = /^[A-Z]+/.exec(first) ?? [];
    const [from = 0, to = from] = [first, last].map((rule) => Number(rule.replace(prefix, "")));
    const numbers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
    return numbers.map((number) => `${prefix}${number}`);
  });
}

/** The page that has to define a rule. */
function pageOf(rule: string): string {
  return rule.startsWith("I") ? IKE_RULES : RULES;
}

/** Files in code spans. The end of a path is enough: folders move more often than names change. */
function fileProblems(path: string, text: string, { paths }: Known): string[] {
  const ends = (name: string): boolean =>
    [...paths].some((known) => known === name || known.endsWith(`/${name}`));
  return [...text.matchAll(FILE)].filter(([, name = ""]) => !ends(name) && !PLACEHOLDER.test(name))
    .map((match) => `${path}:${lineAt(text, match.index)}: no file ${match[1]}`);
}

const RULES = "docs/reference/protocol-rules.md";
const IKE_RULES = "docs/reference/ike-rules.md";

/** A rule's number. Those of IKE begin with I and the letter of their part. */
const NUMBER = String.raw`(?:I[ACKSTW]|[TEAPL])\d{1,3}`;

/** A rule in the first column of a table. */
const DEFINED = new RegExp(String.raw`^\| (${NUMBER}) \|`, "gm");

const SOURCES = /\.(ts|js|rs|sh|ya?ml|toml|json|py|md)$|(^|\/)run$/;

/** What others made, and tests of the guards, which hold what they look for. */
const EXEMPT =
  /^gateway\/dashboard\/uplot\.|^tools\/check\/guards_test\.ts$|^bench\/results\/|lock/;

/**
 * A document by its name, with or without folders; not in a URL, a glob, or a string that is one.
 */
const DOCUMENT = /(?<![\w./*$}":-])[\w./-]*\w\.md(?![\w])/g;

/** A path below `docs`, with a name or without; `docs/design/decisions/0004` is one. */
const FOLDER = /(?<![\w./-])docs\/[\w./-]*/g;

/** A decision by its number alone. */
const DECISION = /(?<![\w./-])decisions\/\d{4}\b(?!-)/g;

const DECISIONS = "docs/design/decisions/";

const LIST = String.raw`${NUMBER}(?:(?:, | and | to )${NUMBER})*`;

/** In prose: "rule T49", "rules L30 to L32". */
const RULE = new RegExp(String.raw`\b[Rr]ules? (${LIST})(?!\w)`, "g");

/** At the front of a test's name: `T53, T54: ...`. */
const NAME = new RegExp(String.raw`["\u0060](${LIST}): `, "g");

const TESTS = /_test\.ts$|_cases\.ts$|^tests\//;

/** A rule alone in brackets. */
const BARE = new RegExp(String.raw`\((${LIST})\)`, "g");

/** A file of the project in a code span of a document. */
const FILE = /`([\w./-]*\w(?:_test|_cases)?\.(?:ts|rs|sh|py))`/g;

/** `fakes/X.ts`: the form of a name. */
const PLACEHOLDER = /(^|[/_])X[._]/;
