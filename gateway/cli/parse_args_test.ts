import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type Args, parseArgs, type ParseOptions } from "@std/cli/parse-args";

/** The options as the commands use them. */
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

/** The arguments of each call of `unknown`. */
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

// The differences from @std/cli 1.0.32. A comment says what the original makes of the same
// arguments.

test("difference: text that is neither true nor false is a switch's value, and not on", () => {
  for (const text of ["0", "1", "no", "TRUE", ""]) equal(parse([`--json=${text}`])["json"], text);
});

test("difference: the word behind a switch is never its value", () => {
  // The original turns `json` off for `--json false`.
  deepEqual(parse(["--json", "false"]), { ...ABSENT, json: true, _: ["false"] });
});

test("difference: a number below zero is a flag's value, for the flag to refuse", () => {
  // The original takes `-1` for a flag of its own.
  equal(parse(["--lanes", "-1"])["lanes"], "-1");
  deepEqual(parse(["--", "--lanes", "-2"])._, ["--lanes", "-2"]);
});

test("difference: an empty argument is a flag's value", () => {
  // The original gives `lanes` no value and puts "" among the rest.
  deepEqual(parse(["--lanes", ""]), { ...ABSENT, lanes: "" });
});

test("difference: letters behind one dash are switches, and have no value", () => {
  // The original does the same for `-hx`, but for `-h5` and `-h=x` it gives `help` a value.
  deepEqual(askedOf(["-hx", "-h5"]), [["-hx", "x"], ["-h5", "5"]]);
  deepEqual(askedOf(["-h=x"]), [["-h=x", "="], ["-h=x", "x"]]);
});

test("difference: a value stands under its flag's name alone", () => {
  // The original sets `h` too.
  deepEqual(parse(["-h"]), { ...ABSENT, help: true });
});

test("difference: a flag that is not known is never in the result, and takes no value", () => {
  // The original puts the flag into the result unless `unknown` returns false. It makes a number of
  // a numeric value, takes the next word as the value, and calls `unknown` for the rest too.
  const ignored = parse(["--bad", "7", "--worse=8"], { unknown: () => undefined });
  deepEqual(ignored, { ...ABSENT, _: ["7"] });
});

test("difference: the rest are strings, with or without _ among the strings", () => {
  // Without _ the original makes numbers of those that look like one.
  deepEqual(parse(["12", "0x10"], { string: [] })._, ["12", "0x10"]);
});

test("difference: _ is no flag", () => {
  // The original replaces the rest by "x" for `--_=x`.
  deepEqual(askedOf(["--_=x"]), [["--_=x", "_"]]);
});

test("difference: a dot in a name is a part of it", () => {
  // The original sets `b` of an object `a` for `a.b`.
  deepEqual(parse(["--a.b=1"], { string: ["a.b"] }), { ...ABSENT, "a.b": "1" });
});

test("difference: no option may be left out, and there are no others", () => {
  // @ts-expect-error -- the original needs none of them
  const less: ParseOptions = { boolean: ["json"] };
  // @ts-expect-error -- the original allows true for every flag, or one name
  const everything: ParseOptions = { ...OPTIONS, boolean: true };
  // @ts-expect-error -- the original allows several other names for a flag
  const names: ParseOptions = { ...OPTIONS, alias: { help: ["h", "?"] } };
  // @ts-expect-error -- the original then turns a flag off for `--no-json`
  const negatable: ParseOptions = { ...OPTIONS, negatable: ["json"] };
  // @ts-expect-error -- the original then takes everything after the first operand as operands
  const early: ParseOptions = { ...OPTIONS, stopEarly: true };
  // @ts-expect-error -- the original then keeps what follows `--` apart
  const dashes: ParseOptions = { ...OPTIONS, "--": true };
  equal([less, everything, names, negatable, early, dashes].length, 6);
});
