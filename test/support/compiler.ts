/**
 * What the compiler says about modules that are nowhere but in a test. It is the native one, as a language server: this
 * is asked about the modules alone, where `tsc` would check all that they import.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Schema from "effect/Schema"
import { inject } from "vitest"
import { decoder, encode } from "../../src/embedded/daytona/toolbox/lsp/framing.js"
import { root } from "../../tools/manifest.js"
import { nativeCompiler } from "../../tools/nativeCompiler.js"

/** An error, where it is. */
export interface Problem {
  /** Counted from 0. */
  readonly line: number
  readonly message: string
}

/** The rules of the repository; but an example names what it does not use, so that its reader learns what it is. */
const configuration = {
  extends: join(root, "tsconfig.json"),
  compilerOptions: {
    noUnusedLocals: false,
    noUnusedParameters: false,
    declaration: false,
    declarationMap: false,
    plugins: [{ name: "@effect/language-service", diagnostics: false }]
  },
  include: ["."]
}

/** An answer has no method, and what needs none has no id. */
const Message = Schema.Struct({
  id: Schema.optional(Schema.Union(Schema.Number, Schema.String)),
  method: Schema.optional(Schema.String),
  result: Schema.optional(Schema.Unknown)
})

const error = 1

const Report = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      severity: Schema.Number,
      message: Schema.String,
      range: Schema.Struct({ start: Schema.Struct({ line: Schema.Number }) })
    })
  )
})

const problemsIn = (result: unknown): ReadonlyArray<Problem> =>
  Schema.decodeUnknownSync(Report)(result)
    .items.filter(({ severity }) => severity === error)
    .map(({ message, range }) => ({ line: range.start.line, message }))

/** What is wrong with each of these modules, in their order. */
export const problemsOf = async (modules: ReadonlyArray<string>): Promise<ReadonlyArray<ReadonlyArray<Problem>>> => {
  const folder = mkdtempSync(join(inject("programs"), "modules-"))
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration))
  const documents = modules.map((text, index) => {
    const file = join(folder, `module-${index}.ts`)
    writeFileSync(file, text)
    return { uri: pathToFileURL(file).href, languageId: "typescript", version: 1, text }
  })

  const server = spawn(nativeCompiler, ["--lsp", "--stdio"], { stdio: ["pipe", "pipe", "ignore"] })
  const exit = once(server, "exit")
  const send = (message: object) => server.stdin.write(encode({ jsonrpc: "2.0", ...message }))
  const pending: Array<(result: unknown) => void> = []
  const request = (method: string, params: object) =>
    new Promise<unknown>((resolve) => send({ id: pending.push(resolve) - 1, method, params }))
  const decode = decoder()
  server.stdout.on("data", (bytes: Uint8Array) => {
    for (const { id, method, result } of decode(bytes).messages.map((each) =>
      Schema.decodeUnknownSync(Message)(each)
    )) {
      if (method === undefined) pending[Number(id)]?.(result)
      else if (id !== undefined) send({ id, result: null })
    }
  })

  const checking = async () => {
    await request("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: { textDocument: { diagnostic: {} } }
    })
    send({ method: "initialized", params: {} })
    for (const textDocument of documents) send({ method: "textDocument/didOpen", params: { textDocument } })
    return Promise.all(documents.map(({ uri }) => request("textDocument/diagnostic", { textDocument: { uri } })))
  }
  const failing = exit.then(([code]) => Promise.reject(new Error(`the compiler has ended: ${code}`)))
  try {
    return (await Promise.race([checking(), failing])).map(problemsIn)
  } finally {
    server.kill()
    await exit
  }
}
