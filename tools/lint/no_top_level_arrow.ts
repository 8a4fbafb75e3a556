/** At the top level a function is a declaration, so that it has its name, its doc and its place in the order. */
export const noTopLevelArrow: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    return {
      VariableDeclarator(node): void {
        const { init, parent } = node;
        if (init?.type !== "ArrowFunctionExpression" && init?.type !== "FunctionExpression") return;
        const outer = parent.parent.type;
        if (outer !== "Program" && outer !== "ExportNamedDeclaration") return;
        context.report({
          node,
          message: 'A function at the top level is declared with "function"',
        });
      },
    };
  },
};
