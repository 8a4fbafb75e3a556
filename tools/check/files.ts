// Reads the files that the guards check: all files of the project, by their path from the root.

import { projectFiles, ROOT } from "../run.ts";

/**
 * Text by path. Data (pictures, modules, lock files, test vectors) is listed with an empty text.
 */
export type Files = ReadonlyMap<string, string>;

/**
 * A guard takes files and returns one line for each problem. Each line begins with `path:line:`.
 */
export type Guard = (files: Files) => string[];

/** Reads the tracked files, and new files that git does not ignore. */
export async function readFiles(): Promise<Files> {
  const paths = await projectFiles();
  return new Map(await Promise.all(paths.map(_readFile)));
}

async function _readFile(path: string): Promise<readonly [string, string]> {
  const isText = TEXT.test(path) && !DATA.test(path);
  return [path, isText ? await Deno.readTextFile(`${ROOT}/${path}`) : ""];
}

/** `files` whose path matches `pattern`. */
export function select(files: Files, pattern: RegExp): [string, string][] {
  return [...files].filter(([path]) => pattern.test(path));
}

/** Every path that there is: files, and the folders that they lie in. */
export function pathsOf(files: Files): Set<string> {
  const paths = new Set(files.keys());
  for (const path of files.keys()) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      paths.add(path.slice(0, at));
    }
  }
  return paths;
}

/** 1-based line of an offset in `text`. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

const TEXT =
  /(\.(ts|js|rs|md|json|toml|sh|py|html|css|yml|yaml|txt|service)|(^|\/)(run|\.\w+|LICENSE[\w-]*))$/;

const DATA = /(^|\/)(tests\/vectors\/|deno\.lock$|Cargo\.lock$)/;
