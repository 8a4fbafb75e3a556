import { deepEqual, match, throws } from "node:assert/strict";
import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { openEngineWith } from "./engine_symbols.ts";
import { runtime } from "./mod.ts";
import { UnsafeLibraryError } from "./types.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "culvert-library-")));
const library = join(folder, "lib.so");
writeFileSync(library, "no library");
chmodSync(library, 0o755);
const user = process.getuid?.() ?? 0;

after(() => rmSync(folder, { recursive: true }));

test("openEngineWith() opens what it has checked, and not the link to it", () => {
  const link = join(folder, "link.so");
  symlinkSync(library, link);
  const opened: string[] = [];
  const privileges = (): { user: number; isElevated: boolean } => ({ user, isElevated: false });
  openEngineWith(link, { privileges, open: (path) => opened.push(path) });
  deepEqual(opened, [library]);
});

test("openEngineLibrary() does not open what others can write", () => {
  chmodSync(library, 0o777);
  throws(() => runtime.openEngineLibrary(library), (error) => {
    const { message } = error as Error;
    match(message, /^\/\S+lib\.so is not safe to load: \S+lib\.so can be written by everybody /);
    return error instanceof UnsafeLibraryError;
  });
  chmodSync(library, 0o755);
  throws(() => runtime.openEngineLibrary(library), (error) => {
    return !(error instanceof UnsafeLibraryError);
  });
});
