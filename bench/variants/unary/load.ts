/** How many calls there are, and how many at a time. */
import { costPerCall } from "../../harness/cost.js"

export const usualInFlight = 64
const warmUp = 2_048
const calls = 8_192

export const measureCalls = (run: (perPlace: number) => Promise<unknown>, inFlight: number) =>
  costPerCall((count) => run(Math.ceil(count / inFlight)), calls, warmUp)

/** One call after the other in each place. */
export const measurePromises = (call: () => Promise<unknown>, inFlight = usualInFlight) =>
  measureCalls(
    (perPlace) =>
      Promise.all(
        Array.from({ length: inFlight }, async () => {
          for (let made = 0; made < perPlace; made++) await call()
        })
      ),
    inFlight
  )
