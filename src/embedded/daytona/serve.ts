/** `npm run serve:daytona`: runs the embedded server. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { serve } from "../serveCommand.js"
import { EmbeddedDaytona } from "./EmbeddedDaytona.js"
import { emptyRuntime } from "./runtime/SandboxRuntime.js"
import { help, parse } from "./serveArguments.js"

serve({
  parse,
  help,
  run: (options, announce) =>
    Effect.flatMap(EmbeddedDaytona, ({ url }) => {
      const address = Option.getOrElse(url, () => "nowhere")
      const remark = options.runtime === emptyRuntime ? "run nothing" : "run real processes of this user"
      return announce(address, `the API is at ${address}/api; sandboxes ${remark}`)
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer(options)))
})
