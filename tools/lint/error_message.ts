/**
 * Error messages: sentence case, no full stop, no contraction. The reviewer checks that the action
 * comes first and then the state.
 */
export const errorMessage: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    return {
      NewExpression(node): void {
        if (node.callee.type !== "Identifier" || !node.callee.name.endsWith("Error")) return;
        const [first] = node.arguments;
        if (first === undefined) return;
        const message = faultOf(textOf(first));
        if (message !== undefined) context.report({ node: first, message });
      },
    };
  },
};

/**
 * Text of a literal or a template, with `${}` in place of each expression; `undefined` for anything
 * else.
 */
function textOf(node: Deno.lint.Node): string | undefined {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral") return node.quasis.map((part) => part.cooked).join("${}");
  return undefined;
}

function faultOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^[a-z]/.test(text)) return "An error message begins with a capital letter";
  if (/\.$/.test(text)) return "An error message ends without a full stop";
  if (CONTRACTION.test(text.replaceAll(/"[^"]*"/g, ""))) {
    return "An error message has no contraction";
  }
  return undefined;
}

const CONTRACTION = /n't\b|\w'(re|ll|ve|m|d)\b|\b(it|that|there|what|who|here|let)'s\b/i;
