/** Compiles the sources of the package, file by file, with the calls at their top marked for bundlers. */
import { readFileSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import ts from "typescript"
import { root } from "./manifest.js"
import { markPureCalls } from "./pureCalls.js"

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => root,
  getNewLine: () => "\n"
}

const stopOn = (diagnostics: ReadonlyArray<ts.Diagnostic>) => {
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, host))
}

const settings = (): ts.ParsedCommandLine => {
  const { config, error } = ts.readConfigFile(join(root, "tsconfig.build.json"), ts.sys.readFile)
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, root)
  stopOn([...(error === undefined ? [] : [error]), ...parsed.errors])
  return parsed
}

/** As it is published: checked, with declarations and maps. */
export const compile = (directory: string): void => {
  const { fileNames, options } = settings()
  const program = ts.createProgram(fileNames, { ...options, outDir: directory })
  stopOn(ts.getPreEmitDiagnostics(program))
  const { diagnostics } = program.emit(undefined, undefined, undefined, false, { after: [markPureCalls] })
  stopOn(diagnostics)
}

/** The same JavaScript, unchecked and without declarations, in a fraction of the time. */
export const transpile = async (directory: string): Promise<void> => {
  const { fileNames, options } = settings()
  await Promise.all(
    fileNames.map(async (fileName) => {
      const { outputText } = ts.transpileModule(readFileSync(fileName, "utf8"), {
        // A single file does not tell that the package consists of modules.
        compilerOptions: { ...options, module: ts.ModuleKind.ESNext, declarationMap: false, sourceMap: false },
        fileName,
        transformers: { after: [markPureCalls] }
      })
      const file = join(directory, fileName.slice(join(root, "src/").length).replace(/\.ts$/, ".js"))
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, outputText)
    })
  )
}
