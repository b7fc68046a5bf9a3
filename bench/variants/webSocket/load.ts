/** How many messages there are. */
import { costPerCall } from "../../harness/cost.js"
import type { Figures } from "../../harness/Suite.js"

export const inFlight = 64

/** Of `receive`: so many messages for each one that is sent. */
export const batch = 2_048

/**
 * Of one pass; what is measured takes half a second of processor time at least, so that compilation is no part of it to
 * speak of.
 */
const countsOf = (size: number, what: "echo" | "receive") => {
  const pass = (size > 4096 ? 16_384 : 81_920) * (what === "receive" ? 2 : 1)
  const passes = (size > 4096 ? 1 : 2) * (what === "receive" ? 2 : 1)
  return { pass, messages: pass * passes, warmUp: (pass * passes) / 2 }
}

export const urlOf = (server: Readonly<Record<string, string>>, size: number, what: "echo" | "receive") =>
  `${(server["url"] ?? "").replace("http", "ws")}${what === "echo" ? "/echo" : `/send?size=${size}&count=${batch}`}`

export const measureMessages = (
  size: number,
  what: "echo" | "receive",
  run: (messages: number) => Promise<unknown>
): Promise<Figures> => {
  const { messages, pass, warmUp } = countsOf(size, what)
  const inPasses = async (count: number) => {
    for (let done = 0; done < count; done += pass) await run(pass)
  }
  return costPerCall(inPasses, messages, warmUp)
}
