/** How long it takes to read 10,000 messages of sessions. */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { costPerPass } from "../harness/cost.js"
import { packageDirectory } from "../harness/directories.js"
import type { Suite, Variant } from "../harness/Suite.js"

const text = "The quick brown fox jumps over the lazy dog. "

/** In the wire format, with a nested list of blocks each: about 9 MB in all. */
const document = (): string => {
  const messages = Array.from({ length: 10_000 }, (_, index) => ({
    uuid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
    parent_uuid: `00000000-0000-4000-8000-${String(index + 1).padStart(12, "0")}`,
    type: index % 2 === 0 ? "user" : "assistant",
    session_id: "0e0b6f3c-1c39-4a3d-9b1c-000000000000",
    timestamp: "2026-05-06T12:00:00.000Z",
    cwd: "/workspace",
    version: "2.0.1",
    content: {
      role: index % 2 === 0 ? "user" : "assistant",
      model: "claude-sonnet-4",
      message_id: `msg-${index}`,
      content: [
        { type: "text", text: text.repeat(2 + (index % 5)) },
        { type: "tool_use", id: `tool-${index}`, name: "Bash", input: { command: "ls -la", timeout: index } },
        { type: "tool_result", tool_use_id: `tool-${index}`, content: text.repeat(2), is_error: false }
      ],
      stop_reason: "end_turn",
      usage: { input_tokens: index, output_tokens: 2 * index }
    }
  }))
  return JSON.stringify(messages)
}

const timed =
  (prepare: () => Promise<(text: string) => unknown>): Variant =>
  async () => {
    const read = await prepare()
    const bytes = document()
    const seconds = await costPerPass(() => read(bytes), 0.6)
    return { ms: seconds * 1000, speed: bytes.length / 1e6 / seconds }
  }

const builtModule = (path: string) => import(pathToFileURL(join(packageDirectory, "dist", path)).href)

export const suite: Suite = {
  title: "10,000 messages of sessions, about 9 MB of JSON",
  tables: [
    {
      name: "messages",
      base: { variant: "JSON.parse", figure: "ms" },
      columns: [
        { figure: "ms", unit: "ms CPU" },
        { figure: "speed", unit: "MB/s", digits: 0 }
      ],
      variants: {
        "JSON.parse": timed(async () => JSON.parse),
        "JSON.parse and decoded with Schema": timed(async () => {
          const Schema = await import("effect/Schema")
          const { Message } = await import("effect-sandboxes/stromboli")
          const decode = Schema.decodeUnknownSync(Schema.Array(Message.Message))
          return (json) => decode(JSON.parse(json))
        }),
        "JSON.parse and decoded as Sessions.messages does": timed(async () => {
          const Schema = await import("effect/Schema")
          // Both from the plain files: what makes decoding fast is not shared with the bundles for Node.
          const { Message }: typeof import("../../src/stromboli.js") = await builtModule("stromboli.js")
          const { decoderOf }: typeof import("../../src/schema/wireStruct.js") =
            await builtModule("schema/wireStruct.js")
          const decode = decoderOf(Schema.Array(Message.Message))
          return (json) => decode(JSON.parse(json))
        })
      }
    }
  ]
}
