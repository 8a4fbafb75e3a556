// Works on a private folder until it is killed, or once where it cannot write.

import { equal, ok, rejects } from "node:assert/strict";
import process from "node:process";
import { openPrivateFolder } from "../../../gateway/runtime/private_folder.ts";

const [, , what = "", path = ""] = process.argv;

/** Octets that tell whether they are all there. */
export function patternOf(round: number): Uint8Array {
  return new Uint8Array(200_000).fill(round & 0xff);
}

async function replaceForEver(): Promise<void> {
  const folder = await openPrivateFolder(path, []);
  for (let round = 0;; round++) {
    await folder.replace("file", patternOf(round));
    process.stdout.write(`${round}\n`);
  }
}

/** The disk has less room than the second file takes. */
async function fillDisk(): Promise<void> {
  const folder = await openPrivateFolder(path, []);
  await folder.replace("file", Uint8Array.of(1, 2, 3));
  const large = new Uint8Array(1 << 20);
  await rejects(folder.replace("file", large), /^Error: Cannot write \S+\/file: ENOSPC$/);
  await rejects(folder.create("other", large), /^Error: Cannot write \S+\/other: ENOSPC$/);
  equal((await folder.read("file"))?.length, 3);
  equal(await folder.read("other"), undefined);
  // Nothing unfinished takes the room that is left.
  ok(await folder.create("small", Uint8Array.of(1)));
}

async function readOnly(): Promise<void> {
  const folder = await openPrivateFolder(path, []);
  equal((await folder.read("file"))?.length, 3);
  const one = Uint8Array.of(1);
  await rejects(folder.replace("file", one), /^Error: Cannot write \S+\/file: EROFS$/);
  await rejects(folder.create("other", one), /^Error: Cannot write \S+\/other: EROFS$/);
  await rejects(folder.remove("file"), /^Error: Cannot remove \S+\/file: EROFS$/);
  await rejects(openPrivateFolder(path, ["part"]), /^Error: Cannot make \S+\/part: EROFS$/);
}

switch (what) {
  case "replace":
    await replaceForEver();
    break;
  case "full":
    await fillDisk();
    break;
  case "read-only":
    await readOnly();
    break;
}
