import { equal, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "./error.ts";
import { type KeyPath, parseToml } from "./toml.ts";

const TEXT = `# a comment that says z = 1
lanes = 1

listen = [
  "lanes = 1",

]
"quoted" = """
z = 2
"""
z = 18446744073709551615
dotted.key = 1
[[sa]]
spi = "0x100"
# between
[[sa]]

inline = { a = 1 }
spi = "0x101"
`;

const LINES: readonly (readonly [KeyPath, number])[] = [
  [["lanes"], 2],
  [["listen"], 4],
  [["quoted"], 8],
  [["z"], 11],
  [["dotted", "key"], 12],
  [["sa", 0], 13],
  [["sa", 0, "spi"], 14],
  [["sa", 1], 16],
  [["sa", 1, "inline"], 18],
  [["sa", 1, "spi"], 19],
  [["sa", 1, "missing"], 16],
  [[], 1],
];

test("parseToml() finds the line of each key, whatever its syntax", () => {
  for (const text of [TEXT, TEXT.replaceAll("\n", "\r\n")]) {
    const file = parseToml("culvert.toml", text);
    for (const [path, line] of LINES) equal(file.lineOf(path), line, path.join("."));
  }
});

test("parseToml() names the line of an error and quotes nothing", () => {
  const text = 'a = 1\nkeyMaterial = "00112233445566778899aabbccddeeff01020304" x\n';
  throws(() => parseToml("culvert.toml", text), (error: unknown) => {
    ok(error instanceof ConfigError);
    equal(error.line, 2);
    ok(error.message.startsWith("culvert.toml:2: not TOML: "));
    ok(!error.message.includes("0011") && !error.message.includes("\n"));
    return true;
  });
});

test("parseToml() finds the line that any flat file was written with", () => {
  const filler = fc.constantFrom("", "# key = 1", "  ");
  const value = fc.constantFrom("1", '"x"', "[\n1,\n2]", '"""\na\n"""', "{ a = 1 }");
  const entry = fc.tuple(fc.array(filler, { maxLength: 3 }), value);
  fc.assert(fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (entries) => {
    const lines: string[] = [];
    const expected: number[] = [];
    entries.forEach(([before, text], at) => {
      lines.push(...before);
      expected.push(lines.length + 1);
      lines.push(...`k${at} = ${text}`.split("\n"));
    });
    const file = parseToml("f", lines.join("\n"));
    expected.forEach((line, at) => equal(file.lineOf([`k${at}`]), line));
  }));
});

test("parseToml() throws nothing but ConfigError", async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary", maxLength: 80 }), async (text) => {
    const parsing = Promise.resolve(text).then((it) => void parseToml("f", it));
    await parsing.catch(async (error: unknown) => {
      await rejects(Promise.reject(error), ConfigError);
    });
  }));
});
