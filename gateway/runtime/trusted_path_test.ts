import { equal, ok, throws } from "node:assert/strict";
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { trustedPath, UntrustedPathError } from "./trusted_path.ts";

const OWN = process.getuid?.() ?? 0;
const OTHER = 65_534;
const BY_OWN = { user: OWN, isElevated: false };
const NOT_ROOT = OWN === 0 ? false : "needs root to give files away";

let top = "";
let file = "";

before(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "culvert-trust-")));
  mkdirSync(join(top, "a/b"), { recursive: true, mode: 0o755 });
  file = join(top, "a/b/lib.so");
});

after(() => rmSync(top, { recursive: true, force: true }));

/** Makes the folders and the file anew, changes them, and expects a complaint about one of them. */
function expectUntrusted(change: () => void, complaint: (path: string) => string): void {
  reset();
  change();
  throws(() => trustedPath(file, BY_OWN), (error) => {
    ok(error instanceof UntrustedPathError, String(error));
    equal(error.message, complaint(join(top, "a")));
    return true;
  });
  reset();
  equal(trustedPath(file, BY_OWN), file);
}

function reset(): void {
  rmSync(join(top, "a"), { recursive: true, force: true });
  mkdirSync(join(top, "a/b"), { recursive: true });
  for (const folder of ["a", "a/b"]) chmodSync(join(top, folder), 0o755);
  writeFileSync(file, "");
  chmodSync(file, 0o755);
}

test("trustedPath() refuses what group or everybody can write, at any height", () => {
  // The group of a user who is not root may be a private one.
  const modes = OWN === 0 ? [0o775, 0o664, 0o757, 0o777, 0o4775] : [0o757, 0o777];
  for (const mode of modes) {
    const who = mode & 0o002 ? "everybody" : "its group";
    for (const name of ["", "/b", "/b/lib.so"]) {
      expectUntrusted(
        () => chmodSync(`${join(top, "a")}${name}`, mode | 0o111),
        (a) => `${a}${name} can be written by ${who} (chmod go-w ${a}${name})`,
      );
    }
  }
});

test("trustedPath() lets the private group of the user write", { skip: NOT_ROOT }, () => {
  reset();
  const user = 12_345;
  const names = ["a", "a/b", "a/b/lib.so"].map((name) => join(top, name));
  for (const name of names) {
    lchownSync(name, user, user);
    chmodSync(name, 0o775);
  }
  const privileges = { user, isElevated: false };
  equal(trustedPath(file, privileges), file);
  chmodSync(file, 0o777);
  throws(() => trustedPath(file, privileges), UntrustedPathError);
  chmodSync(file, 0o775);
  lchownSync(file, user, OTHER);
  throws(() => trustedPath(file, privileges), UntrustedPathError);
});

test("trustedPath() refuses what belongs to others, at any height", { skip: NOT_ROOT }, () => {
  for (const name of ["", "/b", "/b/lib.so"]) {
    expectUntrusted(
      () => lchownSync(`${join(top, "a")}${name}`, OTHER, OTHER),
      (a) => `${a}${name} belongs to user ${OTHER} (chown root ${a}${name})`,
    );
  }
});

test("trustedPath() takes a folder with the sticky bit, and no sticky file", () => {
  reset();
  chmodSync(join(top, "a"), 0o1777);
  equal(trustedPath(file, BY_OWN), file);
  chmodSync(file, 0o1777);
  throws(() => trustedPath(file, BY_OWN), UntrustedPathError);
});

test("trustedPath() checks the way to a link as well as what it leads to", () => {
  reset();
  mkdirSync(join(top, "links"), { recursive: true });
  const link = join(top, "links/lib.so");
  symlinkSync("../a/./b/../b/lib.so", link);
  equal(trustedPath(link, BY_OWN), file);
  chmodSync(join(top, "links"), 0o777);
  throws(() => trustedPath(link, BY_OWN), /links can be written by everybody/);
  chmodSync(join(top, "links"), 0o755);
  chmodSync(join(top, "a/b"), 0o775);
  throws(() => trustedPath(link, BY_OWN), /a\/b can be written by its group/);
});

test("trustedPath() refuses a link that others have made", { skip: NOT_ROOT }, () => {
  reset();
  const link = join(top, "others");
  symlinkSync(file, link);
  lchownSync(link, OTHER, OTHER);
  throws(() => trustedPath(link, BY_OWN), /others belongs to user 65534/);
});

test("trustedPath() ends on a ring of links", () => {
  symlinkSync("ring", join(top, "ring"));
  throws(() => trustedPath(join(top, "ring"), BY_OWN), /more than 40 links/);
});

test("trustedPath() trusts nobody but root in a program with more privileges", () => {
  reset();
  const { user } = OWN === 0 ? { user: OTHER } : BY_OWN;
  if (OWN === 0) lchownSync(file, OTHER, OTHER);
  throws(() => trustedPath(file, { user, isElevated: true }), /belongs to user/);
  if (OWN !== 0) return;
  equal(trustedPath(file, { user, isElevated: false }), file);
});
