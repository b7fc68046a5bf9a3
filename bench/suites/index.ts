/** All suites, in the order in which they run. */
import type { Suite } from "../harness/Suite.js"
import { suite as bundle } from "./bundle.js"
import { suite as commands } from "./commands.js"
import { suite as decode } from "./decode.js"
import { suite as durable } from "./durable.js"
import { suite as embedded } from "./embedded.js"
import { suite as files } from "./files.js"
import { suite as importing } from "./import.js"
import { suite as latency } from "./latency.js"
import { suite as logDemux } from "./logDemux.js"
import { suite as scale } from "./scale.js"
import { suite as sseParser } from "./sseParser.js"
import { suite as sseStream } from "./sseStream.js"
import { suite as stalled } from "./stalled.js"
import { suite as unary } from "./unary.js"
import { suite as webSocket } from "./webSocket.js"

export const suites: Readonly<Record<string, Suite>> = {
  unary,
  decode,
  "sse-parser": sseParser,
  "sse-stream": sseStream,
  stalled,
  "log-demux": logDemux,
  files,
  commands,
  "web-socket": webSocket,
  import: importing,
  bundle,
  latency,
  scale,
  embedded,
  durable
}
