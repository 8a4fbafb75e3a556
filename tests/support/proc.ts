// Figures of a process in /proc: the gateway's own cost, seen from outside.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Clock ticks of user and system time; Linux counts 100 a second. */
export function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name may hold spaces, so fields are counted from behind its parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

export const TICKS_PER_SECOND = 100;

/** Open descriptors. */
export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Open sockets. */
export function socketCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => isSocket(pid, fd)).length;
}

/** A descriptor may be closed between two looks. */
function isSocket(pid: number, fd: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("socket:");
  } catch {
    return false;
  }
}

/** Resident memory in KiB. */
export function residentKib(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1]);
}

/** Resident KiB of the largest writable mapping: the shared memory of the core. */
export function coreResidentKib(pid: number): number {
  const maps = readFileSync(`/proc/${pid}/smaps`, "utf8");
  let size = 0;
  let resident = 0;
  for (const entry of maps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    if (!/^[0-9a-f]+-[0-9a-f]+ rw/.test(entry)) continue;
    const entrySize = Number(/^Size:\s+(\d+) kB$/m.exec(entry)?.[1]);
    if (entrySize <= size) continue;
    size = entrySize;
    resident = Number(/^Rss:\s+(\d+) kB$/m.exec(entry)?.[1]);
  }
  return resident;
}
