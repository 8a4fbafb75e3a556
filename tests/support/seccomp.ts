// A kernel that refuses calls, played by a seccomp filter. The filter sees the numbers that a call
// is given, and no memory. It holds for the program that is started and for all its threads.

import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { arch } from "node:process";

/** A call that is refused. */
export interface Refused {
  readonly call: keyof typeof CALLS;
  readonly errno: number;
  /** Only calls that are given these numbers; without it all. */
  readonly given?: readonly Given[];
}

/** Argument number `at`, counted from 0, is `value`, or is greater than `above`. */
export type Given =
  | { readonly at: number; readonly value: number }
  | { readonly at: number; readonly above: number };

/**
 * The words of a command that runs another one under a filter (`runBy` of `startProgram`). Needs
 * Perl, which every Debian has.
 */
export function refuseCalls(...refused: readonly Refused[]): readonly string[] {
  const filter = Buffer.concat([
    instruction(LOAD, 0),
    ...refused.map(ruleOf),
    instruction(RETURN, ALLOW),
  ]);
  return ["perl", "-e", SCRIPT, String(numberOf("prctl")), filter.toString("hex")];
}

/** Whether this host lets a filter be set. */
export function canRefuseCalls(): boolean {
  const [file = "", ...args] = refuseCalls();
  return spawnSync(file, [...args, "true"]).status === 0;
}

/** Instructions that refuse the call if it fits, and else go on behind them. */
function ruleOf({ call, errno, given = [] }: Refused): Buffer {
  const tests = given.flatMap((each) => [
    { code: LOAD, value: ARGS_AT + 8 * each.at },
    "above" in each ? { code: IF_ABOVE, value: each.above } : { code: IF_EQUAL, value: each.value },
  ]);
  const all = [
    { code: IF_EQUAL, value: numberOf(call) },
    ...tests,
    { code: RETURN, value: REFUSE | errno },
    // The next rule looks at the number of the call again.
    { code: LOAD, value: 0 },
  ];
  return Buffer.concat(all.map(({ code, value }, i) => {
    const isTest = code === IF_EQUAL || code === IF_ABOVE;
    // A test that fails jumps to the last instruction.
    return instruction(code, value, isTest ? all.length - 2 - i : 0);
  }));
}

/** `struct sock_filter`. */
function instruction(code: number, value: number, jumpIfNot = 0): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeUInt16LE(code, 0);
  octets.writeUInt8(jumpIfNot, 3);
  octets.writeUInt32LE(value >>> 0, 4);
  return octets;
}

function numberOf(call: keyof typeof CALLS): number {
  return CALLS[call][arch === "x64" ? 0 : 1];
}

/** Numbers of system calls, on x86-64 and on aarch64. */
const CALLS = {
  accept4: [288, 242],
  getsockopt: [55, 209],
  ioctl: [16, 29],
  prctl: [157, 167],
  prlimit: [302, 261],
  readv: [19, 65],
  recvmmsg: [299, 243],
  sendmmsg: [307, 269],
  sendmsg: [46, 211],
  setsockopt: [54, 208],
  writev: [20, 66],
} as const;

// linux/bpf_common.h, linux/seccomp.h
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_ABOVE = 0x25;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const REFUSE = 0x00050000;
/** Where the arguments begin in `struct seccomp_data`, 8 octets each, the low half first. */
const ARGS_AT = 16;

/** PR_SET_NO_NEW_PRIVS is 38, PR_SET_SECCOMP 22 with SECCOMP_MODE_FILTER 2. */
const SCRIPT = `
my $prctl = 0 + shift;
my $filter = pack("H*", shift);
my $program = pack("S x6 P", length($filter) / 8, $filter);
syscall($prctl, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!";
syscall($prctl, 22, 2, $program, 0, 0) == 0 or die "seccomp: $!";
exec { $ARGV[0] } @ARGV or die "exec: $!";
`;
