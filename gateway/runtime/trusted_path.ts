// Whether other users of the host can put something else at a path. Whoever can write to a file, or
// to a folder on the way to it, decides what is read there.

import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import type { Privileges } from "./types.ts";

/** A path where other users can put something else; the message says why and what to do. */
export class UntrustedPathError extends Error {
  override readonly name = "UntrustedPathError";
}

/**
 * Follows a path step by step. Every folder, link and file on it must belong to root or to this
 * process's user, and nobody else may write to it. In a folder with the sticky bit (`/tmp`) others
 * may make files, but they cannot replace those that are checked next.
 *
 * Nobody else can change the result afterwards: each folder was known to be safe when the next name
 * was looked up in it.
 *
 * @param path Absolute
 * @returns The path without links
 * @throws {UntrustedPathError} If somebody else can write to a part of it
 * @throws {Error} As `lstat` does
 */
export function trustedPath(path: string, privileges: Privileges): string {
  const names = namesOf(path);
  let at: string = sep;
  let links = 0;
  checkOne(at, lstatSync(at), privileges);
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === "..") {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const stats = lstatSync(next);
    checkOne(next, stats, privileges);
    if (!stats.isSymbolicLink()) {
      at = next;
      continue;
    }
    links++;
    if (links > LINKS_MAX) throw new Error(`${path} has more than ${LINKS_MAX} links`);
    const target = readlinkSync(next);
    if (isAbsolute(target)) at = sep;
    names.unshift(...namesOf(target));
  }
  return at;
}

/** As the kernel does (path_resolution(7)). */
const LINKS_MAX = 40;

const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

function namesOf(path: string): string[] {
  return path.split(sep).filter((name) => name !== "" && name !== ".");
}

function checkOne(path: string, stats: Stats, { user, isElevated }: Privileges): void {
  // With file capabilities the user is whoever has started the program, and not trusted with them.
  const isOwnerTrusted = stats.uid === 0 || (stats.uid === user && !isElevated);
  if (!isOwnerTrusted) {
    throw new UntrustedPathError(`${path} belongs to user ${stats.uid} (chown root ${path})`);
  }
  if (stats.isSymbolicLink() || stats.isDirectory() && (stats.mode & STICKY) !== 0) return;
  // A user's private group has nobody else in it, and many distributions let it write (umask 0002).
  const isPrivate = user !== 0 && stats.uid === user && stats.gid === user;
  if (isPrivate && (stats.mode & OTHERS_WRITE) === 0) return;
  // Access control lists are in it, too: their mask is the group's part of the mode (acl(5)).
  const writers = stats.mode & OTHERS_WRITE ? "everybody" : "its group";
  if ((stats.mode & (GROUP_WRITES | OTHERS_WRITE)) === 0) return;
  throw new UntrustedPathError(`${path} can be written by ${writers} (chmod go-w ${path})`);
}
