import { deepEqual, match } from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runtime } from "./mod.ts";

const top = realpathSync(mkdtempSync(join(tmpdir(), "culvert-exposure-")));
const folder = join(top, "etc");
const file = join(folder, "token");
mkdirSync(folder);
writeFileSync(file, "secret");
after(() => rmSync(top, { recursive: true }));

const NOBODY = { readable: undefined, writable: undefined };

test("exposureOf() tells of files that everybody can read", () => {
  for (const name of [top, folder]) chmodSync(name, 0o755);
  chmodSync(file, 0o644);
  const readable = `${file} can be read by everybody (chmod o-r ${file})`;
  deepEqual(runtime.exposureOf(file), { ...NOBODY, readable });
  for (const mode of [0o600, 0o640, 0o440]) {
    chmodSync(file, mode);
    deepEqual(runtime.exposureOf(file), NOBODY, mode.toString(8));
  }
});

test("exposureOf() does not tell of a file in a folder that is closed to others", () => {
  chmodSync(file, 0o644);
  for (const name of [top, folder]) {
    chmodSync(name, 0o750);
    deepEqual(runtime.exposureOf(file), NOBODY, name);
    chmodSync(name, 0o755);
  }
});

test("exposureOf() tells of files and folders that others can write", () => {
  chmodSync(file, 0o600);
  chmodSync(folder, 0o777);
  match(runtime.exposureOf(file).writable ?? "", /\/etc can be written by everybody/);
  chmodSync(folder, 0o755);
  chmodSync(file, 0o620);
  match(runtime.exposureOf(file).writable ?? "", /token can be written by its group/);
});

test("exposureOf() tells of nobody for what is not there or no file", () => {
  deepEqual(runtime.exposureOf(join(folder, "none")), NOBODY);
  deepEqual(runtime.exposureOf("/dev/null"), NOBODY);
});
