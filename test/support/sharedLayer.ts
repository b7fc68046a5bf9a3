/** Tests that share one layer, built once for all of them. */
import { it, layer, type Vitest } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import type * as Layer from "effect/Layer"

/** What the tests of a shared layer are written with; they have no test services, and the clock is the real one. */
export type SharedIt<R> = Pick<Vitest.MethodsNonLive<R, true>, "effect">

/**
 * `layer` of `@effect/vitest` assigns its own `effect` to the `it` that every test file of a process imports. This puts
 * back what was there, so that tests which run later without isolation keep their test clock.
 */
export const describeWithLayer =
  <R, E>(name: string, shared: Layer.Layer<R, E>, timeout: Duration.DurationInput) =>
  (tests: (it: SharedIt<R>) => void): void => {
    const { effect, flakyTest, layer: nested, prop, scoped } = it
    layer(shared, { excludeTestServices: true, timeout })(name, (assigned) => {
      const own: SharedIt<R> = { effect: assigned.effect }
      Object.assign(it, { effect, flakyTest, layer: nested, prop, scoped })
      tests(own)
    })
  }
