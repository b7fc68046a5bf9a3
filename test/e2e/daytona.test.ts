/**
 * `DAYTONA_API_KEY=… npm run test:e2e`: the behavioural suite against the real service. It creates sandboxes and a
 * volume, says so, and deletes them whatever happens; each sandbox also has a time to live, should this process be
 * killed.
 */
import { describe, it } from "@effect/vitest"
import * as Layer from "effect/Layer"
import { Daytona } from "effect-sandboxes/daytona"
import { NodeTransport } from "effect-sandboxes/node"
import { daytonaBehaviour } from "../behaviour/daytona.js"
import { sandboxBehaviour } from "../behaviour/sandbox.js"

if ((process.env["DAYTONA_API_KEY"] ?? "") === "") {
  describe("the real Daytona", () => {
    it.skip("is not tested: set DAYTONA_API_KEY", () => {})
  })
} else {
  const services = Layer.provide(Daytona.layerConfig(), NodeTransport.layer)
  daytonaBehaviour("the real Daytona", { verbose: true, services })
  sandboxBehaviour("a sandbox of the real Daytona", services)
}
