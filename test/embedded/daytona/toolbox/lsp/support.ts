/** Language servers that are small scripts, on the `PATH` of a machine. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { directory } from "../machineSupport.js"

/**
 * Speaks enough of the protocol to be asked for anything, in frames that it cuts in awkward places. The words of an
 * open document are its completions; what it was told is what a search of the workspace finds.
 */
const script = `#!${process.execPath}
const name = require("node:path").basename(process.argv[1])
const documents = new Map()
const told = []
let questionAnswered = false
const send = async (message) => {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }))
  const frame = Buffer.concat([Buffer.from("Content-Type: application/vscode-jsonrpc\\r\\nContent-Length: " + body.length + "\\r\\n\\r\\n"), body])
  for (let index = 0; index < frame.length; index += 7) {
    process.stdout.write(frame.subarray(index, index + 7))
  }
}
const symbol = (name) => ({ kind: 12, name, location: { uri: "file:///x", range: { start: { line: 1, character: 2 }, end: { line: 3, character: 4 } }, extra: 1 } })
const answers = {
  initialize: (params) => { told.push(params.rootUri); return { capabilities: {} } },
  "textDocument/completion": ({ textDocument, context }) => {
    const text = documents.get(textDocument.uri)
    if (text === undefined) return null
    const items = text.split(/\\s+/).filter((word) => word !== "").map((label) => ({ label, kind: 6, insertText: label, unknown: true }))
    if (text.startsWith("bare")) return items
    if (text.startsWith("broken")) return { items }
    return { isIncomplete: context !== undefined, items }
  },
  "textDocument/documentSymbol": ({ textDocument }) => {
    const text = documents.get(textDocument.uri)
    if (text === undefined) return null
    return text.startsWith("nested")
      ? [{ kind: 5, name: "Outer", range: { start: { line: 1, character: 1 }, end: { line: 2, character: 2 } }, children: [symbol("inner")] }]
      : [symbol("caf\\u00e9")]
  },
  "workspace/symbol": ({ query }) => query === "none" ? null : [name, String(process.pid), "answered:" + questionAnswered, ...told].map(symbol)
}
const handle = (message) => {
  if (message.method === undefined) {
    questionAnswered = message.id === "q" && message.result === null
  } else if (message.id === undefined) {
    const document = message.params && message.params.textDocument
    if (message.method === "initialized") send({ id: "q", method: "client/registerCapability", params: {} })
    if (message.method === "textDocument/didOpen") { documents.set(document.uri, document.text); told.push(document.languageId) }
    if (message.method === "textDocument/didClose") documents.delete(document.uri)
  } else if (message.params.query === "fail") {
    send({ id: message.id, error: { code: -32000, message: "no such thing" } })
  } else if (message.params.query === "exit") {
    process.exit(3)
  } else {
    send({ id: message.id, result: answers[message.method](message.params) })
  }
}
let held = Buffer.alloc(0)
process.stdin.on("data", (bytes) => {
  held = Buffer.concat([held, bytes])
  for (;;) {
    const end = held.indexOf("\\r\\n\\r\\n")
    if (end === -1) return
    const length = Number(/Content-Length: (\\d+)/.exec(held.toString("latin1", 0, end))[1])
    if (held.length < end + 4 + length) return
    const message = JSON.parse(held.toString("utf8", end + 4, end + 4 + length))
    held = held.subarray(end + 4 + length)
    handle(message)
  }
})
// Like the real ones, it continues when its input ends.
setInterval(() => undefined, 1000)
`

/** The variables of a sandbox that has both language servers. */
export const languageServers = Effect.gen(function* () {
  const programs = yield* directory
  for (const name of ["typescript-language-server", "pylsp"]) {
    yield* Effect.promise(() => writeFile(join(programs, name), script, { mode: 0o755 }))
  }
  return { PATH: `${programs}:${process.env["PATH"]}` }
})
