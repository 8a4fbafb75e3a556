/** Packages come from npm through `package.json`. Nothing is imported by address. */
export const noJsrOrHttpImport: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const check = (node: { readonly source: Deno.lint.Node | null }): void => {
      const { source } = node;
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      if (!/^(jsr|https?):/.test(source.value)) return;
      context.report({ node: source, message: `Import of "${source.value}" by address` });
    };
    return {
      ImportDeclaration: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
      ImportExpression: check,
    };
  },
};
