// A folder of the process's user alone, whose files change as a whole: a power cut, a full disk or
// another process at the same time leaves the old octets or the new ones
// (docs/design/decisions/0026-state-in-plain-files.md).

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode } from "./files.ts";
import type { PrivateFolder } from "./types.ts";

/**
 * Opens a folder and makes what is missing of it, with mode 0700.
 *
 * @param parts Folders inside it, which are made too
 * @throws {Error} If it cannot be made, or others may enter it
 */
export async function openPrivateFolder(
  path: string,
  parts: readonly string[],
): Promise<PrivateFolder> {
  const root = resolve(path);
  for (const folder of [root, ...parts.map((part) => join(root, part))]) await prepare(folder);
  const at = (name: string): string => join(root, name);
  return {
    path: root,
    read: (name) => readOctets(at(name)),
    list: (part) => attempt("read", at(part), () => listFiles(at(part))),
    version: (part) => attempt("read", at(part), () => versionOf(at(part))),
    create: (name, octets) => attempt("write", at(name), () => createFile(at(name), octets)),
    replace: (name, octets) => attempt("write", at(name), () => replaceFile(at(name), octets)),
    remove: (name) => attempt("remove", at(name), () => removeFile(at(name))),
  };
}

/**
 * Writes a file with mode 0600, whatever folder it is in; one that is there is replaced.
 *
 * @throws {Error} `Cannot write /x/a.toml: ENOSPC`
 */
export function writePrivateFile(path: string, octets: Uint8Array): Promise<void> {
  const file = resolve(path);
  return attempt("write", file, () => replaceFile(file, octets));
}

/** Others may neither read nor enter it, nor write to it. */
const OTHERS = 0o077;

/** In front of a file that is not complete yet. */
const UNFINISHED = ".new-";

/** An older unfinished file is a process's that has died, ms. */
const UNFINISHED_MS = 60_000;

async function prepare(folder: string): Promise<void> {
  await attempt("make", folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  const { mode } = await attempt("read", folder, () => stat(folder));
  if ((mode & OTHERS) !== 0) {
    throw new Error(`Cannot use ${folder}: other users may enter it (chmod 700 ${folder})`);
  }
  // What cannot be cleared away does no harm: nothing reads it.
  await clearUnfinished(folder).catch(() => {});
}

async function clearUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(UNFINISHED)) continue;
    const file = join(folder, name);
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > UNFINISHED_MS) await unlink(file);
  }
}

async function readOctets(file: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw failure("read", file, error);
  }
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map(({ name }) => name);
}

/** Names of files change the folder's own time. */
async function versionOf(folder: string): Promise<string> {
  const { ino, mtimeMs } = await stat(folder);
  // The time of a file system is coarse: what follows at once may have the same one.
  const isYoung = Date.now() - mtimeMs < YOUNG_MS;
  return `${ino} ${mtimeMs}${isYoung ? ` ${Date.now()}` : ""}`;
}

const YOUNG_MS = 2000;

async function createFile(file: string, octets: Uint8Array): Promise<boolean> {
  const unfinished = await writeUnfinished(file, octets);
  try {
    // Unlike `rename` this does not replace what another process has made meanwhile.
    await link(unfinished, file);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(unfinished);
  }
  await syncFolder(dirname(file));
  return true;
}

async function replaceFile(file: string, octets: Uint8Array): Promise<void> {
  const unfinished = await writeUnfinished(file, octets);
  try {
    await rename(unfinished, file);
  } catch (error) {
    await unlink(unfinished).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(file));
}

async function removeFile(file: string): Promise<boolean> {
  try {
    await unlink(file);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
  await syncFolder(dirname(file));
  return true;
}

/** Writes a file beside the one that it will be. It is on the disk when this resolves. */
async function writeUnfinished(file: string, octets: Uint8Array): Promise<string> {
  const name = `${UNFINISHED}${basename(file)}-${randomBytes(6).toString("hex")}`;
  const unfinished = join(dirname(file), name);
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const handle = await open(unfinished, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    await handle.writeFile(octets);
    await handle.sync();
  } catch (error) {
    await unlink(unfinished).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
  return unfinished;
}

/** Only then is a name of it on the disk (fsync(2)). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems have no such call for folders.
    if (errorCode(error) !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}

async function attempt<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failure(verb, path, error);
  }
}

function failure(verb: string, path: string, error: unknown): Error {
  const reason = errorCode(error) ?? (error instanceof Error ? error.message : String(error));
  return new Error(`Cannot ${verb} ${path}: ${reason}`, { cause: error });
}
