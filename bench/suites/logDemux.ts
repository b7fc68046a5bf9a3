/** How fast the two channels of a log are told apart, without a network. */
import { EventEmitter } from "node:events"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { costPerPass } from "../harness/cost.js"
import { benchDirectory, packageDirectory } from "../harness/directories.js"
import type { Suite, Variant } from "../harness/Suite.js"
import { piecesOf } from "../servers/events.js"

const KiB = 1024
const size = 1024 * KiB

/** Lines of about a hundred bytes, five of standard output for each one of standard error. */
const log = (): Buffer => {
  const lines: Array<string> = []
  for (let length = 0, index = 0; length < size; index++) {
    const line = `${index % 6 === 0 ? "\x02\x02\x02" : "\x01\x01\x01"}${"x".repeat(40 + ((index * 7919) % 120))}\n`
    lines.push(line)
    length += line.length
  }
  return Buffer.from(lines.join(""))
}

/** Takes messages of a web socket, and returns how much text there was in them. */
type Demux = (messages: ReadonlyArray<Uint8Array>) => Promise<number>

const measured =
  (messageSize: number, prepare: () => Promise<Demux>): Variant =>
  async () => {
    const demux = await prepare()
    const messages = piecesOf(log(), messageSize)
    let characters = 0
    const seconds = await costPerPass(async () => {
      characters = await demux(messages)
    }, 0.4)
    return { speed: size / 1e6 / seconds, characters }
  }

const built = (module: string) => import(pathToFileURL(join(packageDirectory, "dist/stream", module)).href)

/** What `ProcessSessions.followText` takes a log apart with. */
const ours = async (): Promise<Demux> => {
  const { makeLogDemux }: typeof import("../../src/stream/LogDemux.js") = await built("LogDemux.js")
  const { makeUtf8Decoder }: typeof import("../../src/stream/Utf8.js") = await built("Utf8.js")
  return async (messages) => {
    const { end, push } = makeLogDemux()
    const decoders = { stdout: makeUtf8Decoder(), stderr: makeUtf8Decoder() }
    let characters = 0
    for (const message of messages) {
      for (const { bytes, channel } of push(message)) characters += decoders[channel](bytes).length
    }
    return end().reduce((sum, { bytes }) => sum + bytes.length, characters)
  }
}

type StdDemuxStream = (
  socket: EventEmitter,
  onStdout: (text: string) => void,
  onStderr: (text: string) => void
) => Promise<void>

/** Its own function, which its `getSessionCommandLogs` gives the socket to, fed by something that looks like one. */
const daytonaSdk = async (): Promise<Demux> => {
  const file = join(benchDirectory, "node_modules/@daytonaio/sdk/esm/utils/Stream.js")
  const { stdDemuxStream }: { readonly stdDemuxStream: StdDemuxStream } = await import(pathToFileURL(file).href)
  return async (messages) => {
    let characters = 0
    const count = (text: string) => {
      characters += text.length
    }
    const socket = new EventEmitter()
    const ended = stdDemuxStream(socket, count, count)
    for (const message of messages) socket.emit("message", message)
    socket.emit("close")
    await ended
    return characters
  }
}

/** In KiB. The daemon sends messages of at most one. */
export const messageSizes = [1, 32]

export const suite: Suite = {
  title: "a log of 1 MiB, to text",
  tables: messageSizes.map((messageSize) => ({
    name: `messages of ${messageSize} KiB`,
    base: { variant: "@daytonaio/sdk stdDemuxStream", figure: "speed" },
    columns: [
      { figure: "speed", unit: "MB/s" },
      { figure: "characters", unit: "characters", digits: 0 }
    ],
    variants: {
      "@daytonaio/sdk stdDemuxStream": measured(messageSize * KiB, daytonaSdk),
      makeLogDemux: measured(messageSize * KiB, ours)
    }
  }))
}
