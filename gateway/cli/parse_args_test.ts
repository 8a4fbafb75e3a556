import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type Args, parseArgs, type ParseOptions } from "@std/cli/parse-args";

/** As the commands ask. */
const OPTIONS: ParseOptions = {
  alias: { h: "help" },
  boolean: ["help", "json"],
  collect: ["listen"],
  default: {},
  string: ["_", "lanes", "listen", "api"],
  unknown: (_, key) => {
    throw new RangeError(`Unknown flag: ${key}`);
  },
};

const ABSENT = { help: false, json: false, listen: [], _: [] };

function parse(args: readonly string[], options: Partial<ParseOptions> = {}): Args {
  return parseArgs(args, { ...OPTIONS, ...options });
}

/** What `unknown` is called with. */
function askedOf(args: readonly string[]): unknown[][] {
  const asked: unknown[][] = [];
  parse(args, { unknown: (...given) => void asked.push(given) });
  return asked;
}

test("parseArgs() reads flags, lists, switches and the rest", () => {
  const args = ["--lanes=2", "--listen", "a", "-h", "--listen=b", "c", "--", "--lanes", "-h"];
  deepEqual(parse(args), {
    help: true,
    json: false,
    lanes: "2",
    listen: ["a", "b"],
    _: ["c", "--lanes", "-h"],
  });
  deepEqual(parse([]), ABSENT);
});

test("parseArgs() takes the last of a flag that is not to be repeated", () => {
  equal(parse(["--lanes=2", "--lanes", "4", "--lanes=a=b"])["lanes"], "a=b");
});

test("parseArgs() does not take a flag for another flag's value", () => {
  const args = ["--listen", "--api", "off", "--lanes="];
  deepEqual(parse(args), { ...ABSENT, listen: [""], api: "off", lanes: "" });
  deepEqual(parse(["--listen", "-", "--lanes"]), {
    ...ABSENT,
    listen: [""],
    lanes: "",
    _: ["-"],
  });
});

test("parseArgs() tells a switch that is off from one that is not given", () => {
  const given = [[], ["--json"], ["--json=true"], ["--json=false"]];
  const values = given.map((args) => parse(args, { default: { json: null } })["json"]);
  deepEqual(values, [null, true, true, false]);
});

test("parseArgs() asks about what it does not know", () => {
  const args = ["--bad=x", "-z", "--no-json", "--lanes.x", "---lanes", "--constructor"];
  deepEqual(askedOf([...args, "--json"]), [
    ["--bad=x", "bad"],
    ["-z", "z"],
    ["--no-json", "no-json"],
    ["--lanes.x", "lanes.x"],
    ["---lanes", "-lanes"],
    ["--constructor", "constructor"],
  ]);
});

// What differs from @std/cli 1.0.32, and what that makes of the same arguments.

test("difference: text that is neither true nor false is a switch's value, and not on", () => {
  for (const text of ["0", "1", "no", "TRUE", ""]) equal(parse([`--json=${text}`])["json"], text);
});

test("difference: the word behind a switch is never its value", () => {
  // There `--json false` is off.
  deepEqual(parse(["--json", "false"]), { ...ABSENT, json: true, _: ["false"] });
});

test("difference: a number below zero is a flag's value, for the flag to refuse", () => {
  // There `-1` is a flag of its own.
  equal(parse(["--lanes", "-1"])["lanes"], "-1");
  deepEqual(parse(["--", "--lanes", "-2"])._, ["--lanes", "-2"]);
});

test("difference: an empty argument is a flag's value", () => {
  // There it is no value, and one of the rest.
  deepEqual(parse(["--lanes", ""]), { ...ABSENT, lanes: "" });
});

test("difference: letters behind one dash are switches, and have no value", () => {
  // There `-hx` is the same, but `-h5` and `-h=x` give `help` a value.
  deepEqual(askedOf(["-hx", "-h5"]), [["-hx", "x"], ["-h5", "5"]]);
  deepEqual(askedOf(["-h=x"]), [["-h=x", "="], ["-h=x", "x"]]);
});

test("difference: a value stands under its flag's name alone", () => {
  // There `h` has it too.
  deepEqual(parse(["-h"]), { ...ABSENT, help: true });
});

test("difference: a flag that is not known is never in the result, and takes no value", () => {
  // There it is in the result unless `unknown` returns false, numbers as numbers, with the next
  // word as its value; and `unknown` is asked about the rest too.
  const ignored = parse(["--bad", "7", "--worse=8"], { unknown: () => undefined });
  deepEqual(ignored, { ...ABSENT, _: ["7"] });
});

test("difference: the rest are strings, with or without _ among the strings", () => {
  // There they are numbers without it, if they look like numbers.
  deepEqual(parse(["12", "0x10"], { string: [] })._, ["12", "0x10"]);
});

test("difference: _ is no flag", () => {
  // There `--_=x` replaces the rest by "x".
  deepEqual(askedOf(["--_=x"]), [["--_=x", "_"]]);
});

test("difference: a dot in a name is a part of it", () => {
  // There `a.b` is `b` of an object `a`.
  deepEqual(parse(["--a.b=1"], { string: ["a.b"] }), { ...ABSENT, "a.b": "1" });
});

test("difference: no option may be left out, and there are no others", () => {
  // @ts-expect-error -- all of them are optional there
  const less: ParseOptions = { boolean: ["json"] };
  // @ts-expect-error -- there it is true for every flag, or one name
  const everything: ParseOptions = { ...OPTIONS, boolean: true };
  // @ts-expect-error -- there a flag may have several other names
  const names: ParseOptions = { ...OPTIONS, alias: { help: ["h", "?"] } };
  // @ts-expect-error -- there `--no-json` turns off what it names
  const negatable: ParseOptions = { ...OPTIONS, negatable: ["json"] };
  // @ts-expect-error -- there nothing behind the first operand is a flag
  const early: ParseOptions = { ...OPTIONS, stopEarly: true };
  // @ts-expect-error -- there what follows `--` can be kept apart
  const dashes: ParseOptions = { ...OPTIONS, "--": true };
  equal([less, everything, names, negatable, early, dashes].length, 6);
});
