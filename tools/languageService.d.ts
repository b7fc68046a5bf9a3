/**
 * The transformer of the Effect language service, which its package does not declare. It reports and transforms
 * nothing.
 */
declare module "@effect/language-service/transform.js" {
  import type ts from "typescript"

  interface Extras {
    readonly ts: typeof ts
    readonly addDiagnostic: (diagnostic: ts.Diagnostic) => void
  }

  const exports: {
    readonly default: (
      program: ts.Program,
      settings: unknown,
      extras: Extras
    ) => () => (file: ts.SourceFile) => ts.SourceFile
  }
  export = exports
}
