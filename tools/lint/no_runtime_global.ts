import { isBelow } from "./path.ts";

/** Only the runtime adapters and the tools may name a runtime. Everything else runs on both. */
export const noRuntimeGlobal: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    if (isBelow(context.filename, ["gateway/runtime/", "tools/"])) return {};
    const report = (node: Deno.lint.Node, name: string): void =>
      context.report({ node, message: `${name} outside of gateway/runtime/ and tools/` });
    return {
      Identifier(node): void {
        if (node.name !== "Deno" && node.name !== "Bun") return;
        const { parent } = node;
        const isOwnProperty = parent.type === "MemberExpression" && parent.property === node &&
          !(parent.object.type === "Identifier" && parent.object.name === "globalThis");
        if (!isOwnProperty && parent.type !== "Property") report(node, node.name);
      },
      ImportDeclaration(node): void {
        if (/^bun(:|$)/.test(node.source.value)) report(node, node.source.value);
      },
    };
  },
};
