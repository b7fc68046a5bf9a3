import { createParser } from "eventsource-parser"
import { request } from "undici"
import type { Setting } from "../../harness/Suite.js"
import { measureStreams } from "./reading.js"

export const measure = (setting: Setting, kind: string, parsing: boolean) =>
  measureStreams(setting, kind, async () => {
    const { body } = await request(`${setting.server["url"]}/run/stream?prompt=${kind}`)
    const decoder = new TextDecoder()
    let events = 0
    const parser = createParser({
      onEvent: () => {
        events++
      }
    })
    await new Promise<void>((resolve, reject) => {
      body.on("data", (bytes: Buffer) => {
        if (parsing) parser.feed(decoder.decode(bytes, { stream: true }))
      })
      body.once("end", resolve)
      body.once("error", reject)
    })
    return parsing ? events : undefined
  })
