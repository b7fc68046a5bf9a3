/** `npm run serve:daytona`: the embedded server as a program. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { serve } from "../commandLine.js"
import { EmbeddedDaytona } from "./EmbeddedDaytona.js"
import { help, parse } from "./serveArguments.js"

serve({
  parse,
  help,
  run: (options, announce) =>
    Effect.flatMap(EmbeddedDaytona, ({ url }) => {
      const address = Option.getOrElse(url, () => "nowhere")
      return announce(address, `the API is at ${address}/api`)
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer(options)))
})
