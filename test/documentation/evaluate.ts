/** Examples as something that runs. */
import { Script } from "node:vm"
import ts from "typescript"
import type { Example } from "./examples.js"
import { request } from "./given.js"
import { modules } from "./modules.js"
import type { Fragment } from "./world.js"

const importFrom = (name: string): object => {
  const found = modules[name]
  if (found === undefined) {
    throw new Error(`No example can import ${name}; test/documentation/modules.ts says what it can.`)
  }
  return found
}

/** Evaluates the module of an example, to its last `await`, and gives the fragment that it has if it is one. */
export const evaluate = async ({ line, module, page }: Example): Promise<Fragment | undefined> => {
  const { outputText } = ts.transpileModule(module, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
  })
  const fragments: Array<Fragment> = []
  const run: (exports: object, require: (name: string) => object) => Promise<void> = new Script(
    `(async (exports, require) => {\n${outputText}\n})`,
    { filename: `${page}:${line + 1}` }
  ).runInThisContext()
  await run({}, (name) => (name === "./given.js" ? { fragments, request } : importFrom(name)))
  return fragments[0]
}
