import { isBelow } from "./path.ts";

/**
 * Two parameters and an options object; what needs more has a type that is missing.
 *
 * The data path takes one more, because it passes numbers and makes no object per packet.
 */
export const maxParams: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const isDataPath = isBelow(context.filename, ["gateway/lane/", "gateway/linux/"]);
    const paramsMax = isDataPath ? 4 : 3;
    const check = (node: FunctionNode): void => {
      if (node.params.length <= paramsMax) return;
      context.report({ node, message: `${node.params.length} parameters: at most ${paramsMax}` });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;
