/**
 * `tsc --noEmit` and the diagnostics of the Effect language service, over one program. The service's own command line
 * would build a second one, and its patch would change the installed compiler.
 */
import { fileURLToPath } from "node:url"
import languageService from "@effect/language-service/transform.js"
import ts from "typescript"

const root = fileURLToPath(new URL("..", import.meta.url))

const plugin = "@effect/language-service"

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => root,
  getNewLine: () => "\n"
}

const { config, error } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
const { errors, fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
const program = ts.createProgram(fileNames, { ...options, noEmit: true })

/** What `tsconfig.json` says to the service, for editors and for this check alike. */
const settings: unknown = config.compilerOptions.plugins.find(({ name }: { readonly name: string }) => name === plugin)

const ofEffect: Array<ts.Diagnostic> = []
const visit = languageService.default(program, settings, {
  ts,
  addDiagnostic: (diagnostic) => ofEffect.push(diagnostic)
})
const ofCompiler = [...(error === undefined ? [] : [error]), ...errors, ...ts.getPreEmitDiagnostics(program)]
for (const file of program.getSourceFiles()) {
  if (!file.isDeclarationFile && !program.isSourceFileFromExternalLibrary(file)) visit()(file)
}

const found = ts.sortAndDeduplicateDiagnostics([...ofCompiler, ...ofEffect])
console.log(ts.formatDiagnostics(found, host))
console.log(`${fileNames.length} files, ${ofCompiler.length} of the compiler, ${ofEffect.length} of ${plugin}`)
if (found.length > 0) process.exitCode = 1
