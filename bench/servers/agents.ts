/** An embedded Stromboli whose agents work for as long as their prompt says, and that counts what it was paid for. */
import { createServer } from "node:http"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, Script } from "effect-sandboxes/embedded/stromboli"
import { listening } from "./listening.js"

/** What became of a prompt. */
export interface Work {
  /** How often an agent was paid for it. */
  billed: number
  /** When it last ended, in milliseconds since 1970. */
  endedAt?: number
}

export const promptOf = (name: string, milliseconds: number): string => `${name}: work for ${milliseconds} ms`

const durationOf = (prompt: string): number => Number(/work for (\d+) ms/.exec(prompt)?.[1] ?? 0)

/** The server, and where it says what it counted: JSON of `Work` by prompt. Lives as long as the process. */
export const agents = async (): Promise<{ readonly stromboli: string; readonly counted: string }> => {
  const works = new Map<string, Work>()
  const workOn = (prompt: string): Work => {
    const work = works.get(prompt) ?? { billed: 0 }
    works.set(prompt, work)
    return work
  }
  const agent = Claude.layerFrom((input) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const work = workOn(input.prompt)
        work.billed++
        yield* Effect.sleep(durationOf(input.prompt))
        work.endedAt = Date.now()
        return Script.replies(input, "done")
      })
    )
  )
  const { url } = await ManagedRuntime.make(EmbeddedStromboli.layerServer().pipe(Layer.provide(agent))).runPromise(
    EmbeddedStromboli
  )
  return { stromboli: Option.getOrThrow(url), counted: await counting(works) }
}

const counting = async (works: ReadonlyMap<string, Work>): Promise<string> => {
  const server = createServer((_, response) => response.end(JSON.stringify(Object.fromEntries(works))))
  return `http://${await listening(server)}`
}
